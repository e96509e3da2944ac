import { formatServiceName } from "@msec/core";
import { appendAudit } from "../audit/audit-chain.js";
import type { ConsoleContext } from "../context.js";
import { actorName, type RouteHandlers } from "../http/route-handlers.js";
import type { MachineRow } from "../machines/machine-store.js";
import type { ServiceService } from "../services/service-service.js";
import { type OrderService, orderFailure } from "./order-service.js";

const ORDER_TIMEOUT_MS = 60_000;
const done = { start: "started", stop: "stopped", restart: "restarted" } as const;

export interface InstanceOrderDeps extends Pick<ConsoleContext, "database" | "clock"> {
  readonly orders: OrderService;
  readonly services: Pick<ServiceService, "instance">;
  /** @throws when no machine with this address has joined */
  readonly machineAt: (address: string) => Promise<MachineRow>;
}

/** Start, stop and restart of one instance. */
export function instanceOrderRoutes(deps: InstanceOrderDeps): RouteHandlers {
  const audit = (actor: string, action: string, target: string, text: string) =>
    deps.database.transact((stores) =>
      appendAudit(stores.audit, { atMs: deps.clock.nowMs(), actor, action, target, text }),
    );
  return {
    "instances.order": async ({ params, body, actor }) => {
      const { address, first, second } = params;
      await deps.services.instance({ first, second }, address);
      const machine = await deps.machineAt(address);
      const service = formatServiceName({ first, second });
      const author = actorName(actor);
      const where = `${service} on ${machine.name} (${address})`;
      const { machineId: agentId, name } = machine;
      try {
        const options = { agentId, machine: name, author, timeoutMs: ORDER_TIMEOUT_MS };
        await deps.orders.issue({ op: `service.${body.action}`, service }, options);
      } catch (error) {
        const { reason } = orderFailure(error);
        await audit(author, `instance.${body.action}`, service, `tried to ${body.action} ${where}: ${reason}`);
        throw error;
      }
      const text = `${done[body.action]} ${where}`;
      await audit(author, `instance.${body.action}`, service, text);
      return { text };
    },
  };
}
