import { formatServiceName } from "@msec/core";
import type { NameStore } from "@msec/naming";
import { appendAudit } from "../audit/audit-chain.js";
import type { ConsoleContext } from "../context.js";
import { actorName, type RouteHandlers } from "../http/route-handlers.js";
import type { NamingService } from "../naming/naming-service.js";
import type { CapacityService } from "./capacity-service.js";
import { NameUnknown } from "./errors.js";

/** How long a change waits for the agents' word that they have it. */
const CONFIRM_TIMEOUT_MS = 2_000;

export interface CapacityRouteDeps extends Pick<ConsoleContext, "database" | "clock"> {
  readonly capacity: CapacityService;
  readonly naming: NamingService;
  readonly names: NameStore;
}

export function capacityRoutes(deps: CapacityRouteDeps): RouteHandlers {
  const { capacity, naming, names, database, clock } = deps;
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
      const service = formatServiceName(params);
      const follow = { isConfirmed: allowEmpty && !dryRun, actor: actorName(actor) };
      const agents = await naming.follow(service, { ...follow, timeoutMs: dryRun ? 0 : CONFIRM_TIMEOUT_MS });
      const heldText = `; held back, since ${agents.held}: confirm with msec naming confirm ${service}`;
      return {
        text: agents.held === undefined || dryRun ? result.text : result.text + heldText,
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
