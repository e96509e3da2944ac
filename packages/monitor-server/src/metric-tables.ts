/** Tables of the metric store. Names are stored once, in `metric_series`; values refer to them by number. */
import type { Migration } from "@msec/sql";
import { type Generated, sql } from "kysely";

export interface MetricTables {
  metric_series: {
    series_id: Generated<number>;
    service: string;
    attribute: string;
    kind: "add" | "set";
    /** Address of the machine that reports it. */
    machine: string;
  };
  metric_minutes: {
    series_id: number;
    /** Minutes since the epoch. */
    minute: number;
    value: number;
    /** Second of the newest report in it. */
    last_sec: number;
  };
  /** Minutes of an hour that is over, packed. */
  metric_hours: {
    series_id: number;
    /** Hours since the epoch. */
    hour: number;
    total: number;
    last: number;
    last_sec: number;
    minutes: Uint8Array | ArrayBuffer;
  };
  /** The last batches of each source, so that a repeated one is recognised. */
  metric_batches: { batch_key: Generated<number>; source_id: string; batch_id: number };
}

export const METRIC_MIGRATIONS: readonly Migration[] = [
  {
    id: "0001-metrics",
    up: async (db) => {
      const statements = [
        `CREATE TABLE metric_series (
          series_id INTEGER PRIMARY KEY, service TEXT NOT NULL, attribute TEXT NOT NULL, kind TEXT NOT NULL,
          machine TEXT NOT NULL, UNIQUE (service, attribute, kind, machine)) STRICT`,
        `CREATE TABLE metric_minutes (
          series_id INTEGER NOT NULL, minute INTEGER NOT NULL, value REAL NOT NULL, last_sec INTEGER NOT NULL,
          PRIMARY KEY (series_id, minute)) STRICT, WITHOUT ROWID`,
        `CREATE TABLE metric_batches (
          batch_key INTEGER PRIMARY KEY AUTOINCREMENT, source_id TEXT NOT NULL, batch_id INTEGER NOT NULL,
          UNIQUE (source_id, batch_id)) STRICT`,
      ];
      for (const statement of statements) await sql.raw(statement).execute(db);
    },
  },
  {
    id: "0002-hours",
    up: async (db) => {
      await sql`CREATE TABLE metric_hours (
        series_id INTEGER NOT NULL, hour INTEGER NOT NULL, total REAL NOT NULL, last REAL NOT NULL,
        last_sec INTEGER NOT NULL, minutes BLOB NOT NULL, PRIMARY KEY (series_id, hour)) STRICT, WITHOUT ROWID`.execute(
        db,
      );
    },
  },
];
