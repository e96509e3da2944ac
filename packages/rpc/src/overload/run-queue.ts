/**
 * Requests that were read but not started, oldest first. A worker that is behind must go on reading: what lies in the kernel's buffers
 * has no age that anybody could see, and would be worked on long after its caller gave up. So handlers get the processor in slices,
 * and between two slices the event loop reads what has come in. While a worker is not behind, nothing passes through here.
 */

export interface RunQueueOptions<T> {
  readonly nowMs: () => number;
  readonly start: (entry: T, nowMs: number) => void;
  /** Calls back after the event loop has looked at its sockets. Default `setImmediate`. */
  readonly schedule?: (work: () => void) => void;
}

/** Time for handlers between two looks at the sockets. */
export const SLICE_MS = 10;
/** Started entries are cut off the array when they are at least so many and half of it. */
const TRIM_AT = 64;

export class RunQueue<T> {
  readonly #nowMs: () => number;
  readonly #start: (entry: T, nowMs: number) => void;
  readonly #schedule: (work: () => void) => void;
  #entries: (T | undefined)[] = [];
  #next = 0;
  #isScheduled = false;

  constructor(options: RunQueueOptions<T>) {
    this.#nowMs = options.nowMs;
    this.#start = options.start;
    this.#schedule = options.schedule ?? ((work) => setImmediate(work));
  }

  get length(): number {
    return this.#entries.length - this.#next;
  }

  push(entry: T): void {
    this.#entries.push(entry);
    this.#arm();
  }

  #arm(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#schedule(() => this.#runSlice());
  }

  #runSlice(): void {
    this.#isScheduled = false;
    let nowMs = this.#nowMs();
    const endMs = nowMs + SLICE_MS;
    while (this.length > 0 && nowMs < endMs) {
      const entry = this.#entries[this.#next]!;
      this.#entries[this.#next++] = undefined;
      this.#start(entry, nowMs);
      nowMs = this.#nowMs();
    }
    if (this.#next >= TRIM_AT && this.#next * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#next);
      this.#next = 0;
    }
    if (this.length > 0) this.#arm();
  }
}
