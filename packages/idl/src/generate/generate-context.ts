import type { FieldModel } from "../model.js";
import type { GeneratedNames } from "./generated-names.js";
import { SCALAR_CODE } from "./scalar-code.js";

/** What the parts of the generator share: names, and the imports that the text turns out to need. */
export class GenerateContext {
  readonly #names: GeneratedNames;
  readonly #imports = new Map<string, "type" | "value">();

  constructor(names: GeneratedNames) {
    this.#names = names;
  }

  /** Imports a function or class and gives its name. */
  use(name: string): string {
    this.#imports.set(name, "value");
    return name;
  }

  /** Imports a type and gives its name. */
  useType(name: string): string {
    if (!this.#imports.has(name)) this.#imports.set(name, "type");
    return name;
  }

  typeName(fullName: string): string {
    return this.#names.typeNames.get(fullName) ?? fullName;
  }

  initName(fullName: string): string {
    return this.#names.initNames.get(fullName) ?? fullName;
  }

  /** Type of one value as read (`init` false) or as written. */
  valueType(field: FieldModel, init: boolean): string {
    const { type } = field;
    if (type.kind === "scalar") return SCALAR_CODE[type.scalar].typeScript;
    return init && type.kind === "message" ? this.initName(type.fullName) : this.typeName(type.fullName);
  }

  importStatement(from: string): string[] {
    const names = [...this.#imports].sort(([a], [b]) => (a < b ? -1 : 1));
    if (names.length === 0) return [];
    return [
      "import {",
      ...names.map(([name, kind]) => `  ${kind === "type" ? "type " : ""}${name},`),
      `} from ${JSON.stringify(from)};`,
      "",
    ];
  }
}

/** Field number × 8 + wire type, of one value or of the packed list. */
export function tagOf(field: FieldModel, form: "single" | "packed"): number {
  return field.number * 8 + (form === "packed" ? 2 : wireTypeOf(field));
}

/** 0 varint, 1 64 bits, 2 with length, 5 32 bits. */
export function wireTypeOf({ type }: FieldModel): number {
  if (type.kind === "scalar") return SCALAR_CODE[type.scalar].wireType;
  return type.kind === "enum" ? 0 : 2;
}

export function byNumber(fields: readonly FieldModel[]): FieldModel[] {
  return fields.toSorted((a, b) => a.number - b.number);
}
