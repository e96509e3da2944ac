/** What a cluster is made of. */
import type { ServiceDefinition } from "../define-service.js";
import type { VirtualGlobals } from "./virtual-globals.js";

export interface TestService<N extends string = string> {
  /** `First.Second`. */
  readonly service: N;
  readonly definition: ServiceDefinition;
  /** Default 1. */
  readonly instances?: number;
  /**
   * How callers who know only its name reach it, as the console would tell them. Default `tcp`. By their addresses instances are
   * reached over both.
   */
  readonly transport?: "tcp" | "udp";
  /** Text of its config.ini; `listen` means nothing here. Default: all log levels are written. */
  readonly config?: string;
}

export interface TestClusterOptions<N extends string = string> {
  readonly services: readonly TestService<N>[];
  /**
   * `virtual` (default): time stands still but for `clock.advance` and `clock.until`; what `globals` says follows it. `real`: the
   * system's time.
   */
  readonly clock?: "virtual" | "real";
  /**
   * What of the whole process follows virtual time until the cluster is closed. `timers` (default): `setTimeout` and `setInterval`.
   * `all`: also `Date`, `performance.now`, `process.hrtime`, `AbortSignal.timeout` and the timers of `node:timers/promises`; then no
   * other virtual cluster can be open.
   */
  readonly globals?: VirtualGlobals;
  /** Of all that is left to chance: picks, faults with a `rate`, pauses between dials. Default 1. */
  readonly seed?: number;
  /** Addresses of what is no service of the cluster, for `getRoute` and `exchange`: `{ "Shop.mysql": ["127.0.0.1:3306"] }`. */
  readonly routes?: Readonly<Record<string, readonly string[]>>;
}

/** An instance by its address: `${cluster.instance("Flight.query", 1).address}@tcp`, or `…@udp`. */
export type InstanceTarget = `${string}:${number}@${"tcp" | "udp"}`;
