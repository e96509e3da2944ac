/**
 * Log records and hop records of all machines.
 *
 * A source repeats a batch under the same id until it was confirmed, one batch at a time. The last ids of each source are kept, in
 * the same transaction as the records: a known id is confirmed again and nothing is added. Ids need not grow.
 */
import type { Clock, Logger } from "@msec/core";
import type { LogEvent } from "@msec/protocol";
import { openSqlite, type SqliteDatabase } from "@msec/sql";
import { LogReader } from "./log-reader.js";
import { LogRetention } from "./log-retention.js";
import { LOG_MIGRATIONS, type LogTables } from "./log-tables.js";
import { appendBatch, type LogSource } from "./log-writer.js";

const PRUNE_EVERY_MS = 60_000;

export interface LogStoreOptions {
  /** A file, or `:memory:`. */
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Records older than this are removed. Default 7. */
  readonly retentionDays?: number;
  /** Above this size the oldest records are removed, whatever their age. Default 4 GiB. */
  readonly maxBytes?: number;
}

/** An open store. `close()` gives it back. */
export class LogStore {
  readonly #database: SqliteDatabase<LogTables>;
  readonly #options: LogStoreOptions;
  readonly #retention: LogRetention;
  readonly #timer: NodeJS.Timeout;
  #pruning: Promise<void> | undefined;
  readonly read: LogReader;

  /** Use {@link openLogStore}. */
  constructor(database: SqliteDatabase<LogTables>, options: LogStoreOptions) {
    this.#database = database;
    this.#options = options;
    this.read = new LogReader(database.db);
    const { retentionDays = 7, maxBytes = 4 * 2 ** 30 } = options;
    this.#retention = new LogRetention(database.db, { maxAgeMs: retentionDays * 86_400_000, maxBytes });
    this.#timer = setInterval(() => this.#prune(), PRUNE_EVERY_MS);
    this.#timer.unref();
  }

  /** Records and hops that were removed before their time since the start, because the store was full. */
  get removedForSize(): number {
    return this.#retention.removedForSize;
  }

  /** Stores a batch once. When the promise is fulfilled, it is kept. */
  append(source: LogSource, batchId: number, events: readonly LogEvent[]): Promise<void> {
    return appendBatch(this.#database, source, { batchId, events, nowMs: this.#options.clock.nowMs() });
  }

  /** Removes what is too old or too much. Called every minute; a call joins the one under way. */
  prune(): Promise<void> {
    this.#pruning ??= this.#retention.enforce(this.#options.clock.nowMs()).finally(() => {
      this.#pruning = undefined;
    });
    return this.#pruning;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#retention.stop();
    await this.#pruning?.catch(() => undefined);
    await this.#database.close();
  }

  #prune(): void {
    const removed = this.removedForSize;
    this.prune().then(
      () => {
        const count = this.removedForSize - removed;
        if (count > 0) this.#options.logger.warn("log store is full, oldest records removed", { records: count });
      },
      (error: unknown) => this.#options.logger.warn("log retention failed", { why: String(error) }),
    );
  }
}

/** Opens (and makes) a log store. */
export async function openLogStore(options: LogStoreOptions): Promise<LogStore> {
  return new LogStore(await openSqlite<LogTables>(options.path, { migrations: LOG_MIGRATIONS }), options);
}
