/**
 * Bounds repeats to a share of the calls, per callee: when a whole service is in trouble, retries must not multiply its load.
 * Each call earns `ratio` tokens, each repeat costs one.
 */
export interface RetryBudgetOptions {
  /** Repeats allowed per call, in the long run. Default 0.2. */
  readonly ratio?: number;
  /** Tokens at the start and at most. Default 10. */
  readonly burst?: number;
}

export class RetryBudget {
  readonly #ratio: number;
  readonly #burst: number;
  #tokens: number;

  constructor(options: RetryBudgetOptions = {}) {
    this.#ratio = options.ratio ?? 0.2;
    this.#burst = options.burst ?? 10;
    this.#tokens = this.#burst;
  }

  get tokens(): number {
    return this.#tokens;
  }

  onCall(): void {
    const tokens = this.#tokens + this.#ratio;
    this.#tokens = Math.min(tokens, this.#burst);
  }

  /** Takes a token; false = this repeat is not allowed. */
  take(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** A token that was taken is not needed after all. */
  giveBack(): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + 1);
  }
}
