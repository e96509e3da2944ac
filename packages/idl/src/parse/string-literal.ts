/** String literals of the protobuf language: `"…"` or `'…'` on one line, with C escapes. */

export interface StringLiteral {
  readonly bytes: Uint8Array;
  /** Offset behind the closing quote, or of the line's end when there is none. */
  readonly end: number;
  readonly faults: readonly { readonly offset: number; readonly message: string }[];
}

const simple: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "\\": 92,
  "'": 39,
  '"': 34,
  "?": 63,
};
const numeric = /(?:([xX])([0-9A-Fa-f]{1,2})|([0-7]{1,3})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))/y;
const plain = /[^\\\n"']+/y;
const encoder = new TextEncoder();

export function readString(source: string, start: number): StringLiteral {
  const quote = source[start];
  const faults: { offset: number; message: string }[] = [];
  const out: number[] = [];
  let at = start + 1;
  while (at < source.length && source[at] !== quote && source[at] !== "\n") {
    const step = source[at] === "\\" ? readEscape(source, at) : readPlain(source, at);
    if (step.bytes) for (const byte of step.bytes) out.push(byte);
    else
      faults.push({
        offset: at,
        message: `${source.slice(at, step.end)} is not an escape; write \\\\ for a backslash`,
      });
    at = step.end;
  }
  const isClosed = source[at] === quote;
  if (!isClosed) faults.push({ offset: start, message: "this string is not closed on its line" });
  return { bytes: Uint8Array.from(out), end: isClosed ? at + 1 : at, faults };
}

function readPlain(source: string, at: number): { bytes: Iterable<number>; end: number } {
  plain.lastIndex = at;
  const text = plain.exec(source)?.[0] ?? source[at] ?? "";
  return { bytes: encoder.encode(text), end: at + text.length };
}

function readEscape(source: string, at: number): { bytes?: Iterable<number>; end: number } {
  const letter = source[at + 1] ?? "";
  const known = Object.hasOwn(simple, letter) ? simple[letter] : undefined;
  if (known !== undefined) return { bytes: [known], end: at + 2 };
  numeric.lastIndex = at + 1;
  const found = numeric.exec(source);
  if (!found) return { end: at + (letter === "\n" ? 1 : 2) };
  const end = numeric.lastIndex;
  const [, , hex, octal, short, long] = found;
  if (hex !== undefined) return { bytes: [Number.parseInt(hex, 16)], end };
  if (octal !== undefined) return { bytes: [Number.parseInt(octal, 8) & 0xff], end };
  const codePoint = Number.parseInt(short ?? long ?? "", 16);
  return codePoint > 0x10ffff ? { end } : { bytes: encoder.encode(String.fromCodePoint(codePoint)), end };
}
