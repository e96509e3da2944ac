import type { RouteMachine } from "@msec/api-schema";
import { formatServiceName } from "@msec/core";
import type { ConsoleContext } from "../context.js";
import type { RouteHandlers } from "../http/route-handlers.js";
import type { AgentHub } from "../link/agent-hub.js";
import { MachineNotFound } from "../machines/errors.js";
import type { MachineService } from "../machines/machine-service.js";
import type { ServiceService } from "../services/service-service.js";

const DEFAULT_PICKS = 2_000;
/** The page asks again every second. */
const TIMEOUT_MS = 3_000;

export interface ServiceRouteRouteDeps extends Pick<ConsoleContext, "clock"> {
  readonly hub: Pick<AgentHub, "request">;
  readonly machines: Pick<MachineService, "list">;
  readonly services: Pick<ServiceService, "get">;
}

/** How a machine sees a service: read live from its agent, nothing is kept. */
export function serviceRouteRoutes({ hub, machines, services, clock }: ServiceRouteRouteDeps): RouteHandlers {
  return {
    "routes.get": async ({ params, query }) => {
      await services.get(params);
      const all = (await machines.list()).map(({ machineId, name, state }) => ({ machineId, name, state }));
      const machine = chosen(all, query.machine);
      if (machine === undefined) return { atMs: clock.nowMs(), machines: all, machine: null, routes: null };
      const { routes } = await hub.request(
        machine.machineId,
        "routes.read",
        { service: formatServiceName(params), picks: query.picks ?? DEFAULT_PICKS, key: query.key ?? "" },
        { timeoutMs: TIMEOUT_MS, machine: machine.name },
      );
      return { atMs: clock.nowMs(), machines: all, machine, routes };
    },
  };
}

/** @throws {MachineNotFound} */
function chosen(all: readonly RouteMachine[], wanted: string | undefined): RouteMachine | undefined {
  if (wanted === undefined) return all.find(({ state }) => state === "online");
  const machine = all.find(({ machineId, name }) => machineId === wanted || name === wanted);
  if (!machine) throw new MachineNotFound({ machineId: wanted });
  return machine;
}
