/** A hop as the graph shows it. */
import type { HopCall } from "./log-record.js";

export interface GraphHop {
  readonly spanId: string;
  /** Empty at the entrance. */
  readonly parentSpanId: string;
  readonly caller: string;
  readonly service: string;
  readonly method: string;
  /** `ip:port` of the callee. */
  readonly address: string;
  /** 0 for a first try. */
  readonly attempt: number;
  readonly startedAtMs: number;
  readonly costMs: number;
  /** As the caller saw it, when it failed for the caller; else as the callee told. 0 = ok. */
  readonly err: number;
  readonly reason: string;
  /** Why the caller took this instance, in words; "" unless the request was coloured. */
  readonly choice: string;
  /** `client` = no callee told of it. */
  readonly seenBy: "server" | "client";
}

/** An attempt with both views. */
export interface JoinedHop {
  readonly hop: GraphHop;
  /** Where clocks are compared: hops of one machine are shifted together. */
  readonly machine: string;
  /** The attempt by the caller's clock. */
  readonly call: HopCall | undefined;
}
