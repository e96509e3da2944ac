/**
 * Lines of a service's config: `[section]`, `key=value`, `# comment`, `; comment`; a value ends at its closing quote, or at a
 * blank with a comment sign after it. Names are case-sensitive. The same dialect as that of the SDK; docs/reference/config-ini.md.
 */

/** One line; offsets count in the text, columns from 1. */
export interface ConfigLine {
  readonly number: number;
  readonly start: number;
  /** Without the line break. */
  readonly text: string;
  readonly content: Content;
}

export type Content =
  | { readonly kind: "empty" }
  | {
      readonly kind: "section";
      readonly name: string;
      readonly closed: boolean;
      /** After the bracket, comments excluded. */
      readonly rest: string;
      readonly column: number;
    }
  | {
      readonly kind: "key";
      readonly key: string;
      readonly value: string;
      readonly column: number;
      /** In the line: where the value begins and where it ends, a comment after it excluded. */
      readonly valueFrom: number;
      readonly valueTo: number;
    }
  | { readonly kind: "other"; readonly column: number };

/** Cuts a config text into lines and reads each; wrong lines are told by their content, nothing throws. */
export function readConfigLines(text: string): ConfigLine[] {
  const lines: ConfigLine[] = [];
  let start = 0;
  for (const raw of text.split("\n")) {
    const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    lines.push({ number: lines.length + 1, start, text: line, content: readContent(line) });
    start += raw.length + 1;
  }
  return lines;
}

function readContent(line: string): Content {
  const trimmed = line.trim();
  const column = line.length - line.trimStart().length + 1;
  if (trimmed === "" || trimmed.startsWith("#") || trimmed.startsWith(";")) return { kind: "empty" };
  if (trimmed.startsWith("[")) {
    const end = trimmed.indexOf("]");
    const rest =
      end < 0
        ? ""
        : trimmed
            .slice(end + 1)
            .replace(/[#;].*$/, "")
            .trim();
    return {
      kind: "section",
      name: trimmed.slice(1, end < 0 ? undefined : end).trim(),
      closed: end >= 0,
      rest,
      column,
    };
  }
  const equals = line.indexOf("=");
  if (equals < 0) return { kind: "other", column };
  return { kind: "key", key: line.slice(0, equals).trim(), column, ...readValue(line, equals + 1) };
}

/** A value that begins with a quote but does not end with one is given as it stands; see {@link isQuoteOpen}. */
function readValue(line: string, from: number): { value: string; valueFrom: number; valueTo: number } {
  const after = line.slice(from);
  const lead = after.length - after.trimStart().length;
  const rest = after.slice(lead);
  const quoted = /^("(?:[^"\\]|\\.)*")\s*(?:[#;].*)?$/.exec(rest)?.[1];
  const plain = rest.startsWith('"') ? rest.trimEnd() : rest.replace(/(^|\s)[#;].*$/, "").trimEnd();
  const value = quoted ?? plain;
  const valueFrom = value === "" ? from : from + lead;
  return { value, valueFrom, valueTo: valueFrom + value.length };
}

/** True for a value that begins with `"` and has no proper end. */
export function isQuoteOpen(value: string): boolean {
  return value.startsWith('"') && !/^"(?:[^"\\]|\\.)*"$/.test(value);
}
