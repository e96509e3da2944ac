/** Puts batches into the database: one transaction and at most two inserts each. */
import type { LogEvent } from "@msec/protocol";
import type { SqliteDatabase } from "@msec/sql";
import { sql, type Transaction } from "kysely";
import { hopRow, isHop, type RecordRow, recordRow } from "./log-record.js";
import type { LogTables } from "./log-tables.js";

/** Ids of the last batches of each source that are remembered. */
const KEPT_BATCHES = 64;

/** Clocks of machines may be ahead so much. */
const MAX_AHEAD_MS = 600_000;

/** Where a batch comes from. */
export interface LogSource {
  /** Stable over restarts and changes of the address. */
  readonly sourceId: string;
  /** Shown as the machine of the records. */
  readonly address: string;
}

/** Stores a batch once. When the promise is fulfilled, it is kept. */
export async function appendBatch(
  database: SqliteDatabase<LogTables>,
  source: LogSource,
  batch: { readonly batchId: number; readonly events: readonly LogEvent[]; readonly nowMs: number },
): Promise<void> {
  const records: RecordRow[] = [];
  const hops: RecordRow[] = [];
  for (const told of batch.events) {
    // A record of the future would stay on top for ever and never grow old.
    const event = told.atMs > batch.nowMs + MAX_AHEAD_MS ? { ...told, atMs: batch.nowMs } : told;
    const machine = source.address || (event.headers.IP ?? "");
    if (isHop(event)) hops.push(hopRow(event, machine));
    else records.push(recordRow(event, machine));
  }
  await database.transaction(async (db) => {
    if (!(await noteBatch(db, source.sourceId, batch.batchId))) return;
    if (records.length > 0) await insertRecords(db, records);
    if (hops.length > 0) await insertHops(db, hops);
  });
}

/** False when the batch is known. */
async function noteBatch(db: Transaction<LogTables>, sourceId: string, batchId: number): Promise<boolean> {
  const insert = db.insertInto("log_batches").values({ source_id: sourceId, batch_id: batchId });
  const result = await insert.onConflict((conflict) => conflict.doNothing()).executeTakeFirst();
  if (result.numInsertedOrUpdatedRows !== 1n) return false;
  await sql`delete from log_batches where source_id = ${sourceId} and batch_key <= (
    select batch_key from log_batches where source_id = ${sourceId}
    order by batch_key desc limit 1 offset ${KEPT_BATCHES})`.execute(db);
  return true;
}

/** The rows travel as one JSON parameter, so that the statement is short and does not grow with the batch. */
async function insertRecords(db: Transaction<LogTables>, rows: readonly RecordRow[]): Promise<void> {
  await sql`insert into records (at_ms, level, service, machine, request_id, rpc_name, caller, body, fields)
    select value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8
    from json_each(${JSON.stringify(rows)})`.execute(db);
}

async function insertHops(db: Transaction<LogTables>, rows: readonly RecordRow[]): Promise<void> {
  await sql`insert into hops (at_ms, started_at_ms, service, machine, request_id, span_id, parent_span_id, method, caller,
      address, protocol, attempt, cost_us, err, reason, calls)
    select value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8, value->>9,
      value->>10, value->>11, value->>12, value->>13, value->>14, value->>15
    from json_each(${JSON.stringify(rows)})`.execute(db);
}
