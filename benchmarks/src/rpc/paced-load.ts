/** Calls at a fixed rate until it is stopped, whether earlier ones have been answered or not. */
import { TEXTS } from "./echo-message.js";
import type { Caller } from "./peers/peer.js";

export interface PacedCounts {
  readonly answered: number;
  readonly errors: number;
  readonly firstError: string;
  /** Calls that were due while too many were under way; not made. */
  readonly skipped: number;
}

const TICK_MS = 2;
const MAX_IN_FLIGHT = 4_096;

export class PacedLoad {
  readonly #caller: Extract<Caller, { kind: "promise" }>;
  readonly #perMs: number;
  #startedMs = performance.now();
  #pausedAtMs: number | undefined;
  readonly #timer: NodeJS.Timeout;
  #due = 0;
  #inFlight = 0;
  #answered = 0;
  #errors = 0;
  #firstError = "";
  #skipped = 0;

  constructor(caller: Caller, ratePerSec: number) {
    if (caller.kind !== "promise") throw new Error("paced load is for promise callers");
    this.#caller = caller;
    this.#perMs = ratePerSec / 1000;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  get counts(): PacedCounts {
    return { answered: this.#answered, errors: this.#errors, firstError: this.#firstError, skipped: this.#skipped };
  }

  /** Makes no calls until `resume`; the time between does not count. */
  pause(): void {
    this.#pausedAtMs ??= performance.now();
  }

  resume(): void {
    if (this.#pausedAtMs === undefined) return;
    this.#startedMs += performance.now() - this.#pausedAtMs;
    this.#pausedAtMs = undefined;
  }

  stop(): PacedCounts {
    clearInterval(this.#timer);
    return this.counts;
  }

  #tick(): void {
    if (this.#pausedAtMs !== undefined) return;
    const due = Math.floor((performance.now() - this.#startedMs) * this.#perMs);
    for (; this.#due < due; this.#due++) {
      if (this.#inFlight >= MAX_IN_FLIGHT) this.#skipped++;
      else void this.#one(TEXTS[this.#due & (TEXTS.length - 1)]!);
    }
  }

  async #one(text: string): Promise<void> {
    this.#inFlight++;
    try {
      const answer = await this.#caller.call(text);
      if (answer.text !== text) throw new Error(`asked ${text}, got ${answer.text}`);
      this.#answered++;
    } catch (error) {
      if (this.#errors++ === 0) this.#firstError = String(error);
    } finally {
      this.#inFlight--;
    }
  }
}
