import { formatServiceName } from "@msec/core";
import { appendAudit } from "../audit/audit-chain.js";
import type { ConsoleContext } from "../context.js";
import { actorName, type RouteHandlers } from "../http/route-handlers.js";
import type { MachineRow } from "../machines/machine-store.js";
import type { ServiceService } from "../services/service-service.js";
import type { OrderService } from "./order-service.js";

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
  return {
    "instances.order": async ({ params, body, actor }) => {
      const { address, first, second } = params;
      await deps.services.instance({ first, second }, address);
      const machine = await deps.machineAt(address);
      const service = formatServiceName({ first, second });
      await deps.orders.issue(
        { op: `service.${body.action}`, service },
        { agentId: machine.machineId, machine: machine.name, author: actorName(actor), timeoutMs: ORDER_TIMEOUT_MS },
      );
      const text = `${done[body.action]} ${service} on ${machine.name} (${address})`;
      await deps.database.transact((stores) =>
        appendAudit(stores.audit, {
          atMs: deps.clock.nowMs(),
          actor: actorName(actor),
          action: `instance.${body.action}`,
          target: service,
          text,
        }),
      );
      return { text };
    },
  };
}
