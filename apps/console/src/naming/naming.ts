/** The way of names from the store to the agents: gate, published names, pusher, and what operators do about it. */
import type { NameStore, NamingLabels, ResumableNameStore } from "@msec/naming";
import type { CapacityService } from "../capacity/capacity-service.js";
import type { ConsoleContext } from "../context.js";
import type { AgentHub } from "../link/agent-hub.js";
import type { ServiceService } from "../services/service-service.js";
import { NamingGate } from "./naming-gate.js";
import { NamingPusher } from "./naming-pusher.js";
import { NamingService } from "./naming-service.js";

export interface NamingDeps {
  readonly context: ConsoleContext;
  /** Where changes are made. */
  readonly names: NameStore;
  /** What agents get. */
  readonly published: ResumableNameStore;
  readonly hub: AgentHub;
  readonly services: ServiceService;
  readonly capacity: () => CapacityService;
  machineOf(machineId: string): Promise<{ readonly name: string; readonly labels: NamingLabels } | undefined>;
}

export interface Naming {
  readonly gate: NamingGate;
  readonly pusher: NamingPusher;
  readonly service: NamingService;
}

export function createNaming(deps: NamingDeps): Naming {
  const { names, published, hub, services, capacity, machineOf } = deps;
  const { database, clock, logger } = deps.context;
  const gate = new NamingGate({
    ...{ source: names, published, clock, logger },
    onHeld: (held) => service.onHeld(held),
  });
  const pusher = new NamingPusher({
    ...{ store: published, hub, clock, logger },
    localOf: async (machineId) => (await machineOf(machineId))?.labels,
  });
  const service: NamingService = new NamingService({
    ...{ gate, pusher, services, database, clock, logger },
    capacity: { change: (name, change) => capacity().change(name, change) },
    machineName: async (machineId) => (await machineOf(machineId))?.name,
  });
  return { gate, pusher, service };
}
