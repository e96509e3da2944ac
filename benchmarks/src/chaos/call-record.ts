/** What a client process notes while faults happen, in a form that can be sent to the parent. */

/** Attempts are counted in buckets of this length. */
export const BUCKET_MS = 50;

export interface FailedCall {
  /** ms since the record began. */
  readonly beganMs: number;
  readonly endedMs: number;
  readonly reason: string;
}

export interface CallRecord {
  /** On the clock that all processes of this machine share: ms since 1970. */
  readonly startedAtMs: number;
  /** By address: attempts begun in each bucket. */
  readonly attempts: Readonly<Record<string, readonly number[]>>;
  readonly failed: readonly FailedCall[];
  /** Of the calls that were answered: when they began, ms since the record began, and how long they took. */
  readonly answered: { readonly beganMs: readonly number[]; readonly tookMs: readonly number[] };
  /** Calls that were due while too many were under way; not made. */
  readonly skipped: number;
  /** Most that the event loop of this process was late. */
  readonly lateMs: number;
}

/** Time of this process on the clock that all share. */
export function sharedNowMs(): number {
  return performance.timeOrigin + performance.now();
}

const round = (ms: number): number => Math.round(ms * 10) / 10;

export class CallRecorder {
  readonly #startedMs = performance.now();
  readonly #attempts = new Map<string, number[]>();
  readonly #failed: FailedCall[] = [];
  readonly #beganMs: number[] = [];
  readonly #tookMs: number[] = [];
  /** Calls under way. */
  inFlight = 0;

  /** An attempt has ended. @param attempt `startedMs` is a value of `performance.now()` */
  noteAttempt(attempt: { readonly address: string; readonly startedMs: number }): void {
    const bucket = Math.floor((attempt.startedMs - this.#startedMs) / BUCKET_MS);
    if (bucket < 0) return; // of a call that was made before
    let counts = this.#attempts.get(attempt.address);
    if (counts === undefined) {
      counts = [];
      this.#attempts.set(attempt.address, counts);
    }
    while (counts.length <= bucket) counts.push(0);
    counts[bucket]!++;
  }

  /** Makes a call and notes how it went. @throws as the call */
  async noteCall<T>(call: () => Promise<T>): Promise<T> {
    const beganMs = performance.now();
    this.inFlight++;
    try {
      const answer = await call();
      this.#beganMs.push(round(beganMs - this.#startedMs));
      this.#tookMs.push(round(performance.now() - beganMs));
      return answer;
    } catch (error) {
      const reason = (error as { reason?: string }).reason ?? String(error);
      const endedMs = round(performance.now() - this.#startedMs);
      this.#failed.push({ beganMs: round(beganMs - this.#startedMs), endedMs, reason });
      throw error;
    } finally {
      this.inFlight--;
    }
  }

  record(load: Pick<CallRecord, "skipped" | "lateMs">): CallRecord {
    return {
      startedAtMs: performance.timeOrigin + this.#startedMs,
      attempts: Object.fromEntries(this.#attempts),
      failed: this.#failed,
      answered: { beganMs: this.#beganMs, tookMs: this.#tookMs },
      ...load,
    };
  }
}
