/**
 * Small strict JSON reader. Beyond JSON.parse: integers keep every digit (those outside ±2^53 become a bigint), nesting is limited, and a
 * key that comes twice in an object is refused instead of one of them being lost.
 */

import { JsonTextInvalid } from "../errors.js";

/** Objects have no prototype, so that no key is special. */
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | { [key: string]: JsonValue };

export interface JsonLimits {
  /** Deepest nesting of arrays and objects. Default 100. */
  readonly maxDepth?: number;
  /** Most values of all kinds. Default 1,048,576: each may be two characters here and a hundred bytes in memory. */
  readonly maxValues?: number;
}

const DEFAULT_MAX_DEPTH = 100;
const DEFAULT_MAX_VALUES = 1 << 20;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
/** Longer integers fit no field; they are read as a plain number, since a bigint of a megabyte takes seconds. */
const MAX_INTEGER_DIGITS = 40;

/** @throws PROTO_JSON_TEXT_INVALID with the offset (in UTF-16 units) of the problem */
export function parseJsonText(text: string, limits: JsonLimits = {}): JsonValue {
  const parser = new JsonParser(text, limits);
  return parser.document();
}

class JsonParser {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #maxValues: number;
  #valuesLeft: number;
  #pos = 0;

  constructor(text: string, limits: JsonLimits) {
    this.#text = text;
    this.#maxDepth = limits.maxDepth ?? DEFAULT_MAX_DEPTH;
    this.#maxValues = limits.maxValues ?? DEFAULT_MAX_VALUES;
    this.#valuesLeft = this.#maxValues;
  }

  document(): JsonValue {
    const value = this.#value(0);
    this.#space();
    if (this.#pos < this.#text.length) this.#fail("text after the value");
    return value;
  }

  #value(depth: number): JsonValue {
    if (--this.#valuesLeft < 0) this.#fail(`more than ${this.#maxValues} values`);
    this.#space();
    const char = this.#text[this.#pos];
    switch (char) {
      case "{":
        return this.#object(depth + 1);
      case "[":
        return this.#array(depth + 1);
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): JsonValue {
    this.#enter(depth);
    const object: { [key: string]: JsonValue } = Object.create(null);
    if (this.#accept("}")) return object;
    do {
      this.#space();
      if (this.#text[this.#pos] !== '"') this.#fail("a key in quotes is missing");
      const at = this.#pos;
      const key = this.#string();
      if (key in object) this.#fail("a key comes twice", at);
      if (!this.#accept(":")) this.#fail("a colon is missing");
      object[key] = this.#value(depth);
    } while (this.#accept(","));
    if (!this.#accept("}")) this.#fail("a comma or } is missing");
    return object;
  }

  #array(depth: number): JsonValue {
    this.#enter(depth);
    const array: JsonValue[] = [];
    if (this.#accept("]")) return array;
    do array.push(this.#value(depth));
    while (this.#accept(","));
    if (!this.#accept("]")) this.#fail("a comma or ] is missing");
    return array;
  }

  #enter(depth: number): void {
    if (depth > this.#maxDepth) this.#fail(`nested deeper than ${this.#maxDepth} levels`);
    this.#pos++;
  }

  #string(): string {
    const text = this.#text;
    const start = this.#pos;
    let pos = start + 1;
    let hasEscapes = false;
    for (; ; pos++) {
      const code = text.charCodeAt(pos);
      if (code === 0x22) break;
      // NaN, which is what charCodeAt gives past the end, fails this comparison too.
      if (!(code >= 0x20)) this.#fail("an unclosed string or a bare control character", pos);
      if (code === 0x5c) {
        hasEscapes = true;
        pos++;
      }
    }
    this.#pos = pos + 1;
    return hasEscapes ? this.#unescaped(start, pos + 1) : text.slice(start + 1, pos);
  }

  #unescaped(start: number, end: number): string {
    try {
      return JSON.parse(this.#text.slice(start, end)) as string;
    } catch {
      this.#fail("an invalid escape", start);
    }
  }

  #word(word: string, value: JsonValue): JsonValue {
    if (!this.#text.startsWith(word, this.#pos)) this.#fail("an unexpected character");
    this.#pos += word.length;
    return value;
  }

  #number(): JsonValue {
    NUMBER.lastIndex = this.#pos;
    const match = NUMBER.exec(this.#text);
    if (!match) this.#fail(this.#pos < this.#text.length ? "an unexpected character" : "it ends too early");
    const digits = match[0];
    this.#pos += digits.length;
    const value = Number(digits);
    const isInteger = match[1] === undefined && match[2] === undefined;
    if (!isInteger || Number.isSafeInteger(value) || digits.length > MAX_INTEGER_DIGITS) return value;
    return BigInt(digits);
  }

  #accept(char: string): boolean {
    this.#space();
    if (this.#text[this.#pos] !== char) return false;
    this.#pos++;
    return true;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#pos);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#pos++;
    }
  }

  #fail(problem: string, offset: number = this.#pos): never {
    throw new JsonTextInvalid({ offset, problem });
  }
}
