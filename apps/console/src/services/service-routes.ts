import type { Instance } from "@msec/api-schema";
import { formatServiceName, type ServiceName } from "@msec/core";
import type { RouteHandlers } from "../http/route-handlers.js";
import type { InstanceFacts } from "./instance-facts.js";
import type { ServiceEditor } from "./service-editor.js";
import type { ServiceService } from "./service-service.js";
import type { InstanceRow, ServiceRow } from "./service-store.js";
import { toGroup, toInstance, toServiceSummary } from "./service-views.js";

export interface ServiceRouteDeps {
  readonly services: ServiceService;
  readonly editor: ServiceEditor;
  readonly facts: InstanceFacts;
}

/** Groups, services and instances. */
export function serviceRoutes({ services, editor, facts }: ServiceRouteDeps): RouteHandlers {
  const summary = async (row: ServiceRow) =>
    toServiceSummary(row, await services.instances(row), await facts.snapshot());
  const views = async (name: ServiceName, rows: readonly InstanceRow[]) => {
    const { kind } = await services.get(name);
    const snapshot = await facts.snapshot();
    return rows.map((row) => toInstance(kind, row, snapshot));
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
    "services.update": async ({ actor, params, body }) => summary(await editor.service(actor, params, body)),
    "instances.list": async ({ params }) => ({ instances: await views(params, await services.instances(params)) }),
    "instances.create": async ({ actor, params, body }) => ({
      instances: await views(params, await services.addInstances(actor, params, body)),
    }),
    "instances.update": async ({ actor, params, body }) => {
      const row = await editor.instance(actor, params, { ...body, address: params.address });
      const [view] = await views(params, [row]);
      return view as Instance;
    },
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
