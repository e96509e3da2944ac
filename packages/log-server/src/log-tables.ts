/** Tables of the log store. Hop records are apart: there is one for each request, and a search for lines must not wade through them. */
import type { Migration } from "@msec/sql";
import { type Generated, sql } from "kysely";

export interface LogTables {
  records: {
    record_id: Generated<number>;
    at_ms: number;
    /** Index in LOG_LEVELS. */
    level: number;
    service: string;
    machine: string;
    /** Unsigned decimal; `0` outside of requests. */
    request_id: string;
    rpc_name: string;
    caller: string;
    body: string;
    /** All other headers, a JSON object. */
    fields: string;
  };
  hops: {
    hop_id: Generated<number>;
    at_ms: number;
    started_at_ms: number;
    service: string;
    machine: string;
    request_id: string;
    span_id: string;
    parent_span_id: string;
    method: string;
    caller: string;
    address: string;
    protocol: string;
    attempt: number;
    cost_us: number;
    err: number;
    reason: string;
    /** JSON array as in the hop record. */
    calls: string;
  };
  /** The last batches of each source, so that a repeated one is recognised. */
  log_batches: { batch_key: Generated<number>; source_id: string; batch_id: number };
}

export const LOG_MIGRATIONS: readonly Migration[] = [
  {
    id: "0001-logs",
    up: async (db) => {
      const statements = [
        `CREATE TABLE records (
          record_id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, level INTEGER NOT NULL,
          service TEXT NOT NULL, machine TEXT NOT NULL, request_id TEXT NOT NULL, rpc_name TEXT NOT NULL,
          caller TEXT NOT NULL, body TEXT NOT NULL, fields TEXT NOT NULL) STRICT`,
        `CREATE INDEX records_by_time ON records (at_ms, level)`,
        `CREATE INDEX records_by_service ON records (service, at_ms, level)`,
        `CREATE INDEX records_by_request ON records (request_id, at_ms)`,
        `CREATE TABLE hops (
          hop_id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, started_at_ms INTEGER NOT NULL,
          service TEXT NOT NULL, machine TEXT NOT NULL, request_id TEXT NOT NULL, span_id TEXT NOT NULL,
          parent_span_id TEXT NOT NULL, method TEXT NOT NULL, caller TEXT NOT NULL, address TEXT NOT NULL,
          protocol TEXT NOT NULL, attempt INTEGER NOT NULL, cost_us INTEGER NOT NULL, err INTEGER NOT NULL,
          reason TEXT NOT NULL, calls TEXT NOT NULL) STRICT`,
        `CREATE INDEX hops_by_time ON hops (at_ms)`,
        `CREATE INDEX hops_by_service ON hops (service, at_ms)`,
        `CREATE INDEX hops_by_failure ON hops (service, at_ms) WHERE err <> 0`,
        `CREATE INDEX hops_by_request ON hops (request_id)`,
        `CREATE TABLE log_batches (
          batch_key INTEGER PRIMARY KEY AUTOINCREMENT, source_id TEXT NOT NULL, batch_id INTEGER NOT NULL,
          UNIQUE (source_id, batch_id)) STRICT`,
      ];
      for (const statement of statements) await sql.raw(statement).execute(db);
    },
  },
];
