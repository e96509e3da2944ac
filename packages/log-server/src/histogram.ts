/** How many records match over time: at most 60 bars. */
import { type Kysely, sql } from "kysely";
import { filterSql, type LogFilter, tablesOf } from "./log-filter-sql.js";
import type { LogTables } from "./log-tables.js";

const MAX_BARS = 60;
/** A bar counts up to so many records; with a condition that needs the rows (text, machine), up to the second number are looked at. */
const MAX_COUNTED = 200_000;
const MAX_LOOKED_AT = 10_000;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [1, 2, 5, 10, 15, 30]
  .map((n) => n * SECOND)
  .concat([1, 2, 5, 10, 15, 30].map((n) => n * MINUTE))
  .concat([1, 2, 3, 6, 12].map((n) => n * HOUR))
  .concat([1, 2, 5, 10, 30, 100].map((n) => n * DAY));

export interface Histogram {
  readonly fromMs: number;
  readonly stepMs: number;
  readonly counts: number[];
}

export async function readHistogram(db: Kysely<LogTables>, filter: LogFilter): Promise<Histogram> {
  const { fromMs, stepMs, count } = histogramSteps(await matchedRange(db, filter));
  const counts: number[] = [];
  for (let bar = 0; bar < count; bar += 1) {
    const startMs = fromMs + bar * stepMs;
    const range = { fromMs: Math.max(filter.fromMs, startMs), toMs: Math.min(filter.toMs, startMs + stepMs) };
    counts.push(await countMatches(db, { ...filter, ...range }));
    if (bar % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
  }
  return { fromMs, stepMs, counts };
}

/** Steps of a round length, aligned to it. */
export function histogramSteps(range: { fromMs: number; toMs: number }): {
  fromMs: number;
  stepMs: number;
  count: number;
} {
  const lengthMs = Math.max(1, range.toMs - range.fromMs);
  const stepMs = STEPS.find((step) => lengthMs / step <= MAX_BARS - 1) ?? Math.ceil(lengthMs / (MAX_BARS - 1));
  const fromMs = Math.floor(range.fromMs / stepMs) * stepMs;
  return { fromMs, stepMs, count: Math.max(1, Math.ceil((range.toMs - fromMs) / stepMs)) };
}

/** A range that is open at its start begins with the first match that an index tells of. */
async function matchedRange(db: Kysely<LogTables>, filter: LogFilter): Promise<{ fromMs: number; toMs: number }> {
  if (filter.fromMs > 0) return filter;
  let fromMs = filter.toMs - MINUTE;
  for (const table of tablesOf(filter)) {
    const rows = await sql<{ at_ms: number }>`
      select at_ms from ${sql.table(table)} where ${filterSql(table, filter).indexed} order by at_ms limit 1`.execute(
      db,
    );
    fromMs = Math.min(fromMs, rows.rows[0]?.at_ms ?? fromMs);
  }
  return { fromMs, toMs: filter.toMs };
}

async function countMatches(db: Kysely<LogTables>, filter: LogFilter): Promise<number> {
  let count = 0;
  for (const table of tablesOf(filter)) {
    const { indexed, rest } = filterSql(table, filter);
    const matches = rest
      ? sql`select * from (select * from ${sql.table(table)} where ${indexed} limit ${MAX_LOOKED_AT}) where ${rest}`
      : sql`select 1 from ${sql.table(table)} where ${indexed} limit ${MAX_COUNTED}`;
    const rows = await sql<{ count: number }>`select count(*) as count from (${matches})`.execute(db);
    count += rows.rows[0]?.count ?? 0;
  }
  return count;
}
