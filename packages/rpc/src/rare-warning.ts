import type { LogFields, Logger } from "@msec/core";

/** Time between two lines. */
const EVERY_MS = 10_000;

/** A warning for what happens thousands of times a second when it happens: the first one and then one line in 10 s, with the number so far. */
export class RareWarning {
  readonly #logger: Logger;
  readonly #msg: string;
  #count = 0;
  #loggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(logger: Logger, msg: string) {
    this.#logger = logger;
    this.#msg = msg;
  }

  /** How often it happened. */
  get count(): number {
    return this.#count;
  }

  /** It happened. @param nowMs monotonic */
  note(nowMs: number, fields: LogFields): void {
    this.#count++;
    if (nowMs - this.#loggedAtMs < EVERY_MS) return;
    this.#loggedAtMs = nowMs;
    this.#logger.warn(this.#msg, { ...fields, count: this.#count });
  }
}
