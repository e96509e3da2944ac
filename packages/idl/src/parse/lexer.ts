/** Cuts a `.proto` text into tokens. Never throws: what can't be read becomes a problem and is left out. */

import type { ProblemList } from "../problem.js";
import { CommentBuffer } from "./comment-buffer.js";
import { readString } from "./string-literal.js";

export interface Token {
  readonly kind: "word" | "int" | "float" | "string" | "symbol" | "end";
  readonly text: string;
  readonly line: number;
  readonly column: number;
  /** Offset of the first character, and of the one behind the last. */
  readonly start: number;
  readonly end: number;
  /** Content of a string. */
  readonly bytes?: Uint8Array;
  /** Comment directly above. */
  readonly leading: string;
  /** Comment behind, on the same line. */
  trailing: string;
}

const blank = /[ \t\r\f\v\uFEFF]+/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const number = /(?:0[xX][0-9A-Fa-f]*|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d*)?)[A-Za-z0-9_.]*/y;
const validInt = /^(?:0[xX][0-9A-Fa-f]+|0[0-7]*|[1-9]\d*)$/;
const validFloat = /^(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?$/;
const symbols = new Set("{}[]()<>=;,.:-+/");

export function tokenize(source: string, problems: ProblemList): Token[] {
  return new Lexer(source, problems).run();
}

class Lexer {
  readonly #source: string;
  readonly #problems: ProblemList;
  readonly #tokens: Token[] = [];
  readonly #comments = new CommentBuffer();
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(source: string, problems: ProblemList) {
    this.#source = source;
    this.#problems = problems;
  }

  run(): Token[] {
    while (this.#at < this.#source.length) this.#step();
    this.#push("end", "end of the file", 0);
    return this.#tokens;
  }

  #step(): void {
    const char = this.#source[this.#at] ?? "";
    if (char === "\n") this.#newLine(this.#at++);
    else if (this.#source.startsWith("//", this.#at)) this.#lineComment();
    else if (this.#source.startsWith("/*", this.#at)) this.#blockComment();
    else if (char === '"' || char === "'") this.#string();
    else if (!this.#skipBlanks()) this.#word(char);
  }

  #word(char: string): void {
    const name = this.#peek(word);
    const digits = this.#peek(number);
    if (name) this.#push("word", name, name.length);
    else if (digits) this.#number(digits);
    else if (symbols.has(char)) this.#push("symbol", char, 1);
    else this.#refuseCharacter();
  }

  #refuseCharacter(): void {
    const shown = String.fromCodePoint(this.#source.codePointAt(this.#at) ?? 0);
    this.#problems.error(this.#here(), "IDL_CHARACTER", `character ${JSON.stringify(shown)} is not allowed here`);
    this.#at += shown.length;
  }

  #number(text: string): void {
    const isInt = validInt.test(text);
    if (!isInt && (!validFloat.test(text) || /^0\d+$/.test(text))) {
      this.#problems.error(this.#here(), "IDL_NUMBER", `${text} is not a number`);
    }
    this.#push(isInt ? "int" : "float", text, text.length);
  }

  #string(): void {
    const literal = readString(this.#source, this.#at);
    for (const fault of literal.faults) {
      this.#problems.error(this.#positionOf(fault.offset), "IDL_STRING", fault.message);
    }
    this.#push("string", this.#source.slice(this.#at, literal.end), literal.end - this.#at, literal.bytes);
  }

  #lineComment(): void {
    const newLine = this.#source.indexOf("\n", this.#at);
    const end = newLine < 0 ? this.#source.length : newLine;
    this.#comment(this.#source.slice(this.#at, end), this.#line);
    this.#at = end;
  }

  #blockComment(): void {
    const close = this.#source.indexOf("*/", this.#at + 2);
    if (close < 0) this.#problems.error(this.#here(), "IDL_COMMENT", "this comment is never closed with */");
    const end = close < 0 ? this.#source.length : close + 2;
    const text = this.#source.slice(this.#at, end);
    const startLine = this.#line;
    for (let i = this.#at; i < end; i++) if (this.#source[i] === "\n") this.#newLine(i);
    this.#comment(text, startLine);
    this.#at = end;
  }

  #comment(text: string, startLine: number): void {
    const before = this.#tokens.at(-1);
    if (before?.line === startLine) before.trailing ||= this.#comments.clean(text);
    else this.#comments.add(text, startLine, this.#line);
  }

  #push(kind: Token["kind"], text: string, length: number, bytes?: Uint8Array): void {
    const { line, column } = this.#here();
    const base = { kind, text, line, column, start: this.#at, end: this.#at + length, trailing: "" };
    const leading = this.#comments.take(line);
    this.#tokens.push(bytes ? { ...base, leading, bytes } : { ...base, leading });
    this.#at += length;
  }

  #newLine(offset: number): void {
    this.#line++;
    this.#lineStart = offset + 1;
  }

  #here(): { line: number; column: number } {
    return this.#positionOf(this.#at);
  }

  #positionOf(offset: number): { line: number; column: number } {
    return { line: this.#line, column: offset - this.#lineStart + 1 };
  }

  #skipBlanks(): boolean {
    const found = this.#peek(blank);
    this.#at += found?.length ?? 0;
    return found !== undefined;
  }

  #peek(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source)?.[0];
  }
}
