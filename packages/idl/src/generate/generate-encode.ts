/** Straight-line writers: one statement per field, in the order of numbers, tags computed beforehand. */

import type { FieldModel, MessageModel } from "../model.js";
import { quote } from "./code-text.js";
import { byNumber, type GenerateContext, tagOf, wireTypeOf } from "./generate-context.js";
import { SCALAR_CODE } from "./scalar-code.js";

export function encodeFunction(message: MessageModel, context: GenerateContext): string[] {
  const name = context.typeName(message.fullName);
  const writer = message.fields.length === 0 ? "_w" : "w";
  const parameters = `m: ${context.initName(message.fullName)}, ${writer}: ${context.useType("ProtoWriter")}`;
  return [
    `function ${name}$encode(${parameters}): void {`,
    `  ${context.use("checkMessage")}(m, ${quote(message.fullName)});`,
    ...byNumber(message.fields).flatMap((field) => encodeField(field, context)),
    "}",
  ];
}

function encodeField(field: FieldModel, context: GenerateContext): string[] {
  const value = `f${field.number}`;
  const label = quote(field.fullName);
  const read = `  const ${value} = ${propertyOf(field)};`;
  switch (field.label) {
    case "required":
      return [
        read,
        `  if (${value} === undefined) ${context.use("failRequired")}(${label});`,
        ...writeValue(field, context, "  "),
      ];
    case "optional":
      return [read, ...guarded(`${value} !== undefined`, writeValue(field, context, "    "))];
    case "implicit":
      return [
        read,
        ...guarded(`${value} !== undefined && ${isSet(field, context)}`, writeValue(field, context, "    ")),
      ];
    case "repeated":
      return [read, ...(field.packed ? writePacked(field, context) : writeRepeated(field, context))];
  }
}

function guarded(condition: string, lines: readonly string[]): string[] {
  return [`  if (${condition}) {`, ...lines, "  }"];
}

/** Every object inherits `constructor` and the like, so these are read only when they are its own. */
function propertyOf(field: FieldModel): string {
  if (!(field.name in Object.prototype)) return `m.${field.name}`;
  return `Object.hasOwn(m, ${quote(field.name)}) ? m.${field.name} : undefined`;
}

/** proto3: zero values are not written. */
function isSet(field: FieldModel, context: GenerateContext): string {
  const value = `f${field.number}`;
  if (field.type.kind !== "scalar") return `${value} !== 0`;
  const { scalar } = field.type;
  if (scalar === "bytes") return `${context.use("checkBytes")}(${value}, ${quote(field.fullName)}).length !== 0`;
  if (scalar === "float" || scalar === "double") return `(${value} !== 0 || Object.is(${value}, -0))`;
  return `${value} !== ${SCALAR_CODE[scalar].zero}`;
}

function writeValue(field: FieldModel, context: GenerateContext, indent: string): string[] {
  const value = field.label === "repeated" ? "v" : `f${field.number}`;
  const tag = `w.uint32(${tagOf(field, "single")})`;
  if (field.type.kind !== "message") return [`${indent}${tag}${scalarCall(field, value, context)};`];
  const checked = `${context.use("checkMessage")}(${value}, ${quote(field.fullName)})`;
  return [
    `${indent}const mark${field.number} = ${tag}.beginMessage();`,
    `${indent}${context.typeName(field.type.fullName)}$encode(${checked}, w);`,
    `${indent}w.endMessage(mark${field.number});`,
  ];
}

/** `.string(checkString(f1, "…"))` */
function scalarCall(field: FieldModel, value: string, context: GenerateContext): string {
  const scalar = field.type.kind === "scalar" ? field.type.scalar : "int32";
  return `.${scalar}(${context.use(SCALAR_CODE[scalar].check)}(${value}, ${quote(field.fullName)}))`;
}

function writeRepeated(field: FieldModel, context: GenerateContext): string[] {
  const value = `f${field.number}`;
  const list = `${context.use("checkArray")}(${value}, ${quote(field.fullName)})`;
  return guarded(`${value} !== undefined`, [
    `    for (const v of ${list}) {`,
    ...writeValue(field, context, "      "),
    "    }",
  ]);
}

function writePacked(field: FieldModel, context: GenerateContext): string[] {
  const value = `f${field.number}`;
  const list = `${context.use("checkArray")}(${value}, ${quote(field.fullName)})`;
  const size = fixedSizeOf(field);
  return guarded(`${value} !== undefined && ${list}.length !== 0`, [
    `    const mark = w${size > 0 ? `.ensure(${value}.length * ${size} + 10)` : ""}.uint32(${tagOf(field, "packed")}).beginMessage();`,
    `    for (const v of ${value}) w${scalarCall(field, "v", context)};`,
    "    w.endMessage(mark);",
  ]);
}

/** 0 for what has no fixed size. */
function fixedSizeOf(field: FieldModel): number {
  const wireType = wireTypeOf(field);
  if (wireType === 1) return 8;
  return wireType === 5 ? 4 : 0;
}
