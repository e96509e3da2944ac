import type { Kysely } from "kysely";
import type { ConsoleTables } from "../database/tables.js";
import type { GroupRow, InstanceKey, InstanceRow, ServiceRow, ServiceStore } from "./service-store.js";
import type { GroupTable, InstanceStatus, InstanceTable, ServiceKindName, ServiceTable } from "./service-tables.js";

type Db = Kysely<ConsoleTables>;

/** Groups, services and instances in SQL. Promise: service-store.contract.ts. */
export function sqlServiceStore(db: Db): ServiceStore {
  return { ...groups(db), ...services(db), ...instances(db) };
}

function groups(db: Db) {
  return {
    listGroups: async () => (await db.selectFrom("service_groups").selectAll().orderBy("name").execute()).map(toGroup),
    findGroup: async (name: string) => {
      const row = await db.selectFrom("service_groups").selectAll().where("name", "=", name).executeTakeFirst();
      return row && toGroup(row);
    },
    addGroup: async (group: GroupRow) => {
      const row: GroupTable = { name: group.name, kind: group.kind, created_at_ms: group.createdAtMs };
      await db.insertInto("service_groups").values(row).execute();
    },
    removeGroup: async (name: string) => {
      await db.deleteFrom("service_groups").where("name", "=", name).execute();
    },
  };
}

function services(db: Db) {
  const query = () =>
    db
      .selectFrom("services")
      .innerJoin("service_groups", "service_groups.name", "services.first")
      .selectAll("services")
      .select("service_groups.kind")
      .orderBy("services.first")
      .orderBy("services.second");
  return {
    listServices: async () => (await query().execute()).map(toService),
    listServicesOf: async (first: string) => (await query().where("first", "=", first).execute()).map(toService),
    findService: async (first: string, second: string) => {
      const row = await query().where("first", "=", first).where("second", "=", second).executeTakeFirst();
      return row && toService(row);
    },
    addService: async (service: Omit<ServiceRow, "kind">) => {
      const { first, second, language, port, memo } = service;
      const row: ServiceTable = { first, second, language, port, memo, created_at_ms: service.createdAtMs };
      await db.insertInto("services").values(row).execute();
    },
    removeService: async (first: string, second: string) => {
      await db.deleteFrom("services").where("first", "=", first).where("second", "=", second).execute();
    },
  };
}

function instances(db: Db) {
  const query = () => db.selectFrom("instances").selectAll().orderBy("host").orderBy("port");
  const update = (key: InstanceKey, set: Partial<InstanceTable>) =>
    db.updateTable("instances").set(set).where("host", "=", key.host).where("port", "=", key.port).execute();
  return {
    listAllInstances: async () => (await query().execute()).map(toInstance),
    listInstances: async (first: string, second: string) =>
      (await query().where("first", "=", first).where("second", "=", second).execute()).map(toInstance),
    findInstance: async (key: InstanceKey) => {
      const row = await query().where("host", "=", key.host).where("port", "=", key.port).executeTakeFirst();
      return row && toInstance(row);
    },
    listInstancesOnHost: async (host: string) => (await query().where("host", "=", host).execute()).map(toInstance),
    addInstance: async (instance: InstanceRow) => {
      await db.insertInto("instances").values(fromInstance(instance)).execute();
    },
    removeInstance: async (key: InstanceKey) => {
      await db.deleteFrom("instances").where("host", "=", key.host).where("port", "=", key.port).execute();
    },
    setInstanceStatus: async (key: InstanceKey, status: InstanceStatus) => {
      await update(key, { status });
    },
    setReleaseMemo: async (key: InstanceKey, releaseMemo: string) => {
      await update(key, { release_memo: releaseMemo });
    },
  };
}

function toGroup(row: GroupTable): GroupRow {
  return { name: row.name, kind: row.kind, createdAtMs: row.created_at_ms };
}

function toService(row: ServiceTable & { kind: ServiceKindName }): ServiceRow {
  const { first, second, kind, language, port, memo } = row;
  return { first, second, kind, language, port, memo, createdAtMs: row.created_at_ms };
}

function toInstance(row: InstanceTable): InstanceRow {
  const { host, port, first, second, transport, weight, status } = row;
  const rest = { releaseMemo: row.release_memo, createdAtMs: row.created_at_ms };
  return { host, port, first, second, transport, weight, status, ...rest };
}

function fromInstance(instance: InstanceRow): InstanceTable {
  const { host, port, first, second, transport, weight, status } = instance;
  const rest = { release_memo: instance.releaseMemo, created_at_ms: instance.createdAtMs };
  return { host, port, first, second, transport, weight, status, ...rest };
}
