import type { Group, Instance, ServiceSummary } from "@msec/api-schema";
import { formatHostPort, formatServiceName } from "@msec/core";
import type { FactsSnapshot } from "./instance-facts.js";
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
  const { first, second, kind, language, port, memo, createdAtMs } = row;
  const service = formatServiceName(row);
  const observed = instances.map((instance) => {
    const address = formatHostPort(instance);
    return { address, status: instance.status, fact: facts.of(service, address) };
  });
  const enabledCount = observed.filter((instance) => instance.status === "enabled").length;
  const counts = { instanceCount: instances.length, enabledCount };
  return { first, second, kind, language, port, memo, createdAtMs, ...serviceHealth(observed), ...counts };
}

export function toInstance(row: InstanceRow, facts: FactsSnapshot): Instance {
  const { host, port, transport, weight, status, releaseMemo } = row;
  const address = formatHostPort(row);
  const { machineId, machineName, machineState, process, views } = facts.of(formatServiceName(row), address);
  const live = { machineId, machineName, machineState, process, views };
  return { address, host, port, transport, weight, status, releaseMemo, ...live };
}
