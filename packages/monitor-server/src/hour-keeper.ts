/**
 * Once an hour: packs minutes of hours that are over into one row per series and hour, removes what is too old, and forgets series
 * without values. Goes through the series in small parts, each in a transaction of its own with a pause after it.
 */
import type { SqliteDatabase } from "@msec/sql";
import type { Transaction } from "kysely";
import { HOUR_MINUTES, type HourValues, packHour, unpackHour } from "./hour-pack.js";
import type { MetricTables } from "./metric-tables.js";
import type { Series, SeriesDirectory } from "./series-directory.js";

const HOUR_MS = 3_600_000;
/** Series per transaction: some ten milliseconds of work. */
const SERIES_AT_ONCE = 50;
/** Hours that stay as minutes: most points come within it. */
const OPEN_HOURS = 2;

interface PackedHour {
  readonly series: Series;
  readonly hour: number;
  readonly values: HourValues;
  lastSec: number;
}

export class HourKeeper {
  readonly #database: SqliteDatabase<MetricTables>;
  readonly #directory: SeriesDirectory;
  #isStopped = false;
  #doneHour = 0;

  constructor(database: SqliteDatabase<MetricTables>, directory: SeriesDirectory) {
    this.#database = database;
    this.#directory = directory;
  }

  /** Ends a walk that is under way after its next part. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Does its work when another hour has begun since the last time. */
  async keep(nowMs: number, beforeMs: number): Promise<void> {
    const hour = Math.floor(nowMs / HOUR_MS);
    if (hour === this.#doneHour) return;
    const series = [...this.#directory.all()].sort((a, b) => a.seriesId - b.seriesId);
    const bounds = { packBefore: hour - OPEN_HOURS + 1, removeBefore: Math.floor(beforeMs / HOUR_MS) };
    for (let from = 0; from < series.length && !this.#isStopped; from += SERIES_AT_ONCE) {
      const part = series.slice(from, from + SERIES_AT_ONCE);
      await this.#database.transaction((db) => this.#keepPart(db, part, bounds));
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (!this.#isStopped) this.#doneHour = hour;
  }

  async #keepPart(
    db: Transaction<MetricTables>,
    part: readonly Series[],
    bounds: { readonly packBefore: number; readonly removeBefore: number },
  ): Promise<void> {
    const ids = part.map((series) => series.seriesId);
    const beforeMinute = bounds.packBefore * HOUR_MINUTES;
    await savePacked(db, await this.#collect(db, part, beforeMinute));
    await db.deleteFrom("metric_minutes").where("series_id", "in", ids).where("minute", "<", beforeMinute).execute();
    await db.deleteFrom("metric_hours").where("series_id", "in", ids).where("hour", "<", bounds.removeBefore).execute();
    const alive = await db
      .selectFrom("metric_series")
      .select("series_id")
      .where("series_id", "in", ids)
      .where((eb) =>
        eb.or([
          eb.exists(
            eb
              .selectFrom("metric_minutes")
              .select("minute")
              .whereRef("metric_minutes.series_id", "=", "metric_series.series_id"),
          ),
          eb.exists(
            eb
              .selectFrom("metric_hours")
              .select("hour")
              .whereRef("metric_hours.series_id", "=", "metric_series.series_id"),
          ),
        ]),
      )
      .execute();
    const aliveIds = new Set(alive.map((row) => row.series_id));
    const dead = part.filter((series) => !aliveIds.has(series.seriesId));
    if (dead.length === 0) return;
    await db
      .deleteFrom("metric_series")
      .where(
        "series_id",
        "in",
        dead.map((series) => series.seriesId),
      )
      .execute();
    for (const series of dead) this.#directory.remove(series);
  }

  async #collect(db: Transaction<MetricTables>, part: readonly Series[], beforeMinute: number): Promise<PackedHour[]> {
    const byId = new Map(part.map((series) => [series.seriesId, series]));
    const rows = await db
      .selectFrom("metric_minutes")
      .selectAll()
      .where("series_id", "in", [...byId.keys()])
      .where("minute", "<", beforeMinute)
      .orderBy("series_id")
      .orderBy("minute")
      .execute();
    const hours: PackedHour[] = [];
    for (const row of rows) {
      const series = byId.get(row.series_id);
      if (!series) continue;
      const hour = Math.floor(row.minute / HOUR_MINUTES);
      let packed = hours.at(-1);
      if (packed?.series !== series || packed.hour !== hour) {
        packed = await openHour(db, series, hour);
        hours.push(packed);
      }
      const minute = row.minute % HOUR_MINUTES;
      const known = packed.values[minute] ?? null;
      packed.values[minute] = series.kind === "set" || known === null ? row.value : known + row.value;
      packed.lastSec = Math.max(packed.lastSec, row.last_sec);
    }
    return hours;
  }
}

/** What is packed already: late points come after it. */
async function openHour(db: Transaction<MetricTables>, series: Series, hour: number): Promise<PackedHour> {
  const row = await db
    .selectFrom("metric_hours")
    .select(["minutes", "last_sec"])
    .where("series_id", "=", series.seriesId)
    .where("hour", "=", hour)
    .executeTakeFirst();
  const values = row ? unpackHour(new Uint8Array(row.minutes)) : new Array<number | null>(HOUR_MINUTES).fill(null);
  return { series, hour, values, lastSec: row?.last_sec ?? 0 };
}

async function savePacked(db: Transaction<MetricTables>, hours: readonly PackedHour[]): Promise<void> {
  const rows = hours.map(({ series, hour, values, lastSec }) => {
    const known = values.filter((value) => value !== null);
    return {
      series_id: series.seriesId,
      hour,
      total: known.reduce((sum, value) => sum + value, 0),
      last: known.at(-1) ?? 0,
      last_sec: lastSec,
      minutes: Buffer.from(packHour(values)),
    };
  });
  for (let from = 0; from < rows.length; from += 500)
    await db
      .replaceInto("metric_hours")
      .values(rows.slice(from, from + 500))
      .execute();
}
