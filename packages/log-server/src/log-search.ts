/**
 * Search, newest first. Order: time, then lines before hops, then the number of the row. A cursor is the place where the page before
 * ended, so that pages neither repeat nor miss a record while new ones arrive.
 *
 * A condition that needs the rows themselves (text, machine) is checked in windows of rows with a pause after each; after
 * {@link MAX_WINDOWS} the page ends, perhaps with few records or none, and its cursor goes on.
 */
import { type Kysely, type RawBuilder, type Selectable, sql } from "kysely";
import { CursorInvalid } from "./errors.js";
import { type FilterSql, filterSql, type LogFilter, type TableName, tablesOf } from "./log-filter-sql.js";
import { LOG_LEVELS, type StoredRecord } from "./log-record.js";
import type { LogTables } from "./log-tables.js";

const WINDOW_ROWS = 3_000;
const MAX_WINDOWS = 100;

export interface LogPage {
  readonly records: StoredRecord[];
  /** Where the next page begins; undefined when there is no more. */
  readonly next: string | undefined;
}

interface Place {
  readonly atMs: number;
  /** 1 = line, 0 = hop. */
  readonly rank: number;
  readonly id: number;
}

interface Found extends Place {
  readonly record: StoredRecord;
}

interface Scan {
  readonly found: Found[];
  /** How far it looked; undefined = to the end. */
  readonly stoppedAt: Place | undefined;
}

const RANK = { records: 1, hops: 0 } as const;
const END: Place = { atMs: Number.MAX_SAFE_INTEGER, rank: 2, id: 0 };

export async function searchRecords(
  db: Kysely<LogTables>,
  filter: LogFilter,
  page: { readonly limit: number; readonly before?: string | undefined },
): Promise<LogPage> {
  const before = page.before === undefined ? END : parseCursor(page.before);
  const scans: Scan[] = [];
  for (const table of tablesOf(filter)) scans.push(await scan(db, table, { filter, before, limit: page.limit }));
  const stops = scans.flatMap((each) => each.stoppedAt ?? []).sort(newestFirst);
  const stop = stops[0];
  // Behind the first stop another table may have something that was not looked at.
  const found = scans
    .flatMap((each) => each.found)
    .filter((each) => !stop || newestFirst(each, stop) <= 0)
    .sort(newestFirst);
  const shown = found.slice(0, page.limit);
  const last = found.length > page.limit ? shown.at(-1) : stop;
  return { records: shown.map((each) => each.record), next: last && formatCursor(last) };
}

interface ScanOptions {
  readonly filter: LogFilter;
  readonly before: Place;
  readonly limit: number;
}

async function scan(db: Kysely<LogTables>, table: TableName, { filter, before, limit }: ScanOptions): Promise<Scan> {
  const conditions = filterSql(table, filter);
  const found: Found[] = [];
  let place = before;
  for (let window = 0; window < MAX_WINDOWS; window += 1) {
    const end = conditions.rest && (await windowEnd(db, table, { conditions, place }));
    const rows = await readRows(db, table, { conditions, place, end, limit: limit - found.length + 1 });
    found.push(...rows);
    if (found.length > limit) {
      found.length = limit;
      return { found, stoppedAt: found.at(-1) };
    }
    if (!end) return { found, stoppedAt: undefined };
    place = end;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { found, stoppedAt: place };
}

interface WindowOptions {
  readonly conditions: FilterSql;
  readonly place: Place;
}

/** The last row of the window that begins after `place`, by index only; undefined when the rest is smaller than a window. */
async function windowEnd(db: Kysely<LogTables>, table: TableName, opts: WindowOptions): Promise<Place | undefined> {
  const id = idColumn(table);
  const rows = await sql<{ at_ms: number; id: number }>`
    select at_ms, ${id} as id from ${sql.table(table)}
    where ${opts.conditions.indexed} and ${isAfter(table, opts.place)}
    order by at_ms desc, ${id} desc limit 1 offset ${WINDOW_ROWS - 1}`.execute(db);
  const row = rows.rows[0];
  return row && { atMs: row.at_ms, rank: RANK[table], id: row.id };
}

async function readRows(
  db: Kysely<LogTables>,
  table: TableName,
  opts: WindowOptions & { readonly end: Place | undefined; readonly limit: number },
): Promise<Found[]> {
  const { conditions, place, end, limit } = opts;
  const id = idColumn(table);
  const rest = conditions.rest ? sql` and ${conditions.rest}` : sql``;
  const until = end ? sql` and (at_ms, ${id}) >= (${end.atMs}, ${end.id})` : sql``;
  const rows = await sql<Selectable<LogTables["records"]> & Selectable<LogTables["hops"]>>`
    select * from ${sql.table(table)} where ${conditions.indexed} and ${isAfter(table, place)}${until}${rest}
    order by at_ms desc, ${id} desc limit ${limit}`.execute(db);
  return rows.rows.map((row) =>
    table === "records"
      ? { atMs: row.at_ms, rank: 1, id: row.record_id, record: toRecord(row) }
      : { atMs: row.at_ms, rank: 0, id: row.hop_id, record: hopToRecord(row) },
  );
}

function idColumn(table: TableName): RawBuilder<unknown> {
  return table === "records" ? sql`record_id` : sql`hop_id`;
}

function isAfter(table: TableName, place: Place): RawBuilder<unknown> {
  const rank = RANK[table];
  const id = rank === place.rank ? place.id : rank < place.rank ? Number.MAX_SAFE_INTEGER : 0;
  return sql`(at_ms, ${idColumn(table)}) < (${place.atMs}, ${id})`;
}

function newestFirst(a: Place, b: Place): number {
  return b.atMs - a.atMs || b.rank - a.rank || b.id - a.id;
}

function formatCursor({ atMs, rank, id }: Place): string {
  return `${atMs}-${rank}-${id}`;
}

function parseCursor(text: string): Place {
  const match = /^(\d{1,15})-([01])-(\d{1,15})$/.exec(text);
  if (!match) throw new CursorInvalid({ cursor: text });
  return { atMs: Number(match[1]), rank: Number(match[2]), id: Number(match[3]) };
}

export function toRecord(row: Selectable<LogTables["records"]>): StoredRecord {
  return {
    recordId: `r${row.record_id}`,
    atMs: row.at_ms,
    level: LOG_LEVELS[row.level] ?? "INFO",
    service: row.service,
    machine: row.machine,
    requestId: row.request_id,
    rpcName: row.rpc_name,
    caller: row.caller,
    body: row.body,
    fields: JSON.parse(row.fields) as Record<string, string>,
  };
}

function hopToRecord(row: Selectable<LogTables["hops"]>): StoredRecord {
  return {
    recordId: `h${row.hop_id}`,
    atMs: row.at_ms,
    level: "INFO",
    service: row.service,
    machine: row.machine,
    requestId: row.request_id,
    rpcName: row.method,
    caller: row.caller,
    body: "hop",
    fields: {
      Kind: "hop",
      SpanID: row.span_id,
      ParentSpanID: row.parent_span_id,
      Attempt: String(row.attempt),
      StartMs: String(row.started_at_ms),
      CostUs: String(row.cost_us),
      Err: String(row.err),
      Reason: row.reason,
      Address: row.address,
      Protocol: row.protocol,
      Calls: row.calls,
    },
  };
}
