import type { FieldModel, MessageModel } from "../model.js";
import { defaultLiteral, quote } from "./code-text.js";
import { byNumber, type GenerateContext } from "./generate-context.js";
import { encodeFunction } from "./generate-encode.js";
import { initInterface, readInterface } from "./generate-interface.js";
import { readFunction } from "./generate-read.js";

/** Interfaces, type object, writer and reader of one message. */
export function messageCode(message: MessageModel, context: GenerateContext): string[] {
  const name = context.typeName(message.fullName);
  const type = `${context.useType("MessageType")}<${name}, ${context.initName(message.fullName)}>`;
  const fields = byNumber(message.fields).map((field) => `    ${fieldInfo(field, context)},`);
  return [
    ...readInterface(message, context),
    "",
    ...initInterface(message, context),
    "",
    `export const ${name}: ${type} = {`,
    `  typeName: ${quote(message.fullName)},`,
    ...(fields.length === 0 ? ["  fields: [],"] : ["  fields: [", ...fields, "  ],"]),
    `  encode: ${name}$encode,`,
    `  decode: (bytes, start = 0, end = bytes.length) => ${name}$read(new ${context.use("ProtoReader")}(bytes, start, end)),`,
    `  read: ${name}$read,`,
    "};",
    "",
    ...encodeFunction(message, context),
    "",
    ...readFunction(message, context),
    "",
  ];
}

function fieldInfo(field: FieldModel, context: GenerateContext): string {
  const parts = [
    `name: ${quote(field.name)}`,
    `number: ${field.number}`,
    `label: ${quote(field.label)}`,
    `packed: ${field.packed}`,
    fieldKind(field, context),
  ];
  if (field.defaultValue !== undefined) parts.push(`defaultValue: ${defaultLiteral(field.defaultValue)}`);
  return `{ ${parts.join(", ")} }`;
}

function fieldKind({ type }: FieldModel, context: GenerateContext): string {
  if (type.kind === "scalar") return `kind: "scalar", scalar: ${quote(type.scalar)}`;
  const name = context.typeName(type.fullName);
  return type.kind === "enum" ? `kind: "enum", type: () => ${name}$type` : `kind: "message", type: () => ${name}`;
}
