/** What was last the same here and in ZooKeeper, per service, and the session to go on with; kept across restarts. */
import { type Migration, openSqlite, type SqliteDatabase } from "@msec/sql";
import type { SessionTicket } from "./wire.js";

/** Digests of what was written on either side, or {@link ABSENT}. */
export interface SyncBase {
  /** {@link UNSEEN}: nobody looked yet. */
  readonly remote: string;
  readonly local: string;
}

/** There is none. */
export const ABSENT = "-";
/** A person changed it here before ZooKeeper was looked at. */
export const UNSEEN = "?";

export interface LedgerState {
  /** Of the newest change that was seen; text, since it has 64 bits. */
  readonly zxid: bigint;
  readonly session: SessionTicket | undefined;
  /** ZooKeeper went back in time; nothing is taken over until a person has decided on each difference. */
  readonly distrust: boolean;
}

interface LedgerTables {
  synced: { service: string; remote: string; local: string };
  sync_state: { id: 1; zxid: string; session_id: string; session_password: string; distrust: number };
}

const MIGRATIONS: readonly Migration[] = [
  {
    id: "0001-ledger",
    up: async (db) => {
      await db.schema
        .createTable("synced")
        .addColumn("service", "text", (column) => column.primaryKey())
        .addColumn("remote", "text", (column) => column.notNull())
        .addColumn("local", "text", (column) => column.notNull())
        .execute();
      await db.schema
        .createTable("sync_state")
        .addColumn("id", "integer", (column) => column.primaryKey())
        .addColumn("zxid", "text", (column) => column.notNull())
        .addColumn("session_id", "text", (column) => column.notNull())
        .addColumn("session_password", "text", (column) => column.notNull())
        .addColumn("distrust", "integer", (column) => column.notNull())
        .execute();
      await db
        .insertInto("sync_state")
        .values({ id: 1, zxid: "0", session_id: "0", session_password: "", distrust: 0 })
        .execute();
    },
  },
];

export class SyncLedger {
  readonly #database: SqliteDatabase<LedgerTables>;
  readonly #bases: Map<string, SyncBase>;
  #state: LedgerState;

  /** Use {@link openSyncLedger}. */
  constructor(database: SqliteDatabase<LedgerTables>, bases: Map<string, SyncBase>, state: LedgerState) {
    this.#database = database;
    this.#bases = bases;
    this.#state = state;
  }

  get state(): LedgerState {
    return this.#state;
  }

  services(): readonly string[] {
    return [...this.#bases.keys()];
  }

  base(service: string): SyncBase | undefined {
    return this.#bases.get(service);
  }

  async set(service: string, base: SyncBase): Promise<void> {
    const old = this.#bases.get(service);
    if (old?.remote === base.remote && old.local === base.local) return;
    this.#bases.set(service, base);
    const row = { remote: base.remote, local: base.local };
    const insert = this.#database.db.insertInto("synced").values({ service, ...row });
    await insert.onConflict((conflict) => conflict.column("service").doUpdateSet(row)).execute();
  }

  async drop(service: string): Promise<void> {
    if (!this.#bases.delete(service)) return;
    await this.#database.db.deleteFrom("synced").where("service", "=", service).execute();
  }

  async setState(state: Partial<LedgerState>): Promise<void> {
    const next = { ...this.#state, ...state };
    const old = this.#state;
    if (old.zxid === next.zxid && old.session === next.session && old.distrust === next.distrust) return;
    this.#state = next;
    await this.#database.db
      .updateTable("sync_state")
      .set({
        zxid: String(next.zxid),
        session_id: String(next.session?.id ?? 0n),
        session_password: next.session?.password.toString("base64") ?? "",
        distrust: next.distrust ? 1 : 0,
      })
      .execute();
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

/** @param path a file of its own (it holds the session's password), or `:memory:` */
export async function openSyncLedger(path: string): Promise<SyncLedger> {
  const database = await openSqlite<LedgerTables>(path, { migrations: MIGRATIONS });
  const rows = await database.db.selectFrom("synced").selectAll().execute();
  const bases = new Map(rows.map(({ service, remote, local }) => [service, { remote, local }]));
  const row = await database.db.selectFrom("sync_state").selectAll().executeTakeFirstOrThrow();
  const id = BigInt(row.session_id);
  const session = id === 0n ? undefined : { id, password: Buffer.from(row.session_password, "base64") };
  return new SyncLedger(database, bases, { zxid: BigInt(row.zxid), session, distrust: row.distrust === 1 });
}
