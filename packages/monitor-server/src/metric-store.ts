/**
 * Metric values of all machines. Every confirmed batch is in the database (one row per series and minute, packed
 * to one per hour when the hour is over); the last 15 minutes are also in memory, in steps of 5 seconds.
 *
 * A source repeats a batch under the same id until it was confirmed, one batch at a time. The last 64 ids of each
 * source are kept, in the same transaction as the values: a known id is confirmed again and nothing is added. Ids need not grow:
 * a source whose clock went back between two lives begins lower, and nothing of it is lost.
 */
import type { Clock, Logger } from "@msec/core";
import type { MetricPoint } from "@msec/protocol";
import { openSqlite, type SqliteDatabase } from "@msec/sql";
import { HourKeeper } from "./hour-keeper.js";
import { LIVE_WINDOW_MS, LiveWindow } from "./live-window.js";
import { MetricReader } from "./metric-reader.js";
import { METRIC_MIGRATIONS, type MetricTables } from "./metric-tables.js";
import { type DroppedPoints, type MetricSource, MetricWriter } from "./metric-writer.js";
import { SeriesDirectory } from "./series-directory.js";
import { MINUTE_MS } from "./time-steps.js";

const PRUNE_EVERY_MS = 60_000;

export interface MetricStoreOptions {
  /** A file, or `:memory:`. */
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Values older than this are removed. Default 30. */
  readonly retentionDays?: number;
  /** Points of further attributes of a service are dropped and counted. Default 10,000. */
  readonly maxAttributesPerService?: number;
  /** Points of further series of all services together are dropped and counted. Default 500,000. */
  readonly maxSeries?: number;
}

/** An open store. `close()` gives it back. */
export class MetricStore {
  readonly #database: SqliteDatabase<MetricTables>;
  readonly #options: MetricStoreOptions;
  readonly #writer: MetricWriter;
  readonly #timer: NodeJS.Timeout;
  readonly #live: LiveWindow;
  readonly #keeper: HourKeeper;
  #pruning: Promise<void> | undefined;
  #toldDrops = 0;
  readonly read: MetricReader;

  /** Use {@link openMetricStore}. */
  constructor(database: SqliteDatabase<MetricTables>, options: MetricStoreOptions, parts: MetricParts) {
    this.#database = database;
    this.#options = options;
    this.read = parts.reader;
    this.#writer = parts.writer;
    this.#live = parts.live;
    this.#keeper = parts.keeper;
    this.#timer = setInterval(() => this.#pruneSoon(), PRUNE_EVERY_MS);
    this.#timer.unref();
  }

  get dropped(): Readonly<DroppedPoints> {
    return this.#writer.dropped;
  }

  /** Stores a batch once. When the promise is fulfilled, it is kept. */
  ingest(source: MetricSource, batchId: number, points: readonly MetricPoint[]): Promise<void> {
    return this.#writer.ingest(source, batchId, points);
  }

  /** Packs hours that are over and removes what is older than the retention. Called every minute, works once an hour. */
  prune(): Promise<void> {
    const { clock, retentionDays = 30 } = this.#options;
    const nowMs = clock.nowMs();
    this.#live.forgetIdle(nowMs);
    this.#pruning ??= this.#keeper.keep(nowMs, nowMs - retentionDays * 86_400_000).finally(() => {
      this.#pruning = undefined;
    });
    return this.#pruning;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#keeper.stop();
    await this.#pruning?.catch(() => undefined);
    await this.#database.close();
  }

  #pruneSoon(): void {
    const { logger } = this.#options;
    const { overflow, untimely } = this.dropped;
    if (overflow + untimely > this.#toldDrops) logger.warn("metric points dropped", { overflow, untimely });
    this.#toldDrops = overflow + untimely;
    this.prune().catch((error: unknown) => logger.warn("metric retention failed", { why: String(error) }));
  }
}

interface MetricParts {
  readonly reader: MetricReader;
  readonly writer: MetricWriter;
  readonly live: LiveWindow;
  readonly keeper: HourKeeper;
}

/** Opens (and makes) a metric store. */
export async function openMetricStore(options: MetricStoreOptions): Promise<MetricStore> {
  const database = await openSqlite<MetricTables>(options.path, { migrations: METRIC_MIGRATIONS });
  const directory = new SeriesDirectory();
  for (const row of await database.db.selectFrom("metric_series").selectAll().execute())
    directory.add({ ...row, seriesId: row.series_id });
  const live = new LiveWindow(50_000);
  const nowMs = options.clock.nowMs();
  const newest = await database.db
    .selectFrom("metric_minutes")
    .select((eb) => eb.fn.max("minute").as("minute"))
    .executeTakeFirst();
  const isFresh = ((newest?.minute ?? 0) + 1) * MINUTE_MS < nowMs - LIVE_WINDOW_MS;
  const liveSinceMs = isFresh ? 0 : nowMs;
  const reader = new MetricReader({ db: database.db, directory, live, clock: options.clock, liveSinceMs });
  const writer = new MetricWriter({ database, directory, live, ...options });
  return new MetricStore(database, options, { reader, writer, live, keeper: new HourKeeper(database, directory) });
}
