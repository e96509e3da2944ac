/** All names of a file and protobuf's way to find the type that a name means. */
import { joinName } from "../parse/place.js";
import type { TypeName } from "../parse/syntax-tree.js";
import type { Position, ProblemList } from "../problem.js";
import { didYouMean } from "../suggest.js";

export type SymbolKind = "package" | "message" | "enum" | "enum value" | "field" | "oneof" | "service" | "method";

export interface IdlSymbol {
  readonly kind: SymbolKind;
  readonly fullName: string;
  readonly at: Position;
}

/** Types that other languages have and this one lacks. */
const foreignTypes: Readonly<Record<string, string>> = {
  int: "int32",
  integer: "int32",
  short: "int32",
  int16: "int32",
  int8: "int32",
  long: "int64",
  uint: "uint32",
  byte: "bytes",
  boolean: "bool",
  str: "string",
  text: "string",
  char: "string",
  number: "double",
  real: "double",
  any: "bytes",
  blob: "bytes",
};
const scalarNames = [
  "double",
  "float",
  "int32",
  "int64",
  "uint32",
  "uint64",
  "sint32",
  "sint64",
  "fixed32",
  "fixed64",
  "sfixed32",
  "sfixed64",
  "bool",
  "string",
  "bytes",
];
const scopeKinds: ReadonlySet<SymbolKind> = new Set<SymbolKind>(["package", "message", "enum", "service"]);

export class SymbolTable {
  readonly #symbols = new Map<string, IdlSymbol>();
  readonly #problems: ProblemList;

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  /** Makes `a`, `a.b` and `a.b.c` known for the package `a.b.c`. */
  declarePackage(name: string, at: Position): void {
    const parts = name === "" ? [] : name.split(".");
    for (let i = 1; i <= parts.length; i++) {
      const fullName = parts.slice(0, i).join(".");
      this.#symbols.set(fullName, { kind: "package", fullName, at });
    }
  }

  declare(symbol: IdlSymbol): void {
    const first = this.#symbols.get(symbol.fullName);
    if (!first) {
      this.#symbols.set(symbol.fullName, symbol);
      return;
    }
    const name = symbol.fullName.slice(symbol.fullName.lastIndexOf(".") + 1);
    const isEnumValue = symbol.kind === "enum value" || first.kind === "enum value";
    const hint = isEnumValue ? "; enum values share the scope around their enum, so put the enum's name in front" : "";
    const message = `${symbol.kind} ${name} is declared already as ${first.kind} in line ${first.at.line}${hint}`;
    this.#problems.error(symbol.at, "IDL_DUPLICATE_NAME", message);
  }

  /** The message or enum that `name` means inside `scope`; notes a problem when there is none. */
  resolveType(name: TypeName, scope: string): IdlSymbol | undefined {
    const found = name.text.startsWith(".") ? this.#symbols.get(name.text.slice(1)) : this.#search(name.text, scope);
    if (found?.kind === "message" || found?.kind === "enum") return found;
    if (found) {
      this.#problems.error(
        name.at,
        "IDL_NOT_A_TYPE",
        `${name.text} is a ${found.kind}, a message or an enum is needed`,
      );
    } else {
      this.#problems.error(name.at, "IDL_UNKNOWN_TYPE", `type ${name.text} is not declared${this.#hint(name.text)}`);
    }
    return undefined;
  }

  /** From the innermost scope outwards. The first scope that knows the first part decides, even if the rest is missing there. */
  #search(text: string, innermost: string): IdlSymbol | undefined {
    const [first = "", ...rest] = text.split(".");
    let other: IdlSymbol | undefined;
    for (let scope: string | undefined = innermost; scope !== undefined; scope = parentOf(scope)) {
      const found = this.#symbols.get(joinName(scope, first));
      if (!found) continue;
      if (rest.length === 0 && (found.kind === "message" || found.kind === "enum")) return found;
      if (rest.length > 0 && scopeKinds.has(found.kind)) return this.#symbols.get(joinName(scope, text));
      other ??= rest.length === 0 ? found : undefined;
    }
    return other;
  }

  #hint(text: string): string {
    if (this.#problems.isFull) return "";
    const foreign = Object.hasOwn(foreignTypes, text.toLowerCase()) ? foreignTypes[text.toLowerCase()] : undefined;
    if (foreign) return `, did you mean ${foreign}?`;
    const types = [...this.#symbols.values()].filter((symbol) => symbol.kind === "message" || symbol.kind === "enum");
    const short = types.map((symbol) => symbol.fullName.slice(symbol.fullName.lastIndexOf(".") + 1));
    const known = types.find((symbol) => symbol.fullName.endsWith(`.${text}`));
    if (known) return `, did you mean ${known.fullName}?`;
    return didYouMean(text, [...scalarNames, ...short, ...types.map((symbol) => symbol.fullName)]);
  }
}

function parentOf(scope: string): string | undefined {
  if (scope === "") return undefined;
  return scope.slice(0, Math.max(0, scope.lastIndexOf(".")));
}
