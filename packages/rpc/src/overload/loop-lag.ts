/**
 * How late the event loop is: a timer of this process is what a request of a quiet connection would be, so its lateness is the wait
 * that new work meets. Only the least lateness of an interval counts: a pause of the garbage collector delays one sample, a standing
 * queue delays all (Nichols & Jacobson, "Controlling Queue Delay", 2012).
 */
import { type Clock, type ClockTimer, startTimer } from "@msec/core";

const PERIOD_MS = 10;
/** Ticks without a request after which the timer rests. */
const IDLE_TICKS = 100;

export interface LoopLag {
  /** Work came in: measure, if that is not done already. */
  wake(): void;
  /** Least lateness since the last `take`, ms. When the loop could not even run the timer: how long that has lasted. */
  take(nowMs: number): number;
  stop(): void;
}

export class LoopLagMeter implements LoopLag {
  readonly #clock: Clock;
  #timer: ClockTimer | undefined;
  #dueMs = 0;
  #leastMs = Number.POSITIVE_INFINITY;
  #restTicks = IDLE_TICKS;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#restTicks = IDLE_TICKS;
    if (this.#timer === undefined) this.#arm();
  }

  take(nowMs: number): number {
    const leastMs = this.#leastMs;
    this.#leastMs = Number.POSITIVE_INFINITY;
    if (leastMs !== Number.POSITIVE_INFINITY) return leastMs;
    return this.#timer === undefined ? 0 : Math.max(0, nowMs - this.#dueMs);
  }

  stop(): void {
    this.#timer?.stop();
    this.#timer = undefined;
  }

  #arm(): void {
    this.#dueMs = this.#clock.monotonicMs() + PERIOD_MS;
    this.#timer = startTimer(this.#clock, () => this.#onTick(), PERIOD_MS);
    this.#timer.unref();
  }

  #onTick(): void {
    this.#leastMs = Math.min(this.#leastMs, Math.max(0, this.#clock.monotonicMs() - this.#dueMs));
    this.#timer = undefined;
    if (--this.#restTicks > 0) this.#arm();
  }
}
