import { type Kysely, type Selectable, sql } from "kysely";
import type { ConsoleTables } from "../database/tables.js";
import type { OrderRow, OrderStatus, OrderStore } from "./order-store.js";
import type { OrderTable } from "./order-tables.js";

/** An end that was told stays: a late "accepted" must not overwrite it. */
const FINAL: readonly OrderStatus[] = ["succeeded", "failed"];

/** Orders in SQL. Promise: order-store.contract.ts. */
export function sqlOrderStore(db: Kysely<ConsoleTables>): OrderStore {
  return {
    add: async (row) => {
      await db
        .insertInto("orders")
        .values({
          order_id: row.orderId,
          agent_id: row.agentId,
          op: row.op,
          args_text: row.argsText,
          author: row.author,
          status: row.status,
          issued_at_ms: row.issuedAtMs,
          expires_at_ms: row.expiresAtMs,
          ended_at_ms: row.endedAtMs,
          error: row.error,
        })
        .execute();
    },
    setStatus: async ({ orderId, agentId }, status, end) => {
      const set = { status, ...(end && { ended_at_ms: end.atMs, error: end.error }) };
      const own = db.updateTable("orders").set(set).where("order_id", "=", orderId).where("agent_id", "=", agentId);
      const { numUpdatedRows } = await own.where("status", "not in", FINAL).executeTakeFirst();
      if (numUpdatedRows > 0n) return true;
      const known = db.selectFrom("orders").select("order_id").where("order_id", "=", orderId);
      return (await known.where("agent_id", "=", agentId).executeTakeFirst()) !== undefined;
    },
    ofAgent: async (agentId, limit) => {
      const query = db.selectFrom("orders").selectAll().where("agent_id", "=", agentId);
      const newestFirst = query.orderBy("issued_at_ms", "desc").orderBy(sql`rowid`, "desc");
      return (await newestFirst.limit(limit).execute()).map(toRow);
    },
    open: async () =>
      (await db.selectFrom("orders").selectAll().where("status", "in", ["sent", "accepted"]).execute()).map(toRow),
  };
}

function toRow(row: Selectable<OrderTable>): OrderRow {
  return {
    orderId: row.order_id,
    agentId: row.agent_id,
    op: row.op,
    argsText: row.args_text,
    author: row.author,
    status: row.status,
    issuedAtMs: row.issued_at_ms,
    expiresAtMs: row.expires_at_ms,
    endedAtMs: row.ended_at_ms,
    error: row.error,
  };
}
