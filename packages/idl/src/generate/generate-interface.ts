import type { FieldModel, MessageModel } from "../model.js";
import { docComment } from "./code-text.js";
import type { GenerateContext } from "./generate-context.js";

/** The message as read: required, repeated and proto3 fields are there, optional ones when they were set. */
export function readInterface(message: MessageModel, context: GenerateContext): string[] {
  const properties = message.fields.flatMap((field) => {
    const type = context.valueType(field, false);
    const property = field.label === "repeated" ? `${type}[]` : type;
    return [...fieldDocs(field), `  ${field.name}${field.label === "optional" ? "?" : ""}: ${property};`];
  });
  const name = context.typeName(message.fullName);
  // A type, not an interface: only that can be given where the index signature below is asked for.
  const lines = properties.length === 0 ? [`export type ${name} = {};`] : block(`export interface ${name}`, properties);
  return [...docComment(message.docs), ...lines];
}

/** The message as written: only required fields must be there. */
export function initInterface(message: MessageModel, context: GenerateContext): string[] {
  const properties = message.fields.map((field) => {
    const type = context.valueType(field, true);
    const property = field.label === "repeated" ? `readonly ${type}[]` : type;
    return field.label === "required" ? `  ${field.name}: ${property};` : `  ${field.name}?: ${property} | undefined;`;
  });
  const docs = docComment(`What is needed to write a {@link ${context.typeName(message.fullName)}}.`);
  // `{}` would take any object, whatever its fields.
  const lines = properties.length === 0 ? ["  readonly [field: string]: never;"] : properties;
  return [...docs, ...block(`export interface ${context.initName(message.fullName)}`, lines)];
}

function block(head: string, lines: readonly string[]): string[] {
  return [`${head} {`, ...lines, "}"];
}

function fieldDocs(field: FieldModel): string[] {
  const lines = field.docs === "" ? [] : [field.docs];
  if (field.oneof !== undefined) lines.push(`One of \`${field.oneof}\`: set at most one of them.`);
  const option = field.options.find(({ name }) => name === "default")?.value;
  if (option && (option.kind === "word" || option.kind === "int")) {
    lines.push(`Default when absent: ${option.kind === "word" ? option.text : option.value}.`);
  }
  if (field.isDeprecated) lines.push("@deprecated");
  return docComment(lines.join("\n"), "  ");
}
