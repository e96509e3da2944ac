import type { Kysely } from "kysely";
import type { ConsoleTables } from "../database/tables.js";
import type {
  GroupRow,
  InstanceChange,
  InstanceKey,
  InstanceRef,
  InstanceRow,
  ServiceChange,
  ServiceRow,
  ServiceStore,
} from "./service-store.js";
import type { GroupTable, InstanceTable, ServiceKindName, ServiceTable } from "./service-tables.js";

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
      const { first, second, language, port, memo, settings } = service;
      const rest = { ...fromSettings(settings), created_at_ms: service.createdAtMs };
      await db
        .insertInto("services")
        .values({ first, second, language, port, memo, ...rest })
        .execute();
    },
    updateService: async (first: string, second: string, { memo, settings }: ServiceChange) => {
      const set = { ...(memo !== undefined && { memo }), ...(settings && fromSettings(settings)) };
      if (Object.keys(set).length === 0) return;
      await db.updateTable("services").set(set).where("first", "=", first).where("second", "=", second).execute();
    },
    removeService: async (first: string, second: string) => {
      await db.deleteFrom("services").where("first", "=", first).where("second", "=", second).execute();
    },
  };
}

function instances(db: Db) {
  const query = () => db.selectFrom("instances").selectAll().orderBy("host").orderBy("port");
  const at = ({ host, port }: InstanceKey) => query().where("host", "=", host).where("port", "=", port);
  return {
    listAllInstances: async () => (await query().execute()).map(toInstance),
    listInstances: async (first: string, second: string) =>
      (await query().where("first", "=", first).where("second", "=", second).execute()).map(toInstance),
    findInstance: async (ref: InstanceRef) => {
      const { first, second } = ref;
      const row = await at(ref).where("first", "=", first).where("second", "=", second).executeTakeFirst();
      return row && toInstance(row);
    },
    listInstancesAt: async (key: InstanceKey) => (await at(key).execute()).map(toInstance),
    listInstancesOnHost: async (host: string) => (await query().where("host", "=", host).execute()).map(toInstance),
    addInstance: async (instance: InstanceRow) => {
      await db.insertInto("instances").values(fromInstance(instance)).execute();
    },
    removeInstance: async ({ first, second, host, port }: InstanceRef) => {
      const removal = db.deleteFrom("instances").where("first", "=", first).where("second", "=", second);
      await removal.where("host", "=", host).where("port", "=", port).execute();
    },
    updateInstance: async ({ first, second, host, port }: InstanceRef, change: InstanceChange) => {
      const set = fromInstanceChange(change);
      if (Object.keys(set).length === 0) return;
      const update = db.updateTable("instances").set(set).where("first", "=", first).where("second", "=", second);
      await update.where("host", "=", host).where("port", "=", port).execute();
    },
  };
}

function toGroup(row: GroupTable): GroupRow {
  return { name: row.name, kind: row.kind, createdAtMs: row.created_at_ms };
}

function toService(row: ServiceTable & { kind: ServiceKindName }): ServiceRow {
  const { first, second, kind, language, port, memo, policy, locality } = row;
  const partition = row.is_partitioned === 1;
  const settings = { policy, locality, partition, check: row.instance_check, tuning: JSON.parse(row.tuning) };
  return { first, second, kind, language, port, memo, settings, createdAtMs: row.created_at_ms };
}

function fromSettings({ policy, locality, partition, check, tuning }: ServiceRow["settings"]) {
  const is_partitioned: 0 | 1 = partition ? 1 : 0;
  return { policy, locality, is_partitioned, instance_check: check, tuning: JSON.stringify(tuning) };
}

function toInstance(row: InstanceTable): InstanceRow {
  const { host, port, first, second, transport, weight, zone, rack, status } = row;
  const labels = { zone, rack, set: row.set_name };
  const rest = { releaseMemo: row.release_memo, createdAtMs: row.created_at_ms };
  return { host, port, first, second, transport, weight, labels, status, ...rest };
}

function fromInstance(instance: InstanceRow): InstanceTable {
  const { host, port, first, second, transport, weight, labels, status } = instance;
  const { zone, rack, set: set_name } = labels;
  const rest = { release_memo: instance.releaseMemo, created_at_ms: instance.createdAtMs };
  return { host, port, first, second, transport, weight, zone, rack, set_name, status, ...rest };
}

function fromInstanceChange({ labels, releaseMemo, ...rest }: InstanceChange): Partial<InstanceTable> {
  return {
    ...rest,
    ...(labels && { zone: labels.zone, rack: labels.rack, set_name: labels.set }),
    ...(releaseMemo !== undefined && { release_memo: releaseMemo }),
  };
}
