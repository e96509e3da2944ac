/**
 * SQLite behind Kysely. libsql's synchronous API is the one Kysely's SQLite dialect expects; statements run in this thread, so
 * keep them small (a point query takes tens of microseconds).
 */
import { chmodSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { Kysely, SqliteDialect, type SqliteDatabase as SqliteDialectDatabase, type Transaction } from "kysely";
import Libsql from "libsql";
import { SqlClosed, SqlOpenFailed } from "./errors.js";
import { type Migration, migrate } from "./migrate.js";

export interface OpenSqliteOptions {
  readonly migrations: readonly Migration[];
  /** How long a statement waits for another process's write. Default 5000. */
  readonly busyTimeoutMs?: number;
  /**
   * True: a commit survives a power loss, at the price of one fsync each. False (default): it survives `kill -9`, a power loss may
   * take the last commits, never the consistency.
   */
  readonly durable?: boolean;
}

/** An open database. `close()` gives it back. */
export interface SqliteDatabase<DB> {
  readonly path: string;
  readonly db: Kysely<DB>;
  /** Runs `work` in a transaction: all of it or, when it throws, nothing. Transactions of one database run one after the other. */
  transaction<T>(work: (db: Transaction<DB>) => Promise<T>): Promise<T>;
  /** Writes a consistent copy to a new file while the database is in use. */
  backup(toPath: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens (and makes) a database and brings it to the newest migration.
 *
 * @param path a file, or `:memory:`
 * @throws {SqlOpenFailed} no database, or no permission
 * @throws {SqlSchemaTooNew} written by a newer version
 */
export async function openSqlite<DB>(path: string, opts: OpenSqliteOptions): Promise<SqliteDatabase<DB>> {
  const raw = openRaw(path, opts);
  const db = new Kysely<DB>({ dialect: new SqliteDialect({ database: withImmediateTransactions(raw) }) });
  try {
    await migrate(db, { path, migrations: opts.migrations });
  } catch (error) {
    await db.destroy();
    throw error;
  }
  let isOpen = true;
  const alive = () => {
    if (!isOpen) throw new SqlClosed({ path });
  };
  return {
    path,
    db,
    transaction: async (work) => {
      alive();
      return await db.transaction().execute(work);
    },
    backup: async (toPath) => {
      alive();
      raw.prepare("vacuum into ?").run(toPath);
      chmodSync(toPath, 0o600);
    },
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      await db.destroy();
    },
  };
}

/**
 * Kysely begins transactions deferred: two processes that read first and write then would both fail with SQLITE_BUSY at once.
 * `begin immediate` makes the second wait for the busy timeout instead.
 */
function withImmediateTransactions(raw: Libsql.Database): SqliteDialectDatabase {
  return {
    close: () => raw.close(),
    prepare: (text) => raw.prepare(text === "begin" ? "begin immediate" : text) as never,
  };
}

function openRaw(path: string, opts: OpenSqliteOptions): Libsql.Database {
  try {
    if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const raw = new Libsql(path);
    raw.pragma(`busy_timeout = ${opts.busyTimeoutMs ?? 5_000}`);
    raw.pragma("journal_mode = WAL");
    raw.pragma(`synchronous = ${opts.durable === true ? "FULL" : "NORMAL"}`);
    raw.pragma("foreign_keys = ON");
    if (path !== ":memory:") chmodSync(path, 0o600);
    return raw;
  } catch (error) {
    throw new SqlOpenFailed(
      { path, problem: error instanceof Error ? error.message : String(error) },
      { cause: error },
    );
  }
}
