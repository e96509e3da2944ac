/** What a run is made of: a fleet, clients, a load, and what goes wrong when. Times are from the start of the run. */
import type { Condition, InstanceSpec } from "./sim-instance.js";

export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly fleet: readonly InstanceSpec[];
  readonly clients: ClientSpec;
  /** Arrivals per second from a time on, in order of time. */
  readonly load: readonly { readonly fromMs: number; readonly callsPerSec: number }[];
  readonly work: WorkSpec;
  readonly changes: readonly Change[];
  /** When instances are well again for good: how long it takes until they have their share is measured. */
  readonly recoveries: readonly Recovery[];
  readonly phases: Phases;
}

export interface ClientSpec {
  readonly machines: number;
  readonly processesPerMachine: number;
  /** Of each call, ms. */
  readonly timeoutMs: number;
}

/** Time on a core of speed 1: lognormal. */
export interface WorkSpec {
  readonly meanMs: number;
  readonly sigma: number;
}

export interface Change {
  readonly atMs: number;
  readonly slots: readonly number[];
  readonly condition: Partial<Condition>;
}

export interface Recovery {
  readonly atMs: number;
  readonly slot: number;
}

export interface Phases {
  /** Calls before are not counted; the share of an instance before trouble is taken from the end of it. */
  readonly warmUpMs: number;
  /** Calls after are not made. */
  readonly endMs: number;
}
