import type { Position, ProblemList } from "../problem.js";
import type { IdlRule } from "../rules.js";
import type { Token } from "./lexer.js";

/** Leaves a statement that can't be read; its problem is noted already. Caught by {@link TokenStream.attempt} only. */
class StatementFailed extends Error {}

/** Deepest nesting of messages. */
const MAX_DEPTH = 32;

/** Reads tokens in order and picks itself up behind a broken statement. */
export class TokenStream {
  readonly problems: ProblemList;
  readonly #tokens: readonly Token[];
  readonly #end: Token;
  #at = 0;
  #depth = 0;

  /** @param tokens ends with an `end` token */
  constructor(tokens: readonly Token[], problems: ProblemList) {
    this.#tokens = tokens;
    this.problems = problems;
    this.#end = tokens.at(-1) as Token;
  }

  peek(ahead = 0): Token {
    return this.#tokens[this.#at + ahead] ?? this.#end;
  }

  next(): Token {
    const token = this.peek();
    if (token.kind !== "end") this.#at++;
    return token;
  }

  get isAtEnd(): boolean {
    return this.peek().kind === "end";
  }

  isNext(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.text === text && (token.kind === "symbol" || token.kind === "word");
  }

  tryTake(text: string): Token | undefined {
    return this.isNext(text) ? this.next() : undefined;
  }

  /** @param where what stands before, for the message: "after the name of the field" */
  take(text: string, where: string): Token {
    return (
      this.tryTake(text) ?? this.fail(this.peek(), "IDL_SYNTAX", `"${text}" expected ${where}, found ${this.found()}`)
    );
  }

  takeWord(what: string): Token {
    if (this.peek().kind === "word") return this.next();
    return this.fail(this.peek(), "IDL_SYNTAX", `${what} expected, found ${this.found()}`);
  }

  takeInt(what: string): { value: bigint; at: Token } {
    const sign = this.tryTake("-");
    const token = this.peek();
    if (token.kind !== "int") this.fail(token, "IDL_SYNTAX", `${what} expected, found ${this.found()}`);
    this.next();
    const value = intValue(token.text);
    return { value: sign ? -value : value, at: sign ?? token };
  }

  /** The end of a statement. A semicolon forgotten at the end of a line is noted, and reading goes on. */
  takeSemicolon(where: string): Token {
    const taken = this.tryTake(";");
    if (taken) return taken;
    const before = this.#tokens[this.#at - 1] ?? this.#end;
    const place = { line: before.line, column: before.column + before.text.length };
    const next = this.peek();
    if (next.line === before.line && next.text !== "}") {
      this.fail(next, "IDL_SYNTAX", `";" expected ${where}, found ${this.found()}`);
    }
    this.problems.error(place, "IDL_SYNTAX", `";" expected ${where}`);
    return before;
  }

  /** What stands next, for messages. */
  found(): string {
    const token = this.peek();
    return token.kind === "end" ? "the end of the file" : JSON.stringify(token.text.slice(0, 40));
  }

  fail(at: Position, rule: IdlRule, message: string): never {
    this.problems.error(at, rule, message);
    throw new StatementFailed();
  }

  /** Reads one statement; when it fails, goes on behind it. */
  attempt(statement: () => void): void {
    const start = this.#at;
    try {
      statement();
    } catch (error) {
      if (!(error instanceof StatementFailed)) throw error;
      this.#at = start;
      this.#skipStatement();
    }
  }

  /** Reads `{ … }`. @returns the opening brace, whose trailing comment may be documentation */
  block(what: string, statement: () => void): Token {
    const open = this.take("{", `after ${what}`);
    this.#depth++;
    if (this.#depth > MAX_DEPTH) {
      this.#depth--;
      this.fail(open, "IDL_TOO_LARGE", `blocks are nested more than ${MAX_DEPTH} deep`);
    }
    while (!this.isAtEnd && !this.isNext("}")) this.attempt(statement);
    this.#depth--;
    if (this.isAtEnd) this.problems.error(open, "IDL_SYNTAX", `the block of ${what} is never closed with "}"`);
    else this.next();
    return open;
  }

  /** Goes behind the next `;` or closed block, or before the `}` of the block around. Always moves unless at such a `}`. */
  #skipStatement(): void {
    let depth = 0;
    while (!this.isAtEnd) {
      if (depth === 0 && this.isNext("}")) return;
      const { kind, text } = this.next();
      if (kind !== "symbol") continue;
      if (text === "{") depth++;
      if (text === "}" && --depth === 0) return;
      if (text === ";" && depth === 0) return;
    }
  }
}

/** Value of an `int` token: decimal, `0…` octal or `0x…`. */
export function intValue(text: string): bigint {
  return BigInt(/^0[0-7]+$/.test(text) ? `0o${text.slice(1)}` : text);
}
