/** Reads stored minutes: those of open hours row by row, older ones from their packed hours. */
import { type Kysely, sql } from "kysely";
import { HOUR_MINUTES, unpackHour } from "./hour-pack.js";
import type { MetricTables } from "./metric-tables.js";

/** Minutes since the epoch. */
export interface MinuteRange {
  /** Inclusive. */
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
}

export interface StoredValue {
  readonly seriesId: number;
  readonly minute: number;
  /** Sum of the minutes it stands for. */
  readonly total: number;
  /** Value of the last of them. */
  readonly last: number;
  readonly lastSec: number;
}

export interface StoredValuesOptions extends MinuteRange {
  readonly seriesIds: readonly number[];
  /** Hours that lie in the range as a whole are told as one value, of their first minute. */
  readonly wholeHours?: boolean;
}

/** Calls `visit` for each value; of one series packed ones come first, then in the order of time. */
export async function visitStored(
  db: Kysely<MetricTables>,
  options: StoredValuesOptions,
  visit: (value: StoredValue) => void,
): Promise<void> {
  const ids = JSON.stringify(options.seriesIds);
  const { first, end } = options;
  const hours = await sql<HourRow>`
    select series_id, hour, total, last, last_sec, minutes from metric_hours
    where series_id in (select value from json_each(${ids}))
      and hour >= ${Math.floor(first / HOUR_MINUTES)} and hour < ${Math.ceil(end / HOUR_MINUTES)}
    order by series_id, hour`.execute(db);
  for (const row of hours.rows) visitHour(row, options, visit);
  const minutes = await sql<MinuteRow>`
    select series_id, minute, value, last_sec from metric_minutes
    where series_id in (select value from json_each(${ids})) and minute >= ${first} and minute < ${end}
    order by series_id, minute`.execute(db);
  for (const { series_id, minute, value, last_sec } of minutes.rows)
    visit({ seriesId: series_id, minute, total: value, last: value, lastSec: last_sec });
}

function visitHour(row: HourRow, options: StoredValuesOptions, visit: (value: StoredValue) => void): void {
  const start = row.hour * HOUR_MINUTES;
  const seriesId = row.series_id;
  const isWhole = start >= options.first && start + HOUR_MINUTES <= options.end;
  if (options.wholeHours === true && isWhole) {
    visit({ seriesId, minute: start, total: row.total, last: row.last, lastSec: row.last_sec });
    return;
  }
  unpackHour(new Uint8Array(row.minutes)).forEach((value, index) => {
    const minute = start + index;
    if (value === null || minute < options.first || minute >= options.end) return;
    visit({ seriesId, minute, total: value, last: value, lastSec: Math.min(row.last_sec, minute * 60 + 59) });
  });
}

interface MinuteRow {
  readonly series_id: number;
  readonly minute: number;
  readonly value: number;
  readonly last_sec: number;
}

interface HourRow {
  readonly series_id: number;
  readonly hour: number;
  readonly total: number;
  readonly last: number;
  readonly last_sec: number;
  readonly minutes: Uint8Array | ArrayBuffer;
}
