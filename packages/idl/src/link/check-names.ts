import type { EnumModel } from "../model.js";
import type { FileSyntax, MessageSyntax } from "../parse/syntax-tree.js";
import type { Position, ProblemList } from "../problem.js";
import type { IdlSymbol, SymbolKind, SymbolTable } from "./symbol-table.js";

interface Named {
  readonly name: string;
  readonly fullName: string;
  readonly at: Position;
}

/** Puts every name of the file into the table; a name that is taken or can't be a property becomes a problem. */
export function declareNames(file: FileSyntax, symbols: SymbolTable, problems: ProblemList): void {
  new NameWalk(symbols, problems).file(file);
}

/** Gathers the names first, so that the later one of two in the text is the one that is refused. */
class NameWalk {
  readonly #declared: IdlSymbol[] = [];
  readonly #symbols: SymbolTable;
  readonly #problems: ProblemList;

  constructor(symbols: SymbolTable, problems: ProblemList) {
    this.#symbols = symbols;
    this.#problems = problems;
  }

  file(file: FileSyntax): void {
    this.#symbols.declarePackage(file.packageName, file.packageAt ?? { line: 1, column: 1 });
    for (const message of file.messages) this.#message(message);
    for (const type of file.enums) this.#enum(type);
    for (const service of file.services) {
      this.#declare("service", service);
      for (const method of service.methods) this.#declare("method", method);
    }
    this.#declared.sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
    for (const symbol of this.#declared) this.#symbols.declare(symbol);
  }

  #message(message: MessageSyntax): void {
    this.#declare("message", message);
    for (const field of message.fields) this.#declare("field", field);
    for (const oneof of message.oneofs) this.#declare("oneof", oneof);
    for (const inner of message.messages) this.#message(inner);
    for (const inner of message.enums) this.#enum(inner);
  }

  #enum(type: EnumModel): void {
    this.#declare("enum", type);
    for (const value of type.values) this.#declare("enum value", value);
  }

  #declare(kind: SymbolKind, { name, fullName, at }: Named): void {
    if (name === "__proto__") {
      const why = "setting it would change the object's class; rename it, the bytes stay the same";
      this.#problems.error(at, "IDL_NAME_NOT_ALLOWED", `${kind} may not be called __proto__: ${why}`);
    }
    this.#declared.push({ kind, fullName, at });
  }
}
