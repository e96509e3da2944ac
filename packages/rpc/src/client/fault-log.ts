/** What is told of faults in code that others plug in: pickers, budgets, sinks. It may run with every call, so its faults may come as often. */
import type { Clock, Logger } from "@msec/core";

const TOLD_EVERY_MS = 60_000;

interface Told {
  nextMs: number;
  /** Since then. */
  untold: number;
}

/** Tells each kind of fault when it first happens, then at most once a minute with the number of those in between. */
export class FaultLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #told = new Map<string, Told>();

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** @param kind a fixed text */
  tell(kind: string, error: unknown): void {
    const nowMs = this.#clock.monotonicMs();
    const told = this.#told.get(kind);
    if (told !== undefined && nowMs < told.nextMs) {
      told.untold++;
      return;
    }
    this.#told.set(kind, { nextMs: nowMs + TOLD_EVERY_MS, untold: 0 });
    this.#logger.error(kind, { error, ...(told !== undefined && { alsoTimes: told.untold }) });
  }
}
