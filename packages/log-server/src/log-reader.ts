/** Finds records, hops and requests. Long scans are cut into parts with a pause in between: statements run in this thread. */
import type { Kysely, Selectable } from "kysely";
import { type Histogram, readHistogram } from "./histogram.js";
import type { LogFilter } from "./log-filter-sql.js";
import { parseCalls, type StoredHop, type StoredRecord } from "./log-record.js";
import { type LogPage, searchRecords, toRecord } from "./log-search.js";
import type { LogTables } from "./log-tables.js";

/** Hops and records of one request that are read at most. */
const MAX_REQUEST_ROWS = 2_000;

export interface RequestQuery {
  readonly service: string;
  readonly failedOnly: boolean;
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
}

export class LogReader {
  readonly #db: Kysely<LogTables>;

  constructor(db: Kysely<LogTables>) {
    this.#db = db;
  }

  /** Newest first. */
  search(filter: LogFilter, page: { readonly limit: number; readonly before?: string | undefined }): Promise<LogPage> {
    return searchRecords(this.#db, filter, page);
  }

  /** How many records match, over the filter's range. */
  histogram(filter: LogFilter): Promise<Histogram> {
    return readHistogram(this.#db, filter);
  }

  /** Hops of a request and its lines, oldest first. */
  async request(requestId: string): Promise<{ hops: StoredHop[]; records: StoredRecord[] }> {
    const hops = await this.#db
      .selectFrom("hops")
      .selectAll()
      .where("request_id", "=", requestId)
      .orderBy("hop_id")
      .limit(MAX_REQUEST_ROWS)
      .execute();
    const records = await this.#db
      .selectFrom("records")
      .selectAll()
      .where("request_id", "=", requestId)
      .orderBy("at_ms")
      .orderBy("record_id")
      .limit(MAX_REQUEST_ROWS)
      .execute();
    return { hops: hops.map(toHop), records: records.map(toRecord) };
  }

  /** Requests that a service answered, newest first. */
  async requests({ service, failedOnly, fromMs, toMs, limit }: RequestQuery): Promise<StoredHop[]> {
    let query = this.#db
      .selectFrom("hops")
      .selectAll()
      .where("service", "=", service)
      .where("at_ms", ">=", fromMs)
      .where("at_ms", "<", toMs);
    if (failedOnly) query = query.where("err", "<>", 0);
    const rows = await query.orderBy("at_ms", "desc").orderBy("hop_id", "desc").limit(limit).execute();
    return rows.map(toHop);
  }
}

function toHop(row: Selectable<LogTables["hops"]>): StoredHop {
  return {
    hopId: row.hop_id,
    atMs: row.at_ms,
    startedAtMs: row.started_at_ms,
    service: row.service,
    machine: row.machine,
    requestId: row.request_id,
    spanId: row.span_id,
    parentSpanId: row.parent_span_id,
    method: row.method,
    caller: row.caller,
    address: row.address,
    protocol: row.protocol,
    attempt: row.attempt,
    costMs: row.cost_us / 1_000,
    err: row.err,
    reason: row.reason,
    calls: parseCalls(row.calls),
  };
}
