/**
 * Names in SQLite, kept across restarts. A removed service leaves a tombstone row, so that readers hear of it; tombstones older
 * than `forgetAfterMs` are dropped, and a reader that is behind them gets "reset".
 */
import { type Migration, openSqlite, type SqliteDatabase } from "@msec/sql";
import type { Transaction } from "kysely";
import { ChangeListeners } from "./change-listeners.js";
import { checkEntry } from "./check-entry.js";
import {
  checkExpected,
  isSameEntry,
  type NameDelta,
  type NameSnapshot,
  type NameStore,
  type PutOptions,
  type ServiceEntry,
  type ServiceEntryInput,
  type ServiceInstance,
} from "./name-store.js";

interface NameTables {
  names: {
    service: string;
    policy: string;
    /** JSON: check, locality, partition, tuning; missing = default. */
    options: string;
    /** JSON. */
    instances: string;
    revision: number;
    removed: number;
    changed_at_ms: number;
  };
  /** One row. Revisions up to `forgotten` can't be told apart from a snapshot any more. */
  name_revision: { id: 1; revision: number; forgotten: number };
}

export const NAME_MIGRATIONS: readonly Migration[] = [
  {
    id: "0001-names",
    up: async (db) => {
      await db.schema
        .createTable("names")
        .addColumn("service", "text", (column) => column.primaryKey())
        .addColumn("policy", "text", (column) => column.notNull())
        .addColumn("instances", "text", (column) => column.notNull())
        .addColumn("revision", "integer", (column) => column.notNull().unique())
        .addColumn("removed", "integer", (column) => column.notNull())
        .addColumn("changed_at_ms", "integer", (column) => column.notNull())
        .execute();
      await db.schema
        .createTable("name_revision")
        .addColumn("id", "integer", (column) => column.primaryKey())
        .addColumn("revision", "integer", (column) => column.notNull())
        .addColumn("forgotten", "integer", (column) => column.notNull())
        .execute();
      await db.insertInto("name_revision").values({ id: 1, revision: 0, forgotten: 0 }).execute();
    },
  },
  {
    id: "0002-options",
    up: async (db) => {
      const options = db.schema
        .alterTable("names")
        .addColumn("options", "text", (column) => column.notNull().defaultTo("{}"));
      await options.execute();
    },
  },
];

/** What a tombstone holds. */
const REMOVED = { policy: "", check: "none", locality: "none", partition: false, instances: [] } as const;

export interface SqlNameStoreOptions {
  /** Default 7 days. */
  readonly forgetAfterMs?: number;
  readonly nowMs?: () => number;
}

/** Opens the store in a database file of its own, or `:memory:`. */
export async function openSqlNameStore(path: string, opts: SqlNameStoreOptions = {}): Promise<SqlNameStore> {
  return new SqlNameStore(await openSqlite<NameTables>(path, { migrations: NAME_MIGRATIONS, durable: true }), opts);
}

export class SqlNameStore implements NameStore {
  readonly #database: SqliteDatabase<NameTables>;
  readonly #listeners = new ChangeListeners();
  readonly #forgetAfterMs: number;
  readonly #nowMs: () => number;

  /** Use {@link openSqlNameStore}. */
  constructor(database: SqliteDatabase<NameTables>, opts: SqlNameStoreOptions) {
    this.#database = database;
    this.#forgetAfterMs = opts.forgetAfterMs ?? 7 * 86_400_000;
    this.#nowMs = opts.nowMs ?? Date.now;
  }

  async list(): Promise<readonly ServiceEntry[]> {
    const query = this.#database.db.selectFrom("names").selectAll().where("removed", "=", 0).orderBy("service");
    return (await query.execute()).map(toEntry);
  }

  async get(service: string): Promise<ServiceEntry | undefined> {
    const query = this.#database.db.selectFrom("names").selectAll().where("service", "=", service);
    const row = await query.where("removed", "=", 0).executeTakeFirst();
    return row && toEntry(row);
  }

  async put(service: string, input: ServiceEntryInput, opts?: PutOptions): Promise<ServiceEntry> {
    const checked = checkEntry(service, input);
    const { entry, isNew } = await this.#database.transaction(async (db) => {
      const row = await db.selectFrom("names").selectAll().where("service", "=", service).executeTakeFirst();
      const old = row && row.removed === 0 ? toEntry(row) : undefined;
      checkExpected(service, old?.revision ?? 0, opts);
      if (isSameEntry(old, checked)) return { entry: old, isNew: false };
      const revision = await this.#nextRevision(db);
      await this.#write(db, { ...checked, revision, removed: 0 });
      return { entry: { ...checked, revision }, isNew: true };
    });
    if (isNew) this.#listeners.tell({ kind: "put", revision: entry.revision, entry });
    return entry;
  }

  async remove(service: string): Promise<boolean> {
    const removedAt = await this.#database.transaction(async (db) => {
      const row = await db.selectFrom("names").select("removed").where("service", "=", service).executeTakeFirst();
      if (row?.removed !== 0) return undefined;
      const revision = await this.#nextRevision(db);
      await this.#write(db, { service, ...REMOVED, revision, removed: 1 });
      await this.#forgetOld(db);
      return revision;
    });
    if (removedAt === undefined) return false;
    this.#listeners.tell({ kind: "remove", revision: removedAt, service });
    return true;
  }

  async snapshot(): Promise<NameSnapshot> {
    return await this.#database.transaction(async (db) => {
      const { revision } = await db.selectFrom("name_revision").select("revision").executeTakeFirstOrThrow();
      const rows = await db.selectFrom("names").selectAll().where("removed", "=", 0).orderBy("service").execute();
      return { revision, services: rows.map(toEntry) };
    });
  }

  async changesSince(revision: number): Promise<readonly NameDelta[] | "reset"> {
    return await this.#database.transaction(async (db) => {
      const known = await db.selectFrom("name_revision").selectAll().executeTakeFirstOrThrow();
      if (revision > known.revision || revision < known.forgotten || revision < 0) return "reset" as const;
      const rows = await db
        .selectFrom("names")
        .selectAll()
        .where("revision", ">", revision)
        .orderBy("revision")
        .execute();
      return rows.map(toDelta);
    });
  }

  onChange(listener: (delta: NameDelta) => void): () => void {
    return this.#listeners.add(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#database.close();
  }

  async #nextRevision(db: Transaction<NameTables>): Promise<number> {
    const query = db.updateTable("name_revision").set((eb) => ({ revision: eb("revision", "+", 1) }));
    return (await query.returning("revision").executeTakeFirstOrThrow()).revision;
  }

  async #write(db: Transaction<NameTables>, entry: ServiceEntry & { removed: number }): Promise<void> {
    const { service, policy, instances, revision, removed, ...options } = entry;
    const json = { options: JSON.stringify(options), instances: JSON.stringify(instances) };
    const rest = { policy, ...json, revision, removed, changed_at_ms: this.#nowMs() };
    await db
      .insertInto("names")
      .values({ service, ...rest })
      .onConflict((conflict) => conflict.column("service").doUpdateSet(rest))
      .execute();
  }

  async #forgetOld(db: Transaction<NameTables>): Promise<void> {
    const before = this.#nowMs() - this.#forgetAfterMs;
    const query = db.deleteFrom("names").where("removed", "=", 1).where("changed_at_ms", "<", before);
    const dropped = await query.returning("revision").execute();
    if (dropped.length === 0) return;
    const newest = Math.max(...dropped.map((row) => row.revision));
    await db
      .updateTable("name_revision")
      .set((eb) => ({ forgotten: eb.fn<number>("max", ["forgotten", eb.val(newest)]) }))
      .execute();
  }
}

type NameRow = Pick<NameTables["names"], "service" | "policy" | "options" | "instances" | "revision">;

function toEntry({ service, revision, ...row }: NameRow): ServiceEntry {
  const options = JSON.parse(row.options) as Omit<ServiceEntryInput, "policy" | "instances">;
  const instances = JSON.parse(row.instances) as ServiceInstance[]; // rows of older versions have fewer keys
  return { ...checkEntry(service, { policy: row.policy, ...options, instances }), revision };
}

function toDelta(row: NameRow & { removed: number }): NameDelta {
  if (row.removed === 1) return { kind: "remove", revision: row.revision, service: row.service };
  return { kind: "put", revision: row.revision, entry: toEntry(row) };
}
