/**
 * Two disjoint sets of seeds, fleets and fault sizes: parameters of the balancer are chosen on `tuning`, the table is made on
 * `reporting`. Nothing may be changed in the balancer because of what `reporting` shows, other than to repair a defect.
 */
import type { ClientSpec, WorkSpec } from "./scenario.js";

export interface ScenarioSet {
  readonly name: "tuning" | "reporting";
  readonly seeds: readonly number[];
  readonly instances: number;
  readonly cores: number;
  readonly clients: ClientSpec;
  readonly work: WorkSpec;
  /** Part of the capacity that the load takes while all is well. */
  readonly loadRatio: number;
  readonly faults: FaultSizes;
}

export interface FaultSizes {
  readonly slow: number;
  readonly verySlow: number;
  readonly failureRatio: number;
  readonly fastFailureRatio: number;
  /** Instances of a quarter of the fleet that fall silent. */
  readonly silentInstances: number;
  /** At the usual load the others could carry all but some of it, at `highLoadRatio` much less. */
  readonly brownOut: { readonly instances: number; readonly failureRatio: number; readonly highLoadRatio: number };
  readonly backgroundRatio: number;
  /** Speeds that take turns in the fleet. */
  readonly mixedSpeeds: readonly number[];
  readonly flapping: { readonly downMs: number; readonly upMs: number };
  /** Down, then cold: work takes `coldSlowness` times as long for a while. */
  readonly restart: { readonly downMs: number; readonly coldMs: number; readonly coldSlowness: number };
  readonly gradualSlowness: number;
  /** The load before; ten times as much comes. */
  readonly smallLoadRatio: number;
}

export const REPORTING: ScenarioSet = {
  name: "reporting",
  seeds: [101, 202, 303],
  instances: 12,
  cores: 4,
  clients: { machines: 4, processesPerMachine: 3, timeoutMs: 300 },
  work: { meanMs: 10, sigma: 0.6 },
  loadRatio: 0.4,
  faults: {
    slow: 3,
    verySlow: 10,
    failureRatio: 0.3,
    fastFailureRatio: 1,
    silentInstances: 3,
    brownOut: { instances: 7, failureRatio: 0.5, highLoadRatio: 0.7 },
    backgroundRatio: 0.01,
    mixedSpeeds: [2, 1, 0.5],
    flapping: { downMs: 2_000, upMs: 3_000 },
    restart: { downMs: 2_000, coldMs: 1_000, coldSlowness: 2 },
    gradualSlowness: 8,
    smallLoadRatio: 0.09,
  },
};

export const TUNING: ScenarioSet = {
  name: "tuning",
  seeds: [1, 2, 3],
  instances: 8,
  cores: 3,
  clients: { machines: 3, processesPerMachine: 2, timeoutMs: 200 },
  work: { meanMs: 7, sigma: 0.75 },
  loadRatio: 0.35,
  faults: {
    slow: 2.5,
    verySlow: 7,
    failureRatio: 0.45,
    fastFailureRatio: 0.9,
    silentInstances: 2,
    brownOut: { instances: 5, failureRatio: 0.6, highLoadRatio: 0.65 },
    backgroundRatio: 0.015,
    mixedSpeeds: [1.5, 0.5],
    flapping: { downMs: 3_000, upMs: 2_000 },
    restart: { downMs: 3_000, coldMs: 1_000, coldSlowness: 3 },
    gradualSlowness: 6,
    smallLoadRatio: 0.08,
  },
};
