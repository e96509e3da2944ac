import type { Clock } from "@msec/core";

export interface AttemptLimit {
  /** Attempts that may come at once. */
  readonly burst: number;
  /** Pause after which one more attempt is allowed. */
  readonly refillMs: number;
}

/** Keys that are remembered at most; the one that was not used for longest is dropped. */
const MAX_KEYS = 10_000;

interface Bucket {
  left: number;
  atMs: number;
}

/** Token buckets by key (a login name, an address). Kept in memory: a restart forgets. */
export class AttemptLimiter {
  readonly #limit: AttemptLimit;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limit: AttemptLimit, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Takes one attempt. @returns 0 when it is allowed, else the wait in ms */
  take(key: string): number {
    const nowMs = this.#clock.monotonicMs();
    const old = this.#buckets.get(key);
    const refilled = old ? old.left + (nowMs - old.atMs) / this.#limit.refillMs : this.#limit.burst;
    const bucket = { left: Math.min(this.#limit.burst, refilled), atMs: nowMs };
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    this.#dropOldest();
    if (bucket.left < 1) return Math.ceil((1 - bucket.left) * this.#limit.refillMs);
    bucket.left -= 1;
    return 0;
  }

  /** After a success: the key starts afresh. */
  reset(key: string): void {
    this.#buckets.delete(key);
  }

  #dropOldest(): void {
    if (this.#buckets.size <= MAX_KEYS) return;
    const oldest = this.#buckets.keys().next();
    if (!oldest.done) this.#buckets.delete(oldest.value);
  }
}
