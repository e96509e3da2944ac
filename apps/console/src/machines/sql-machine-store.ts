import type { Kysely, Selectable } from "kysely";
import type { ConsoleTables } from "../database/tables.js";
import type { JoinTokenRow, MachineRow, MachineStore } from "./machine-store.js";
import type { JoinTokenTable, MachineTable } from "./machine-tables.js";

/** Machines and join tokens in SQL. Promise: machine-store.contract.ts. */
export function sqlMachineStore(db: Kysely<ConsoleTables>): MachineStore {
  return {
    list: async () => (await db.selectFrom("machines").selectAll().orderBy("address").execute()).map(toMachine),
    byId: async (machineId) => {
      const row = await db.selectFrom("machines").selectAll().where("machine_id", "=", machineId).executeTakeFirst();
      return row && toMachine(row);
    },
    byAddress: async (address) => {
      const row = await db.selectFrom("machines").selectAll().where("address", "=", address).executeTakeFirst();
      return row && toMachine(row);
    },
    add: async (row) => {
      await db.insertInto("machines").values(toTable(row)).execute();
    },
    setFacts: async (machineId, { name, address, agentVersion, platform, lastSeenAtMs }) => {
      const set = { name, address, agent_version: agentVersion, platform, last_seen_at_ms: lastSeenAtMs };
      const update = db.updateTable("machines").set(set).where("machine_id", "=", machineId);
      return (await update.executeTakeFirst()).numUpdatedRows === 1n;
    },
    setLabels: async (machineId, { zone, rack, set }) => {
      const update = db.updateTable("machines").set({ zone, rack, set_name: set }).where("machine_id", "=", machineId);
      return (await update.executeTakeFirst()).numUpdatedRows === 1n;
    },
    setSeen: async (machineId, lastSeenAtMs) => {
      const update = db.updateTable("machines").set({ last_seen_at_ms: lastSeenAtMs });
      await update.where("machine_id", "=", machineId).execute();
    },
    remove: async (machineId) => {
      await db.deleteFrom("machines").where("machine_id", "=", machineId).execute();
    },
    addToken: async (row) => {
      await db.insertInto("join_tokens").values(toTokenTable(row)).execute();
    },
    token: async (tokenId) => {
      const row = await db.selectFrom("join_tokens").selectAll().where("token_id", "=", tokenId).executeTakeFirst();
      return row && toToken(row);
    },
    useToken: async (tokenId, usedBy) => {
      const update = db.updateTable("join_tokens").set({ used_by: usedBy }).where("token_id", "=", tokenId);
      return (await update.where("used_by", "is", null).executeTakeFirst()).numUpdatedRows === 1n;
    },
    tokens: async () => {
      const query = db.selectFrom("join_tokens").selectAll().orderBy("created_at_ms", "desc").orderBy("token_id");
      return (await query.limit(200).execute()).map(toToken);
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
    labels: { zone: row.zone, rack: row.rack, set: row.set_name },
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
    zone: row.labels.zone,
    rack: row.labels.rack,
    set_name: row.labels.set,
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

function toTokenTable(row: JoinTokenRow): JoinTokenTable {
  return {
    token_id: row.tokenId,
    secret_hash: row.secretHash,
    created_by: row.createdBy,
    created_at_ms: row.createdAtMs,
    expires_at_ms: row.expiresAtMs,
    used_by: row.usedBy,
  };
}
