/** A second attempt at another instance when the first one takes long: bought with a token of the retry budget, idempotent methods only. */
import type { TimerEntry, TimerWheel } from "@msec/net";
import type { MethodType } from "@msec/protocol";
import type { HedgeOptions } from "./call-options.js";
import type { LatencyQuantile } from "./latency-quantile.js";

export interface HedgedCall {
  readonly client: { readonly wheel: TimerWheel };
  readonly place: { latencyOf(method: MethodType): LatencyQuantile };
  readonly methodType: MethodType;
  readonly beganMs: number;
  onHedgeDue(nowMs: number): void;
}

export class HedgeTimer implements TimerEntry {
  wheelDeadlineMs = 0.5;
  wheelNext: TimerEntry | undefined = undefined;
  wheelPrevious: TimerEntry | undefined = undefined;
  readonly #call: HedgedCall;
  readonly #latency: LatencyQuantile | undefined;

  /** Begins to wait; with `"p95"` only when enough calls are known. */
  static arm(call: HedgedCall, { afterMs }: HedgeOptions): HedgeTimer {
    const timer = new HedgeTimer(call, afterMs === "p95" ? call.place.latencyOf(call.methodType) : undefined);
    const waitMs = afterMs === "p95" ? timer.#latency?.p95Ms() : afterMs;
    if (waitMs !== undefined) call.client.wheel.add(timer, call.beganMs + waitMs);
    return timer;
  }

  private constructor(call: HedgedCall, latency: LatencyQuantile | undefined) {
    this.#call = call;
    this.#latency = latency;
  }

  /** The call was answered. */
  note(latencyMs: number): void {
    this.#latency?.note(latencyMs);
  }

  onTimeout(nowMs: number): void {
    this.#call.onHedgeDue(nowMs);
  }
}
