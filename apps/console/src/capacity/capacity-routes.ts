import { formatServiceName } from "@msec/core";
import type { NameStore } from "@msec/naming";
import { appendAudit } from "../audit/audit-chain.js";
import type { ConsoleContext } from "../context.js";
import { actorName, type RouteHandlers } from "../http/route-handlers.js";
import type { NamingPusher } from "../naming/naming-pusher.js";
import type { CapacityService } from "./capacity-service.js";
import { NameUnknown } from "./errors.js";

/** How long a change waits for the agents' word that they have it. */
const CONFIRM_TIMEOUT_MS = 2_000;

export interface CapacityRouteDeps extends Pick<ConsoleContext, "database" | "clock"> {
  readonly capacity: CapacityService;
  readonly pusher: NamingPusher;
  readonly names: NameStore;
}

export function capacityRoutes(deps: CapacityRouteDeps): RouteHandlers {
  const { capacity, pusher, names, database, clock } = deps;
  return {
    "capacity.change": async ({ params, body, actor }) => {
      const { dryRun = false, allowEmpty = false, ...change } = body;
      const { action } = change;
      const result = await capacity.change(params, { ...change, dryRun, allowEmpty });
      if (!dryRun)
        await database.transact((stores) =>
          appendAudit(stores.audit, {
            atMs: clock.nowMs(),
            actor: actorName(actor),
            action: `capacity.${action}`,
            target: formatServiceName(params),
            text: result.text,
          }),
        );
      const agents = await pusher.waitForAgents(result.revision, dryRun ? 0 : CONFIRM_TIMEOUT_MS);
      return {
        text: result.text,
        inTraffic: [...result.inTraffic],
        revision: result.revision,
        agentsTold: agents.told,
        agentsOnline: agents.online,
      };
    },
    "naming.get": async ({ params }) => {
      const entry = await names.get(params.service);
      if (!entry) throw new NameUnknown({ service: params.service });
      return { ...entry, instances: [...entry.instances] };
    },
  };
}
