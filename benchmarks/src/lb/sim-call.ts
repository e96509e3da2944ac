import type { CallOutcome } from "@msec/balancer";

/** How a call ended for its client, as the runtime reports it. Nobody gives up a call here. */
export type CallEnd = Exclude<CallOutcome, "cancelled">;

/** One call, its chances included: the same for all policies. */
export interface SimCall {
  readonly machine: number;
  readonly process: number;
  readonly startedMs: number;
  /** Time on a core of speed 1, ms. */
  readonly workMs: number;
  /** Network there and back, ms. */
  readonly roundTripMs: number;
  /** In [0, 1): it fails at an instance that fails a larger share of its calls. */
  readonly dice: number;
  slot: number;
  /** The client has its answer, or waits no more. */
  isEnded: boolean;
}
