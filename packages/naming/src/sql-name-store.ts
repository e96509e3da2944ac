/**
 * Names in SQLite, kept across restarts. A removed service leaves a tombstone row, so that readers hear of it; tombstones that are
 * old or too many are dropped, and a reader that is behind them gets "reset".
 */
import { randomUUID } from "node:crypto";
import { openSqlite, type SqliteDatabase } from "@msec/sql";
import type { Transaction } from "kysely";
import { ChangeListeners } from "./change-listeners.js";
import { checkEntry } from "./check-entry.js";
import { NAME_MIGRATIONS, type NameTables } from "./name-migrations.js";
import {
  checkExpected,
  isSameEntry,
  type NameDelta,
  type NameSnapshot,
  type PutOptions,
  type ServiceEntry,
  type ServiceEntryInput,
  type ServiceInstance,
} from "./name-store.js";
import type { NamePosition } from "./naming-table.js";
import { isKnownPosition, type NameWrite, type ResumableNameStore } from "./resumable-name-store.js";

/** What a tombstone holds. */
const REMOVED = { policy: "", check: "none", locality: "none", partition: false, instances: [] } as const;
/** Positions of openings before these are of a history that nobody follows any more. */
const MAX_EPOCHS = 1_000;

export interface SqlNameStoreOptions {
  /** Age at which a tombstone is dropped. Default 7 days. */
  readonly forgetAfterMs?: number;
  /** Most tombstones; the oldest are dropped. Default 10000. */
  readonly maxTombstones?: number;
  readonly nowMs?: () => number;
}

/** Opens the store in a database file of its own, or `:memory:`; this begins a new epoch. */
export async function openSqlNameStore(path: string, opts: SqlNameStoreOptions = {}): Promise<SqlNameStore> {
  const database = await openSqlite<NameTables>(path, { migrations: NAME_MIGRATIONS, durable: true });
  const store = new SqlNameStore(database, opts);
  await store.beginEpoch();
  return store;
}

export class SqlNameStore implements ResumableNameStore {
  readonly epoch: string = randomUUID();
  readonly #database: SqliteDatabase<NameTables>;
  readonly #listeners = new ChangeListeners();
  readonly #forgetAfterMs: number;
  readonly #maxTombstones: number;
  readonly #nowMs: () => number;

  /** Use {@link openSqlNameStore}. */
  constructor(database: SqliteDatabase<NameTables>, opts: SqlNameStoreOptions) {
    this.#database = database;
    this.#forgetAfterMs = opts.forgetAfterMs ?? 7 * 86_400_000;
    this.#maxTombstones = opts.maxTombstones ?? 10_000;
    this.#nowMs = opts.nowMs ?? Date.now;
  }

  /** Notes the epoch of this opening. Called once, by {@link openSqlNameStore}. */
  async beginEpoch(): Promise<void> {
    await this.#database.transaction(async (db) => {
      const { revision } = await db.selectFrom("name_revision").select("revision").executeTakeFirstOrThrow();
      const added = db.insertInto("name_epochs").values({ epoch: this.epoch, from_revision: revision });
      const { id } = await added.returning("id").executeTakeFirstOrThrow();
      await db
        .deleteFrom("name_epochs")
        .where("id", "<=", id - MAX_EPOCHS)
        .execute();
      await this.#forgetOld(db);
    });
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
    const { entry, isNew } = await this.#database.transaction((db) => this.#put(db, checked, opts));
    if (isNew) this.#listeners.tell({ kind: "put", revision: entry.revision, entry });
    return entry;
  }

  async remove(service: string): Promise<boolean> {
    const revision = await this.#database.transaction((db) => this.#remove(db, service));
    if (revision === undefined) return false;
    this.#listeners.tell({ kind: "remove", revision, service });
    return true;
  }

  async writeAll(writes: readonly NameWrite[]): Promise<readonly NameDelta[]> {
    const checked = writes.map(({ service, entry }) => ({ service, entry: entry && checkEntry(service, entry) }));
    const deltas = await this.#database.transaction(async (db) => {
      const made: NameDelta[] = [];
      for (const { service, entry: wanted } of checked) {
        if (wanted) {
          const { entry, isNew } = await this.#put(db, wanted);
          if (isNew) made.push({ kind: "put", revision: entry.revision, entry });
        } else {
          const revision = await this.#remove(db, service);
          if (revision !== undefined) made.push({ kind: "remove", revision, service });
        }
      }
      return made;
    });
    for (const delta of deltas) this.#listeners.tell(delta);
    return deltas;
  }

  async snapshot(): Promise<NameSnapshot> {
    return await this.#database.transaction(async (db) => {
      const { revision } = await db.selectFrom("name_revision").select("revision").executeTakeFirstOrThrow();
      const rows = await db.selectFrom("names").selectAll().where("removed", "=", 0).orderBy("service").execute();
      return { revision, services: rows.map(toEntry) };
    });
  }

  async changesSince(revision: number, epoch = this.epoch): Promise<readonly NameDelta[] | "reset"> {
    return await this.#database.transaction(async (db) => {
      const { forgotten } = await db.selectFrom("name_revision").select("forgotten").executeTakeFirstOrThrow();
      const isOwn = epoch === this.epoch ? await isReached(db, revision) : await isKnown(db, { revision, epoch });
      if (!isOwn || revision < forgotten) return "reset" as const;
      const query = db.selectFrom("names").selectAll().where("revision", ">", revision).orderBy("revision");
      return (await query.execute()).map(toDelta);
    });
  }

  async knows(position: NamePosition): Promise<boolean> {
    return await this.#database.transaction((db) => isKnown(db, position));
  }

  onChange(listener: (delta: NameDelta) => void): () => void {
    return this.#listeners.add(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#database.close();
  }

  async #put(db: Transaction<NameTables>, checked: Omit<ServiceEntry, "revision">, opts?: PutOptions) {
    const { service } = checked;
    const row = await db.selectFrom("names").selectAll().where("service", "=", service).executeTakeFirst();
    const old = row && row.removed === 0 ? toEntry(row) : undefined;
    checkExpected(service, old?.revision ?? 0, opts);
    if (isSameEntry(old, checked)) return { entry: old, isNew: false };
    const revision = await this.#nextRevision(db);
    await this.#write(db, { ...checked, revision, removed: 0 });
    return { entry: { ...checked, revision }, isNew: true };
  }

  async #remove(db: Transaction<NameTables>, service: string): Promise<number | undefined> {
    const row = await db.selectFrom("names").select("removed").where("service", "=", service).executeTakeFirst();
    if (row?.removed !== 0) return undefined;
    const revision = await this.#nextRevision(db);
    await this.#write(db, { service, ...REMOVED, revision, removed: 1 });
    await this.#forgetOld(db);
    return revision;
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
    const tombstones = db.selectFrom("names").select("revision").where("removed", "=", 1).orderBy("revision", "desc");
    const tooMany = await tombstones.offset(this.#maxTombstones).limit(1).executeTakeFirst();
    const query = db
      .deleteFrom("names")
      .where("removed", "=", 1)
      .where((eb) => eb.or([eb("changed_at_ms", "<", before), eb("revision", "<=", tooMany?.revision ?? -1)]));
    const dropped = await query.returning("revision").execute();
    if (dropped.length === 0) return;
    const newest = Math.max(...dropped.map((row) => row.revision));
    await db
      .updateTable("name_revision")
      .set((eb) => ({ forgotten: eb.fn<number>("max", ["forgotten", eb.val(newest)]) }))
      .execute();
  }
}

async function isReached(db: Transaction<NameTables>, revision: number): Promise<boolean> {
  const now = await db.selectFrom("name_revision").select("revision").executeTakeFirstOrThrow();
  return revision >= 0 && revision <= now.revision;
}

async function isKnown(db: Transaction<NameTables>, position: NamePosition): Promise<boolean> {
  const { revision } = await db.selectFrom("name_revision").select("revision").executeTakeFirstOrThrow();
  const rows = await db.selectFrom("name_epochs").selectAll().orderBy("id").execute();
  const epochs = rows.map(({ epoch, from_revision }) => ({ epoch, fromRevision: from_revision }));
  return isKnownPosition(position, epochs, revision);
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
