/** Straight-line readers: one `case` per tag into a local variable, then one object with the fields that were there. */

import type { FieldModel, MessageModel } from "../model.js";
import { quote } from "./code-text.js";
import { byNumber, type GenerateContext, tagOf, wireTypeOf } from "./generate-context.js";
import { SCALAR_CODE } from "./scalar-code.js";

export function readFunction(message: MessageModel, context: GenerateContext): string[] {
  const name = context.typeName(message.fullName);
  const fields = byNumber(message.fields);
  const always = fields.filter((field) => field.label !== "optional");
  const optional = fields.filter((field) => field.label === "optional");
  const literal = always.map((field) => `${field.name}: f${field.number}`).join(", ");
  const object = literal === "" ? "{}" : `{ ${literal} }`;
  return [
    `function ${name}$read(r: ${context.use("ProtoReader")}): ${name} {`,
    ...fields.map((field) => declare(field, context)),
    ...loop(fields, context),
    ...fields.filter(({ label }) => label === "required").map((field) => requireField(field, context)),
    optional.some(isInherited) ? `  const m = ${object} as unknown as ${name};` : `  const m: ${name} = ${object};`,
    ...optional.map((field) => `  if (f${field.number} !== undefined) m.${field.name} = f${field.number};`),
    "  return m;",
    "}",
  ];
}

/** The compiler takes an unset `constructor` for the one of Object, of another type. */
function isInherited(field: FieldModel): boolean {
  return field.name in Object.prototype;
}

function declare(field: FieldModel, context: GenerateContext): string {
  const type = context.valueType(field, false);
  const name = `f${field.number}`;
  if (field.label === "repeated") return `  const ${name}: ${type}[] = [];`;
  if (field.label !== "implicit") return `  let ${name}: ${type} | undefined;`;
  const zero = field.type.kind === "scalar" ? SCALAR_CODE[field.type.scalar].zero : `0 as ${type}`;
  return `  let ${name}: ${type} = ${zero};`;
}

function requireField(field: FieldModel, context: GenerateContext): string {
  return `  if (f${field.number} === undefined) ${context.use("failRequired")}(${quote(field.fullName)});`;
}

function loop(fields: readonly FieldModel[], context: GenerateContext): string[] {
  if (fields.length === 0) return ["  while (r.pos < r.end) r.skip(r.tag());"];
  return [
    "  while (r.pos < r.end) {",
    "    const tag = r.tag();",
    "    switch (tag) {",
    ...fields.flatMap((field) => readCases(field, context)),
    "      default:",
    "        r.skip(tag);",
    "    }",
    "  }",
  ];
}

function readCases(field: FieldModel, context: GenerateContext): string[] {
  const name = `f${field.number}`;
  const store = (value: string) => (field.label === "repeated" ? `${name}.push(${value});` : `${name} = ${value};`);
  const single = `      case ${tagOf(field, "single")}:`;
  if (field.type.kind === "message") {
    const read = store(`${context.typeName(field.type.fullName)}$read(r)`);
    return [`${single} {`, ...inPart(read), "        break;", "      }"];
  }
  const value = readValue(field, context);
  const cases = [single, `        ${store(value)}`, "        break;"];
  if (field.label !== "repeated" || wireTypeOf(field) === 2) return cases;
  const read = `while (r.pos < r.end) ${store(value)}`;
  return [...cases, `      case ${tagOf(field, "packed")}: {`, ...inPart(read), "        break;", "      }"];
}

function inPart(statement: string): string[] {
  return ["        const outer = r.beginMessage();", `        ${statement}`, "        r.endMessage(outer);"];
}

function readValue(field: FieldModel, context: GenerateContext): string {
  return field.type.kind === "scalar" ? `r.${field.type.scalar}()` : `r.int32() as ${context.valueType(field, false)}`;
}
