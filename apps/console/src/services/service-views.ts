import type { Group, Instance, ServiceSummary } from "@msec/api-schema";
import { formatHostPort, formatServiceName } from "@msec/core";
import { hasLabels } from "../machines/machine-labels.js";
import { type FactsSnapshot, type InstanceFact, UNKNOWN_INSTANCE } from "./instance-facts.js";
import { PLACED_MEMO, PLATFORM_GROUP } from "./platform-services.js";
import { serviceHealth } from "./service-health.js";
import type { GroupRow, InstanceRow, ServiceRow } from "./service-store.js";

export function toGroup(row: GroupRow): Group {
  return { name: row.name, kind: row.kind, createdAtMs: row.createdAtMs };
}

/** A service with its health as of `facts`. */
export function toServiceSummary(
  row: ServiceRow,
  instances: readonly InstanceRow[],
  facts: FactsSnapshot,
): ServiceSummary {
  const { first, second, kind, language, port, memo, settings, createdAtMs } = row;
  const observed = instances.map((instance) => ({
    address: formatHostPort(instance),
    status: instance.status,
    fact: factOf(kind, instance, facts),
  }));
  const enabledCount = observed.filter((instance) => instance.status === "enabled").length;
  const counts = { instanceCount: instances.length, enabledCount };
  return { first, second, kind, language, port, memo, settings, createdAtMs, ...serviceHealth(observed), ...counts };
}

export function toInstance(kind: ServiceRow["kind"], row: InstanceRow, facts: FactsSnapshot): Instance {
  const { host, port, transport, weight, status, releaseMemo } = row;
  const address = formatHostPort(row);
  const { machineId, machineName, machineState, process, views, machineLabels } = factOf(kind, row, facts);
  const live = { machineId, machineName, machineState, process, views };
  const isOwn = hasLabels(row.labels) || machineId === null;
  const place = { labels: isOwn ? row.labels : machineLabels, labelsFrom: isOwn ? "instance" : "machine" } as const;
  return { address, host, port, transport, weight, ...place, status, releaseMemo, ...live };
}

/** Of foreign programs only their callers know how they are, even where an agent of ours runs beside them. */
function factOf(kind: ServiceRow["kind"], row: InstanceRow, facts: FactsSnapshot): InstanceFact {
  const fact = facts.of(formatServiceName(row), formatHostPort(row));
  if (kind === "standard") return fact;
  const isOurs = row.first === PLATFORM_GROUP && row.releaseMemo === PLACED_MEMO;
  const state = isOurs ? "running" : "unknown";
  return { ...fact, process: { ...UNKNOWN_INSTANCE.process, state, text: isOurs ? "served by this console" : "" } };
}
