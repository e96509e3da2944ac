/** What agents tell of instances: their processes, and how each machine's callers see them. */
import type { Instance, InstanceView } from "@msec/api-schema";
import { parseHostPort } from "@msec/core";
import {
  type FactsSnapshot,
  type InstanceFact,
  type InstanceFacts,
  UNKNOWN_INSTANCE,
} from "../services/instance-facts.js";
import type { MachineService } from "./machine-service.js";
import type { MachineRow } from "./machine-store.js";

export function machineFacts(machines: MachineService): InstanceFacts {
  return { snapshot: async () => takeSnapshot(machines, await machines.rows()) };
}

function takeSnapshot(machines: MachineService, rows: readonly MachineRow[]): FactsSnapshot {
  const byAddress = new Map(rows.map((row) => [row.address, row]));
  const views = collectViews(machines, rows);
  return {
    of: (service, address) => {
      const row = byAddress.get(parseHostPort(address).host);
      const seen = views.get(viewKey(service, address)) ?? [];
      return row ? machineFact(machines, row, service, seen) : { ...UNKNOWN_INSTANCE, views: seen };
    },
  };
}

function machineFact(
  machines: MachineService,
  row: MachineRow,
  service: string,
  views: InstanceFact["views"],
): InstanceFact {
  const isOnline = machines.isOnline(row.machineId);
  return {
    machineId: row.machineId,
    machineName: row.name,
    machineState: isOnline ? "online" : "away",
    machineLabels: row.labels,
    process: isOnline ? processOf(machines, row, service) : awayProcess(row),
    views,
  };
}

function processOf(machines: MachineService, row: MachineRow, service: string): Instance["process"] {
  const beat = machines.live(row.machineId)?.beat;
  if (!beat) return { ...UNKNOWN_INSTANCE.process, text: `the agent of ${row.name} has just connected` };
  const report = beat.processes.find((process) => process.service === service);
  if (!report)
    return { ...UNKNOWN_INSTANCE.process, state: "absent", text: "nothing was released to this machine yet" };
  const { service: _, ...process } = report;
  return process;
}

function awayProcess(row: MachineRow): Instance["process"] {
  return { ...UNKNOWN_INSTANCE.process, text: `the agent of ${row.name} is away; what runs there goes on` };
}

/** Views of machines whose agents are online: an old view says nothing. */
function collectViews(machines: MachineService, rows: readonly MachineRow[]): Map<string, InstanceView[]> {
  const views = new Map<string, InstanceView[]>();
  for (const row of rows.filter(({ machineId }) => machines.isOnline(machineId))) {
    for (const { service, address, ...view } of machines.live(row.machineId)?.beat.routes ?? []) {
      const key = viewKey(service, address);
      const list = views.get(key) ?? [];
      list.push({ machine: row.name, ...view });
      views.set(key, list);
    }
  }
  return views;
}

function viewKey(service: string, address: string): string {
  return `${service}@${address}`;
}
