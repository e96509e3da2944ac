/**
 * Bounds repeats to a share of the calls, per callee: when a whole service is in trouble, retries must not multiply its load.
 * Each call earns `ratio` tokens that fade within `windowMs`, each repeat costs one; a small reserve serves those who call rarely.
 * So when one of many instances falls silent under steady traffic, all calls it held can be repeated, and a service that is slow
 * as a whole gets at most the share of the last seconds on top.
 */
import type { RetryTokens } from "./picker.js";

export interface RetryBudgetOptions {
  /** Repeats allowed per call, in the long run. Default 0.2. */
  readonly ratio?: number;
  /** Repeats allowed beside that; used ones come back within `windowMs`. Default 10. */
  readonly burst?: number;
  /** How long earned tokens last, ms. Default 10000. */
  readonly windowMs?: number;
}

/** Fading and refilling are worked out at most this often. */
const STEP_MS = 100;

export class RetryBudget implements RetryTokens {
  readonly #ratio: number;
  readonly #burst: number;
  readonly #windowMs: number;
  #earned = 0;
  #reserve: number;
  #steppedMs: number | undefined;

  constructor(options: RetryBudgetOptions = {}) {
    this.#ratio = options.ratio ?? 0.2;
    this.#burst = options.burst ?? 10;
    this.#windowMs = options.windowMs ?? 10_000;
    this.#reserve = this.#burst;
  }

  get tokens(): number {
    return this.#earned + this.#reserve;
  }

  onCall(nowMs: number): void {
    if (this.#steppedMs === undefined) this.#steppedMs = nowMs;
    else if (nowMs - this.#steppedMs >= STEP_MS) this.#step(nowMs, this.#steppedMs);
    this.#earned += this.#ratio;
  }

  /** Takes a token; false = this repeat is not allowed. */
  take(): boolean {
    if (this.#earned >= 1) this.#earned--;
    else if (this.#reserve >= 1) this.#reserve--;
    else return false;
    return true;
  }

  /** A token that was taken is not needed after all. */
  giveBack(): void {
    this.#earned++;
  }

  #step(nowMs: number, beforeMs: number): void {
    const share = Math.min(1, (nowMs - beforeMs) / this.#windowMs);
    this.#steppedMs = nowMs;
    this.#earned *= 1 - share;
    this.#reserve = Math.min(this.#burst, this.#reserve + this.#burst * share);
  }
}
