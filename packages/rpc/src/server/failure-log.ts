import type { Clock, LogFields, Logger } from "@msec/core";

const WINDOW_MS = 1_000;
const LINES_PER_WINDOW = 20;

/**
 * Lines about requests that failed. Each is worth reading; those of a handler that fails thousands of times a second would fill the disk
 * and take the processor from the requests that do not. Of each second 20 are written; the next one tells how many were not.
 */
export class FailureLog {
  readonly #logger: Logger;
  readonly #clock: Pick<Clock, "monotonicMs">;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #notLogged = 0;

  constructor(logger: Logger, clock: Pick<Clock, "monotonicMs">) {
    this.#logger = logger;
    this.#clock = clock;
  }

  error(msg: string, fields: LogFields): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#windowStartMs >= WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#lines = 0;
    }
    if (++this.#lines > LINES_PER_WINDOW) {
      this.#notLogged++;
      return;
    }
    this.#logger.error(msg, this.#notLogged === 0 ? fields : { ...fields, notLogged: this.#notLogged });
    this.#notLogged = 0;
  }
}
