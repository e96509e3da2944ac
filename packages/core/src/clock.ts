/** Time and randomness are injected, so that logic can be tested without waiting. */
export interface Clock {
  /** Wall-clock time, milliseconds since the epoch. May jump. */
  nowMs(): number;
  /** Monotonic time in milliseconds with fractions; only differences mean something. */
  monotonicMs(): number;
  /** Waits; rejects with the signal's reason when it is aborted first. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
  /** Only clocks whose time is not the system's have it; use {@link startTimer}. */
  startTimer?(work: () => void, delayMs: number): ClockTimer;
}

/** One call to come. */
export interface ClockTimer {
  /** Doesn't keep the process alive any more. */
  unref(): void;
  stop(): void;
}

/** Calls `work` once, after `delayMs` of the clock's time. */
export function startTimer(clock: Pick<Clock, "startTimer">, work: () => void, delayMs: number): ClockTimer {
  if (clock.startTimer !== undefined) return clock.startTimer(work, delayMs);
  const timer = setTimeout(work, delayMs) as unknown;
  return {
    // Node's timers are objects, a browser's are numbers.
    unref: () => (timer as { unref?(): void }).unref?.(),
    stop: () => clearTimeout(timer as number),
  };
}

/** A number in [0, 1). */
export type Random = () => number;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (durationMs, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, durationMs);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
    }),
};
