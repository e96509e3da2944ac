import { formatServiceName } from "@msec/core";
import type { RouteHandlers } from "../http/route-handlers.js";
import type { InstanceFacts } from "./instance-facts.js";
import type { ServiceService } from "./service-service.js";
import type { InstanceRow, ServiceRow } from "./service-store.js";
import { toGroup, toInstance, toServiceSummary } from "./service-views.js";

export interface ServiceRouteDeps {
  readonly services: ServiceService;
  readonly facts: InstanceFacts;
}

/** Groups, services and instances. */
export function serviceRoutes({ services, facts }: ServiceRouteDeps): RouteHandlers {
  const summary = async (row: ServiceRow) =>
    toServiceSummary(row, await services.instances(row), await facts.snapshot());
  const views = async (rows: readonly InstanceRow[]) => {
    const snapshot = await facts.snapshot();
    return { instances: rows.map((row) => toInstance(row, snapshot)) };
  };
  return {
    "groups.create": async ({ actor, body }) => toGroup(await services.createGroup(actor, body)),
    "groups.delete": async ({ actor, params }) => {
      await services.deleteGroup(actor, params.first);
      return {};
    },
    "services.list": () => listServices(services, facts),
    "services.create": async ({ actor, body }) => summary(await services.create(actor, body)),
    "services.get": async ({ params }) => summary(await services.get(params)),
    "services.delete": async ({ actor, params }) => {
      await services.delete(actor, params);
      return {};
    },
    "instances.list": async ({ params }) => views(await services.instances(params)),
    "instances.create": async ({ actor, params, body }) => views(await services.addInstances(actor, params, body)),
    "instances.delete": async ({ actor, params }) => {
      await services.deleteInstance(actor, params, params.address);
      return {};
    },
  };
}

async function listServices(services: ServiceService, facts: InstanceFacts) {
  const [groups, rows, instances] = [await services.listGroups(), await services.list(), await services.allInstances()];
  const snapshot = await facts.snapshot();
  const byService = groupByService(instances);
  return {
    groups: groups.map(toGroup),
    services: rows.map((row) => toServiceSummary(row, byService.get(formatServiceName(row)) ?? [], snapshot)),
  };
}

function groupByService(instances: readonly InstanceRow[]): Map<string, InstanceRow[]> {
  const groups = new Map<string, InstanceRow[]>();
  for (const instance of instances) {
    const service = formatServiceName(instance);
    const group = groups.get(service);
    if (group) group.push(instance);
    else groups.set(service, [instance]);
  }
  return groups;
}
