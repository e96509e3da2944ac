/**
 * The table mp3_list(title, url) on any server that the console knows as Database.mysql. The servers' addresses stand nowhere here:
 * `getRoute` gives one per use, `updateRoute` tells how it went, so that a server that fails or is slow is asked less, and one that
 * was taken out of traffic no more.
 */
import { readFileSync } from "node:fs";
import { type ConfigReader, getRoute, updateRoute } from "@msec/sdk";
import { createPool, type Pool, type PoolConnection } from "mysql2/promise";
import type { OneMP3 } from "./gen/crawl.js";

const DATABASE = "Database.mysql";
const MAX_ATTEMPTS = 3;
const CONNECT_TIMEOUT_MS = 2_000;
const LONGEST_STATEMENT_MS = 5_000;
/** Each row takes two parameters of at most 65,535. */
const ROWS_PER_STATEMENT = 500;

export interface TableSettings {
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Section MYSQL of config.ini. @throws when `password_file` names a file that can't be read: the service does not start then */
export function readTableSettings(config: ConfigReader): TableSettings {
  const file = config.get("MYSQL", "password_file");
  return {
    user: config.get("MYSQL", "user") ?? "msec",
    password: file === undefined ? (config.get("MYSQL", "password") ?? "") : readFileSync(file, "utf8").trimEnd(),
    database: config.get("MYSQL", "database") ?? "msec_test_ts_db",
  };
}

export class RecordingTable {
  readonly #settings: TableSettings;
  /** By address. A pool without connections costs nothing, so those of former servers stay. */
  readonly #pools = new Map<string, Pool>();

  constructor(settings: TableSettings) {
    this.#settings = settings;
  }

  /**
   * Makes the table hold these rows and no others; readers see the old or the new ones. Tried again elsewhere when a server is gone,
   * and when two writers met: done twice, it is the same.
   *
   * @throws what the last attempt failed with
   */
  async replaceAll(rows: readonly OneMP3[], remainingMs: number): Promise<void> {
    const deadlineMs = performance.now() + Math.min(remainingMs, LONGEST_STATEMENT_MS * MAX_ATTEMPTS);
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#onRoute((connection) => replaceRows(connection, rows, deadlineMs));
        return;
      } catch (error) {
        const isWorthIt = isServerLost(error) || codeOf(error) === "ER_LOCK_DEADLOCK";
        if (attempt === MAX_ATTEMPTS || !isWorthIt || performance.now() >= deadlineMs) throw error;
      }
    }
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.end()));
  }

  /** One use of one server, with its result and its time told. */
  async #onRoute(work: (connection: PoolConnection) => Promise<void>): Promise<void> {
    const { ip, port } = getRoute(DATABASE);
    const startedMs = performance.now();
    const tell = (isOk: boolean) => updateRoute(DATABASE, ip, port, isOk, performance.now() - startedMs);
    try {
      await inTransaction(this.#pool(ip, port), work);
      tell(true);
    } catch (error) {
      // A statement that a server refuses says nothing against the server.
      tell(!isServerLost(error));
      throw error;
    }
  }

  #pool(host: string, port: number): Pool {
    const address = `${host}:${port}`;
    const known = this.#pools.get(address);
    if (known) return known;
    const pool = createPool({
      ...this.#settings,
      ...{ host, port, charset: "utf8mb4", connectTimeout: CONNECT_TIMEOUT_MS },
      ...{ connectionLimit: 4, queueLimit: 1_000, maxIdle: 1, idleTimeout: 60_000, enableKeepAlive: true },
    });
    this.#pools.set(address, pool);
    return pool;
  }
}

async function inTransaction(pool: Pool, work: (connection: PoolConnection) => Promise<void>): Promise<void> {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    await work(connection);
    await connection.commit();
    connection.release();
  } catch (error) {
    connection.destroy(); // rolls back, whatever state it is in
    throw error;
  }
}

/** With parameters only: titles come from pages that anybody may write. */
async function replaceRows(connection: PoolConnection, rows: readonly OneMP3[], deadlineMs: number): Promise<void> {
  const leftMs = () => Math.max(1, Math.ceil(deadlineMs - performance.now()));
  await connection.execute({ sql: "DELETE FROM mp3_list", timeout: leftMs() });
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    const part = rows.slice(start, start + ROWS_PER_STATEMENT);
    const sql = `INSERT INTO mp3_list (title, url) VALUES ${part.map(() => "(?, ?)").join(", ")}`;
    const values = part.flatMap(({ title, url }) => [title, url]);
    await connection.execute({ sql, timeout: leftMs() }, values);
  }
}

/** No connection, or none any more. */
function isServerLost(error: unknown): boolean {
  return (error as { fatal?: unknown }).fatal === true;
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}
