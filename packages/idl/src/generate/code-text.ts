/** Pieces of TypeScript text. */
import type { FieldDefault } from "../model.js";

/** `/** … *​/` lines with `indent` in front; nothing for an empty text. */
export function docComment(text: string, indent = ""): string[] {
  const lines = text
    .replaceAll("*/", "* /")
    .split(/\r\n|[\r\n\u2028\u2029]/)
    .map((line) => line.trimEnd());
  if (text.trim() === "") return [];
  if (lines.length === 1) return [`${indent}/** ${lines[0]} */`];
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`];
}

/** A string literal. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(/[\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`);
}

/** A literal of a field's default. */
export function defaultLiteral(value: FieldDefault): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string") return quote(value);
  if (value instanceof Uint8Array) return `Uint8Array.of(${value.join(", ")})`;
  if (Object.is(value, -0)) return "-0";
  return String(value);
}
