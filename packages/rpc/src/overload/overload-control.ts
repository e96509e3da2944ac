/**
 * Decides, before any work on it began, whether a request is taken. Two signals: the event loop
 * ({@link LoopLag}) or the queue in front of the handlers is late, or more requests are under way than their latency allows
 * ({@link ConcurrencyLimit}). Either makes the worker take only what it has shown to
 * manage, the most important first ({@link AdmissionThreshold}). As long as neither speaks a request costs two comparisons.
 *
 * The rate is found like that of DAGOR (SoCC 2018, §4.2): cut in proportion to the lag while it lasts, raised by a few percent per
 * window when it is gone; unlike there, a worker returns at once to most of the rate that it managed before.
 */
import type { Clock } from "@msec/core";
import { DEFAULT_PRIORITY } from "../call-priority.js";
import { AdmissionThreshold, admissionLevel } from "./admission-level.js";
import { ConcurrencyLimit, type MethodLatency } from "./concurrency-limit.js";
import type { LoopLag } from "./loop-lag.js";

export interface OverloadOptions {
  /** Wait in the queue that is still no overload, ms. Default 20. The event loop may be late by five times as much. */
  readonly maxQueueDelayMs?: number;
  /** Bounds the learned limit from above. */
  readonly maxInFlight: number;
  /** Bounds it from below. Default 128. */
  readonly minInFlight?: number;
  readonly lag: LoopLag;
  /** For the time of day: users are dealt to levels anew each hour. */
  readonly clock: Pick<Clock, "nowMs">;
}

/** Why a request is not taken: `limit` = too many under way for their latency, `shed` = others are more important. */
export type OverloadCause = "limit" | "shed";

const WINDOW_MS = 100;
/**
 * A loop that is late may only have got too little of a busy processor, and refusing would not help; requests that wait in the queue
 * although the loop turns are proof. So the loop must be late by so many times more.
 */
const LAG_WEIGHT = 5;
/** Late windows before anything is refused: one may be a pause. */
const SUSPECT_WINDOWS = 2;
/** Windows without need after which shedding ends. */
const CALM_WINDOWS = 50;
const MIN_RATE_PER_SEC = 10;
const RAISE = 1.02;
/** Of the rate that was managed lately, never less is taken in the next window. */
const MIN_PROVEN_SHARE = 0.7;
/** Head room over the limit for requests above the default priority. */
const IMPORTANT_ROOM = 1.25;

export class OverloadControl {
  readonly limit: ConcurrencyLimit;
  readonly #threshold = new AdmissionThreshold();
  readonly #maxDelayMs: number;
  readonly #lag: LoopLag;
  readonly #clock: Pick<Clock, "nowMs">;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #windowEndMs = Number.NEGATIVE_INFINITY;
  #arrived = 0;
  #started = 0;
  #refusedByLimit = 0;
  #isLagging = false;
  #lateWindows = 0;
  #calmWindows = 0;
  /** Infinity = everything is taken. */
  #ratePerSec = Number.POSITIVE_INFINITY;
  /** Least wait of a request that was started in this window. */
  #leastWaitMs = Number.POSITIVE_INFINITY;
  /** Most that was managed lately. */
  #provenPerSec = 0;

  constructor(options: OverloadOptions) {
    this.#maxDelayMs = options.maxQueueDelayMs ?? 20;
    this.#lag = options.lag;
    this.#clock = options.clock;
    const { maxInFlight: max, minInFlight: min } = options;
    this.limit = new ConcurrencyLimit(min === undefined ? { max } : { max, min });
  }

  /** Some requests are being refused, or would be. */
  get isShedding(): boolean {
    return this.#ratePerSec !== Number.POSITIVE_INFINITY;
  }

  /** The event loop is late: read on, but start handlers in turn. */
  get isLagging(): boolean {
    return this.#isLagging;
  }

  /** A request was started after so long a wait in the queue; 0 = it did not pass through it. */
  noteStart(waitMs: number): void {
    this.#started++;
    if (waitMs < this.#leastWaitMs) this.#leastWaitMs = waitMs;
  }

  /** A request that was taken has waited so long in the queue: whether it is still wanted. A backlog goes down by this, not by work. */
  isStillWanted(request: { readonly priority: number; readonly userHash: number }, waitMs: number): boolean {
    if (!this.isShedding || waitMs <= this.#maxDelayMs) return true;
    return this.#threshold.isAdmitted(admissionLevel(request.priority, request.userHash, this.#clock.nowMs()));
  }

  /** A request that waited for something has ended. */
  noteLatency(method: MethodLatency, costMs: number): void {
    method.sumMs += costMs;
    method.count++;
  }

  /** @returns why it is not taken; undefined = it is */
  check(
    request: { readonly priority: number; readonly userHash: number },
    nowMs: number,
    inFlight: number,
  ): OverloadCause | undefined {
    if (nowMs >= this.#windowEndMs) this.#turnWindow(nowMs);
    this.#arrived++;
    if (this.#lateWindows > 0 || this.isShedding) {
      const level = admissionLevel(request.priority, request.userHash, this.#clock.nowMs());
      this.#threshold.note(level);
      if (!this.#threshold.isAdmitted(level)) return "shed";
    }
    const limit = this.limit.current;
    if (inFlight >= limit) {
      const isImportant = request.priority > DEFAULT_PRIORITY;
      if (!isImportant || inFlight >= limit * IMPORTANT_ROOM) {
        this.#refusedByLimit++;
        return "limit";
      }
    }
    this.limit.noteInFlight(inFlight + 1);
    return undefined;
  }

  stop(): void {
    this.#lag.stop();
  }

  #turnWindow(nowMs: number): void {
    const elapsedMs = nowMs - this.#windowStartMs;
    this.#lag.wake();
    const lagMs = this.#lag.take(nowMs);
    const waitMs = this.#leastWaitMs === Number.POSITIVE_INFINITY ? 0 : this.#leastWaitMs;
    this.#leastWaitMs = Number.POSITIVE_INFINITY;
    this.#isLagging = lagMs > this.#maxDelayMs;
    // After a pause of the traffic the old window says nothing.
    if (elapsedMs < 10 * WINDOW_MS) this.#judge(Math.max(waitMs, lagMs / LAG_WEIGHT), elapsedMs / 1000);
    else this.#forget();
    this.#arrived = 0;
    this.#started = 0;
    this.#refusedByLimit = 0;
    this.#windowStartMs = nowMs;
    this.#windowEndMs = nowMs + WINDOW_MS;
  }

  #judge(lateMs: number, seconds: number): void {
    this.limit.update();
    const arrivedPerSec = this.#arrived / seconds;
    const startedPerSec = this.#started / seconds;
    const isLate = lateMs > this.#maxDelayMs;
    this.#lateWindows = isLate ? this.#lateWindows + 1 : 0;
    this.#provenPerSec = Math.max(this.#provenPerSec * (isLate ? 0.95 : 0.99), startedPerSec);
    if (isLate) {
      if (this.#lateWindows < SUSPECT_WINDOWS && !this.isShedding) return;
      const cut = Math.max(0.5, Math.min(0.95, this.#maxDelayMs / lateMs));
      // A backlog lasts for windows: cut by each of them without a floor, the rate would fall to nothing.
      const floor = Math.max(MIN_RATE_PER_SEC, this.#provenPerSec * MIN_PROVEN_SHARE);
      this.#ratePerSec = Math.max(floor, Math.min(this.#ratePerSec, startedPerSec) * cut);
    } else if (this.#refusedByLimit > 0) {
      this.#ratePerSec = Math.max(MIN_RATE_PER_SEC, Math.min(this.#ratePerSec, startedPerSec));
    } else if (this.isShedding) this.#ratePerSec = Math.max(this.#ratePerSec * RAISE, this.#provenPerSec * 0.9);
    this.#calmWindows = !isLate && arrivedPerSec <= this.#ratePerSec ? this.#calmWindows + 1 : 0;
    if (!this.isShedding) return;
    if (this.#calmWindows >= CALM_WINDOWS) this.#forget();
    else this.#threshold.admitShare(arrivedPerSec === 0 ? 1 : this.#ratePerSec / arrivedPerSec);
  }

  #forget(): void {
    if (this.isShedding) this.#threshold.open();
    this.#ratePerSec = Number.POSITIVE_INFINITY;
    this.#lateWindows = 0;
    this.#calmWindows = 0;
  }
}
