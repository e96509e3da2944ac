import type { IdlRule } from "./rules.js";

/** A place in the source; both count from 1, columns in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** `error`: refused. `warning`: accepted, probably not what was meant. `note`: accepted and ignored. */
export type Severity = "error" | "warning" | "note";

export interface IdlProblem extends Position {
  readonly severity: Severity;
  readonly rule: IdlRule;
  readonly message: string;
}

/** Most problems kept for one file; what comes later is dropped, since one typing error may cause many. */
export const MAX_PROBLEMS = 200;

/** Collects problems while a file is read. */
export class ProblemList {
  readonly #problems: IdlProblem[] = [];

  error(at: Position, rule: IdlRule, message: string): void {
    this.#add("error", at, { rule, message });
  }

  warn(at: Position, rule: IdlRule, message: string): void {
    this.#add("warning", at, { rule, message });
  }

  note(at: Position, rule: IdlRule, message: string): void {
    this.#add("note", at, { rule, message });
  }

  /** What is found from now on is dropped, so costly hints need not be made. */
  get isFull(): boolean {
    return this.#problems.length >= MAX_PROBLEMS;
  }

  get hasErrors(): boolean {
    return this.#problems.some((problem) => problem.severity === "error");
  }

  /** In the order of the source. */
  sorted(): IdlProblem[] {
    return this.#problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  #add(severity: Severity, at: Position, what: { rule: IdlRule; message: string }): void {
    const isEcho =
      what.rule === "IDL_SYNTAX" && this.#problems.some((p) => p.line === at.line && p.column === at.column);
    const isKnown = this.#problems.some(
      (p) => p.line === at.line && p.message === what.message && p.column === at.column,
    );
    if (isEcho || isKnown || this.isFull) return;
    this.#problems.push({ line: at.line, column: at.column, severity, ...what });
  }
}
