import type { Instance } from "@msec/api-schema";
import { type NamingLabels, NO_LABELS } from "@msec/naming";

/** What is known of an instance beyond its row: its machine, its processes, and how other machines see it. */
export interface InstanceFact
  extends Pick<Instance, "machineId" | "machineName" | "machineState" | "process" | "views"> {
  readonly machineLabels: NamingLabels;
}

/** Facts at one moment. */
export interface FactsSnapshot {
  /** @param service `First.Second` @param address `ip:port` */
  of(service: string, address: string): InstanceFact;
}

/** Where live facts come from: the agents' heartbeats. */
export interface InstanceFacts {
  /** Taken once per request, also when a list asks for many instances. */
  snapshot(): Promise<FactsSnapshot>;
}

/** What is said of an instance of whose machine nothing is known. */
export const UNKNOWN_INSTANCE: InstanceFact = {
  machineId: null,
  machineName: "",
  machineState: "absent",
  machineLabels: NO_LABELS,
  process: {
    state: "unknown",
    releaseId: null,
    pid: null,
    workers: 0,
    restarts: 0,
    sinceAtMs: 0,
    text: "no agent has joined from this address",
  },
  views: [],
};

/** Knows nothing. */
export const unknownInstanceFacts: InstanceFacts = {
  snapshot: async () => ({ of: () => UNKNOWN_INSTANCE }),
};
