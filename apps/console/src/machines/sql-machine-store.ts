import type { Kysely, Selectable } from "kysely";
import type { ConsoleTables } from "../database/tables.js";
import type { JoinTokenRow, MachineRow, MachineStore } from "./machine-store.js";
import type { JoinTokenTable, MachineTable } from "./machine-tables.js";

export function sqlMachineStore(db: Kysely<ConsoleTables>): MachineStore {
  return {
    list: async () => (await db.selectFrom("machines").selectAll().orderBy("address").execute()).map(toMachine),
    byId: async (machineId) => {
      const row = await db.selectFrom("machines").selectAll().where("machine_id", "=", machineId).executeTakeFirst();
      return row && toMachine(row);
    },
    join: async (row, tokenId) => {
      const update = db.updateTable("join_tokens").set({ used_by: row.name }).where("token_id", "=", tokenId);
      const { numUpdatedRows } = await update.where("used_by", "is", null).executeTakeFirst();
      if (numUpdatedRows !== 1n) return false;
      await db.insertInto("machines").values(toTable(row)).execute();
      return true;
    },
    update: async (machineId, facts) => {
      const set = {
        ...(facts.name !== undefined && { name: facts.name }),
        ...(facts.address !== undefined && { address: facts.address }),
        ...(facts.agentVersion !== undefined && { agent_version: facts.agentVersion }),
        ...(facts.platform !== undefined && { platform: facts.platform }),
        ...(facts.lastSeenAtMs !== undefined && { last_seen_at_ms: facts.lastSeenAtMs }),
      };
      await db.updateTable("machines").set(set).where("machine_id", "=", machineId).execute();
    },
    remove: async (machineId) => {
      await db.deleteFrom("machines").where("machine_id", "=", machineId).execute();
    },
    addToken: async (row) => {
      await db
        .insertInto("join_tokens")
        .values({
          token_id: row.tokenId,
          secret_hash: row.secretHash,
          created_by: row.createdBy,
          created_at_ms: row.createdAtMs,
          expires_at_ms: row.expiresAtMs,
          used_by: row.usedBy,
        })
        .execute();
    },
    token: async (tokenId) => {
      const row = await db.selectFrom("join_tokens").selectAll().where("token_id", "=", tokenId).executeTakeFirst();
      return row && toToken(row);
    },
    tokens: async () => {
      const rows = await db.selectFrom("join_tokens").selectAll().orderBy("created_at_ms", "desc").limit(200).execute();
      return rows.map(toToken);
    },
  };
}

function toMachine(row: Selectable<MachineTable>): MachineRow {
  return {
    machineId: row.machine_id,
    name: row.name,
    address: row.address,
    publicKey: row.public_key,
    agentVersion: row.agent_version,
    platform: row.platform,
    joinedAtMs: row.joined_at_ms,
    lastSeenAtMs: row.last_seen_at_ms,
  };
}

function toTable(row: MachineRow): MachineTable {
  return {
    machine_id: row.machineId,
    name: row.name,
    address: row.address,
    public_key: row.publicKey,
    agent_version: row.agentVersion,
    platform: row.platform,
    joined_at_ms: row.joinedAtMs,
    last_seen_at_ms: row.lastSeenAtMs,
  };
}

function toToken(row: Selectable<JoinTokenTable>): JoinTokenRow {
  return {
    tokenId: row.token_id,
    secretHash: row.secret_hash,
    createdBy: row.created_by,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    usedBy: row.used_by,
  };
}
