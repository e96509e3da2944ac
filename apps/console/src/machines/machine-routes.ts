import type { JoinToken, Order } from "@msec/api-schema";
import { appendAudit } from "../audit/audit-chain.js";
import { describeChange } from "../audit/describe-change.js";
import type { ConsoleContext } from "../context.js";
import { actorName, type RouteHandlers } from "../http/route-handlers.js";
import type { OrderService } from "../orders/order-service.js";
import type { OrderRow } from "../orders/order-store.js";
import type { JoinService } from "./join-service.js";
import type { MachineService } from "./machine-service.js";
import type { JoinTokenRow } from "./machine-store.js";

const DEFAULT_VALID_MINUTES = 60;

export interface MachineRouteDeps extends Pick<ConsoleContext, "database" | "clock"> {
  readonly machines: MachineService;
  readonly joins: JoinService;
  readonly orders: OrderService;
}

export function machineRoutes(deps: MachineRouteDeps): RouteHandlers {
  const { machines, joins, orders, database, clock } = deps;
  const audit = (actor: string, action: string, target: string, text: string) =>
    database.transact((stores) => appendAudit(stores.audit, { atMs: clock.nowMs(), actor, action, target, text }));
  return {
    "machines.list": async () => ({ machines: await machines.list() }),
    "machines.get": ({ params }) => machines.get(params.machineId),
    "machines.orders": async ({ params }) => {
      const { name } = await machines.row(params.machineId);
      return { orders: (await orders.ofAgent(params.machineId, 200)).map((row) => toOrder(row, name)) };
    },
    "machines.setLabels": async ({ params, body, actor }) => {
      const { labels: old } = await machines.row(params.machineId);
      const row = await machines.setLabels(params.machineId, body);
      await audit(actorName(actor), "machine.labels", row.name, describeChange({ ...old }, { ...row.labels }));
      return machines.get(params.machineId);
    },
    "machines.delete": async ({ params, actor }) => {
      const row = await machines.remove(params.machineId);
      await audit(actorName(actor), "machine.delete", row.name, `removed machine ${row.name} (${row.address})`);
      return {};
    },
    "joinTokens.list": async () => ({ tokens: (await database.stores.machines.tokens()).map(toToken) }),
    "joinTokens.create": async ({ body, actor }) => {
      const validForMs = (body.validForMinutes ?? DEFAULT_VALID_MINUTES) * 60_000;
      const { row, secret } = await joins.createToken(actorName(actor), validForMs);
      await audit(actorName(actor), "joinToken.create", row.tokenId, "made a join token for one machine");
      return {
        token: toToken(row),
        secret,
        command: `msec agent --address <this machine's IPv4> --join-token ${secret}`,
      };
    },
  };
}

function toToken(row: JoinTokenRow): JoinToken {
  const { tokenId, createdBy, createdAtMs, expiresAtMs, usedBy } = row;
  return { tokenId, createdBy, createdAtMs, expiresAtMs, usedBy };
}

function toOrder(row: OrderRow, machineName: string): Order {
  const { orderId, op, argsText, status, author, issuedAtMs, endedAtMs, error } = row;
  return { orderId, machineId: row.agentId, machineName, op, argsText, status, author, issuedAtMs, endedAtMs, error };
}
