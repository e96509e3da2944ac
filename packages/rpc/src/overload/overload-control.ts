/**
 * Decides, before any work on it began, whether a request is taken. Two signals: the event loop
 * ({@link LoopLag}) or the queue in front of the handlers is late, which concerns all requests; or more are under way than their latency
 * allows ({@link ConcurrencyLimit}), which concerns those of the methods that became slow. Either makes the worker take only what it has
 * shown to manage, the most important first ({@link ShedRate}). As long as neither speaks a request costs two comparisons.
 */
import type { Clock } from "@msec/core";
import { DEFAULT_PRIORITY } from "../call-priority.js";
import { admissionLevel } from "./admission-level.js";
import { ConcurrencyLimit, type MethodLatency } from "./concurrency-limit.js";
import type { LoopLag } from "./loop-lag.js";
import { ShedRate } from "./shed-rate.js";

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

/** What decides among requests. */
interface RankedRequest {
  readonly priority: number;
  readonly userHash: number;
}

/** Why a request is not taken: `limit` = too many under way for their latency, `shed` = others are more important. */
export type OverloadCause = "limit" | "shed";

const WINDOW_MS = 100;
/**
 * A loop that is late may only have got too little of a busy processor, and refusing would not help; requests that wait in the queue
 * although the loop turns are proof. So the loop must be late by so many times more.
 */
const LAG_WEIGHT = 5;
/**
 * A wait for so many others is no overload, however long each takes: where handlers compute for 30 ms, requests meet by chance at a third
 * of the load. As CoDel leaves a queue of one packet alone.
 */
const SHORT_QUEUE = 3;
/** Late windows before anything is refused: one may be a pause. */
const SUSPECT_WINDOWS = 2;
/** Head room over the limit for requests above the default priority. */
const IMPORTANT_ROOM = 1.25;

export class OverloadControl {
  readonly limit: ConcurrencyLimit;
  /** Of all requests, while the worker is late. */
  readonly #late = new ShedRate();
  /** Of those of slow methods, while the limit is reached. */
  readonly #crowd = new ShedRate();
  readonly #maxDelayMs: number;
  readonly #lag: LoopLag;
  readonly #clock: Pick<Clock, "nowMs">;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #windowEndMs = Number.NEGATIVE_INFINITY;
  #arrived = 0;
  #started = 0;
  /** Of slow methods, counted while `#isCrowded`. */
  #slowArrived = 0;
  #slowTaken = 0;
  #refusedByLimit = 0;
  /** Since the limit was reached. What had to drain first left no rate to begin with, and the limit itself bounds what goes wrong. */
  #roomyWindows = 0;
  #isLagging = false;
  #lateWindows = 0;
  #isLate = false;
  #isCrowded = false;
  /** Least wait of a request that was started in this window. */
  #leastWaitMs = Number.POSITIVE_INFINITY;

  constructor(options: OverloadOptions) {
    this.#maxDelayMs = options.maxQueueDelayMs ?? 20;
    this.#lag = options.lag;
    this.#clock = options.clock;
    const { maxInFlight: max, minInFlight: min } = options;
    this.limit = new ConcurrencyLimit(min === undefined ? { max } : { max, min });
  }

  /** Some requests are being refused, or would be. */
  get isShedding(): boolean {
    return this.#late.isShedding || this.#crowd.isShedding;
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
  isStillWanted(request: RankedRequest, waitMs: number): boolean {
    if (!this.#late.isShedding || waitMs <= this.#maxDelayMs) return true;
    return this.#late.isAdmitted(this.#levelOf(request));
  }

  /** @returns why it is not taken; undefined = it is */
  check(
    request: RankedRequest & { readonly startedMs: number },
    method: MethodLatency,
    inFlight: number,
  ): OverloadCause | undefined {
    const nowMs = request.startedMs;
    if (nowMs >= this.#windowEndMs) this.#turnWindow(nowMs);
    this.#arrived++;
    if (this.#isLate) {
      const level = this.#levelOf(request);
      this.#late.note(level);
      if (!this.#late.isAdmitted(level)) return "shed";
    }
    if (this.#isCrowded || inFlight >= this.limit.current) {
      const cause = method.isSlow ? this.#checkCrowd(request, inFlight) : undefined;
      if (cause !== undefined) return cause;
    }
    this.limit.noteInFlight(inFlight + 1);
    return undefined;
  }

  stop(): void {
    this.#lag.stop();
  }

  #levelOf({ priority, userHash }: RankedRequest): number {
    return admissionLevel(priority, userHash, this.#clock.nowMs());
  }

  #checkCrowd(request: RankedRequest, inFlight: number): OverloadCause | undefined {
    const level = this.#levelOf(request);
    this.#slowArrived++;
    this.#crowd.note(level);
    if (!this.#crowd.isAdmitted(level)) return "shed";
    const room = request.priority > DEFAULT_PRIORITY ? IMPORTANT_ROOM : 1;
    if (inFlight >= this.limit.current * room) {
      this.#refusedByLimit++;
      return "limit";
    }
    this.#slowTaken++;
    return undefined;
  }

  #turnWindow(nowMs: number): void {
    const elapsedMs = nowMs - this.#windowStartMs;
    this.#lag.wake();
    const lagMs = this.#lag.take(nowMs);
    const waitMs = this.#leastWaitMs === Number.POSITIVE_INFINITY ? 0 : this.#leastWaitMs;
    this.#leastWaitMs = Number.POSITIVE_INFINITY;
    this.#isLagging = lagMs > this.#maxDelayMs;
    // After a pause of the traffic the old window says nothing.
    if (elapsedMs < 10 * WINDOW_MS) {
      this.limit.update();
      this.#judgeDelay(Math.max(waitMs, lagMs / LAG_WEIGHT), elapsedMs / 1000);
      this.#judgeCrowd(elapsedMs / 1000);
    } else this.#forget();
    this.#isLate = this.#lateWindows > 0 || this.#late.isShedding;
    this.#isCrowded = this.#refusedByLimit > 0 || this.#crowd.isShedding;
    this.#arrived = 0;
    this.#started = 0;
    this.#slowArrived = 0;
    this.#slowTaken = 0;
    this.#refusedByLimit = 0;
    this.#windowStartMs = nowMs;
    this.#windowEndMs = nowMs + WINDOW_MS;
  }

  #judgeDelay(lateMs: number, seconds: number): void {
    const startedPerSec = this.#started / seconds;
    const shortQueueMs = (SHORT_QUEUE * 1000 * seconds) / Math.max(1, this.#started);
    const allowedMs = Math.max(this.#maxDelayMs, shortQueueMs);
    const isLate = lateMs > allowedMs;
    this.#lateWindows = isLate ? this.#lateWindows + 1 : 0;
    this.#late.prove(startedPerSec, isLate);
    if (isLate) {
      if (this.#lateWindows < SUSPECT_WINDOWS && !this.#late.isShedding) return;
      this.#late.cut(startedPerSec, Math.max(0.5, Math.min(0.95, allowedMs / lateMs)));
    } else this.#late.raise();
    this.#late.endWindow(this.#arrived / seconds, isLate);
  }

  #judgeCrowd(seconds: number): void {
    if (!this.#isCrowded) return; // A window that was not counted from its beginning tells no rate.
    const takenPerSec = this.#slowTaken / seconds;
    const isFull = this.#refusedByLimit > 0;
    this.#crowd.prove(takenPerSec, isFull);
    this.#roomyWindows = isFull ? 0 : this.#roomyWindows + 1;
    if (isFull) this.#crowd.cap(takenPerSec);
    else this.#crowd.raise(this.#roomyWindows);
    this.#crowd.endWindow(this.#slowArrived / seconds, isFull);
  }

  #forget(): void {
    this.#late.forget();
    this.#crowd.forget();
    this.#lateWindows = 0;
  }
}
