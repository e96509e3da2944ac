import type { Kysely } from "kysely";
import type { ConsoleTables } from "../database/tables.js";
import type { AuditQuery, AuditRow, AuditStore } from "./audit-store.js";
import type { AuditTable } from "./audit-tables.js";

/** The audit log in SQL. Promise: audit-store.contract.ts. */
export function sqlAuditStore(db: Kysely<ConsoleTables>): AuditStore {
  return {
    append: async (row) => {
      await db.insertInto("audit_entries").values(fromRow(row)).execute();
    },
    last: async () => {
      const query = db.selectFrom("audit_entries").selectAll().orderBy("entry_id", "desc").limit(1);
      const row = await query.executeTakeFirst();
      return row && toRow(row);
    },
    list: async (wanted: AuditQuery) => {
      let query = db.selectFrom("audit_entries").selectAll().orderBy("entry_id", "desc").limit(wanted.limit);
      if (wanted.before !== undefined) query = query.where("entry_id", "<", wanted.before);
      if (wanted.target !== undefined) query = query.where("target", "=", wanted.target);
      return (await query.execute()).map(toRow);
    },
    listAfter: async (entryId, limit) => {
      const query = db.selectFrom("audit_entries").selectAll().where("entry_id", ">", entryId);
      return (await query.orderBy("entry_id").limit(limit).execute()).map(toRow);
    },
  };
}

function fromRow(row: AuditRow): AuditTable {
  return {
    entry_id: row.entryId,
    at_ms: row.atMs,
    actor: row.actor,
    action: row.action,
    target: row.target,
    text: row.text,
    previous_hash: row.previousHash,
    hash: row.hash,
  };
}

function toRow(row: AuditTable): AuditRow {
  return {
    entryId: row.entry_id,
    atMs: row.at_ms,
    actor: row.actor,
    action: row.action,
    target: row.target,
    text: row.text,
    previousHash: row.previous_hash,
    hash: row.hash,
  };
}
