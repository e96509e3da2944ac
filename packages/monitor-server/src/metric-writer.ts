/** Puts batches into the database and the live window. */
import type { Clock, Logger } from "@msec/core";
import type { MetricPoint } from "@msec/protocol";
import type { SqliteDatabase } from "@msec/sql";
import { sql, type Transaction } from "kysely";
import type { LiveWindow } from "./live-window.js";
import type { MetricTables } from "./metric-tables.js";
import { type Series, SeriesDirectory, type SeriesName } from "./series-directory.js";

/** Ids of the last batches of each source that are remembered. */
const KEPT_BATCHES = 64;
const MAX_AGE_SEC = 86_400;
const MAX_AHEAD_SEC = 600;
const MAX_NAME_LENGTH = 128;

/** Where a batch comes from. */
export interface MetricSource {
  /** Stable over restarts and changes of the address. */
  readonly sourceId: string;
  /** Under which the values are shown. */
  readonly address: string;
}

/** Points that were not stored since the start. */
export interface DroppedPoints {
  /** One attribute or series too many. */
  overflow: number;
  /** More than a day old, or in the future. */
  untimely: number;
}

export interface MetricWriterOptions {
  readonly database: SqliteDatabase<MetricTables>;
  readonly directory: SeriesDirectory;
  readonly live: LiveWindow;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxAttributesPerService?: number;
  readonly maxSeries?: number;
}

interface MinuteRow {
  readonly series: Series;
  readonly minute: number;
  value: number;
  lastSec: number;
}

export class MetricWriter {
  readonly #options: MetricWriterOptions;
  readonly dropped: DroppedPoints = { overflow: 0, untimely: 0 };

  constructor(options: MetricWriterOptions) {
    this.#options = options;
  }

  async ingest(source: MetricSource, batchId: number, points: readonly MetricPoint[]): Promise<void> {
    const { database, directory, live } = this.#options;
    // New series become known to others only with the commit: a number that was rolled back will be given again.
    const fresh = new SeriesDirectory();
    const taken = await database.transaction(async (db) => {
      if (!(await noteBatch(db, source.sourceId, batchId))) return [];
      const named = await this.#name(db, { source, points, fresh });
      await saveMinutes(db, minuteRows(named));
      return named;
    });
    for (const series of fresh.all()) directory.add(series);
    for (const { series, point } of taken) live.record(series, point.atSec, point.value);
  }

  /** Finds or makes the series of each point; points that are not acceptable are left out and counted. */
  async #name(db: Transaction<MetricTables>, { source, points, fresh }: Batch): Promise<Named[]> {
    const nowSec = Math.floor(this.#options.clock.nowMs() / 1_000);
    const named: Named[] = [];
    for (const point of points) {
      if (point.atSec < nowSec - MAX_AGE_SEC || point.atSec > nowSec + MAX_AHEAD_SEC) {
        this.dropped.untimely += 1;
        continue;
      }
      const series = await this.#series(db, { ...point, machine: source.address }, fresh);
      if (series) named.push({ series, point });
      else this.dropped.overflow += 1;
    }
    return named;
  }

  async #series(db: Transaction<MetricTables>, name: SeriesName, fresh: SeriesDirectory): Promise<Series | undefined> {
    const known = this.#options.directory.find(name) ?? fresh.find(name);
    if (known) return known;
    if (!this.#hasRoom(name, fresh)) return undefined;
    const { service, attribute, kind, machine } = name;
    const row = await db
      .insertInto("metric_series")
      .values({ service, attribute, kind, machine })
      .onConflict((conflict) => conflict.columns(["service", "attribute", "kind", "machine"]).doUpdateSet({ service }))
      .returning("series_id")
      .executeTakeFirstOrThrow();
    const series = { service, attribute, kind, machine, seriesId: row.series_id };
    fresh.add(series);
    return series;
  }

  #hasRoom({ service, attribute }: SeriesName, fresh: SeriesDirectory): boolean {
    const { directory, maxAttributesPerService = 10_000, maxSeries = 500_000 } = this.#options;
    if (service.length > MAX_NAME_LENGTH || attribute.length > MAX_NAME_LENGTH) return false;
    if (directory.size + fresh.size >= maxSeries) return false;
    const known = directory.of(service);
    const added = fresh.of(service);
    if (known.has(attribute) || added.has(attribute)) return true;
    let count = known.size;
    for (const name of added.keys()) count += known.has(name) ? 0 : 1;
    return count < maxAttributesPerService;
  }
}

interface Batch {
  readonly source: MetricSource;
  readonly points: readonly MetricPoint[];
  /** Gets the series that are made. */
  readonly fresh: SeriesDirectory;
}

interface Named {
  readonly series: Series;
  readonly point: MetricPoint;
}

/** False when the batch is known. */
async function noteBatch(db: Transaction<MetricTables>, sourceId: string, batchId: number): Promise<boolean> {
  const insert = db.insertInto("metric_batches").values({ source_id: sourceId, batch_id: batchId });
  const result = await insert.onConflict((conflict) => conflict.doNothing()).executeTakeFirst();
  if (result.numInsertedOrUpdatedRows !== 1n) return false;
  await sql`delete from metric_batches where source_id = ${sourceId} and batch_key <= (
    select batch_key from metric_batches where source_id = ${sourceId}
    order by batch_key desc limit 1 offset ${KEPT_BATCHES})`.execute(db);
  return true;
}

function minuteRows(named: readonly Named[]): MinuteRow[] {
  const rows = new Map<string, MinuteRow>();
  for (const { series, point } of named) {
    const minute = Math.floor(point.atSec / 60);
    const key = `${minute} ${series.seriesId}`;
    const row = rows.get(key);
    if (!row) rows.set(key, { series, minute, value: point.value, lastSec: point.atSec });
    else if (series.kind === "add") {
      row.value += point.value;
      row.lastSec = Math.max(row.lastSec, point.atSec);
    } else if (point.atSec >= row.lastSec) {
      row.value = point.value;
      row.lastSec = point.atSec;
    }
  }
  return [...rows.values()];
}

/** One statement for all rows: the parameter is a JSON text, so its compilation does not grow with the batch. */
async function saveMinutes(db: Transaction<MetricTables>, rows: readonly MinuteRow[]): Promise<void> {
  for (const kind of ["add", "set"] as const) {
    const ofKind = rows.filter((row) => row.series.kind === kind);
    if (ofKind.length === 0) continue;
    const json = JSON.stringify(ofKind.map((row) => [row.series.seriesId, row.minute, row.value, row.lastSec]));
    const isOld = sql`excluded.last_sec < metric_minutes.last_sec`;
    const value =
      kind === "add"
        ? sql`metric_minutes.value + excluded.value`
        : sql`case when ${isOld} then metric_minutes.value else excluded.value end`;
    await sql`insert into metric_minutes (series_id, minute, value, last_sec)
      select value->>0, value->>1, value->>2, value->>3 from json_each(${json}) where true
      on conflict (series_id, minute) do update set
        value = ${value}, last_sec = max(metric_minutes.last_sec, excluded.last_sec)`.execute(db);
  }
}
