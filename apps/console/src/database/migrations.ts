import type { Migration } from "@msec/sql";
import { sql } from "kysely";
import { machineLabelStatements, machineStatements } from "../machines/machine-tables.js";
import { orderStatements } from "../orders/order-tables.js";
import { releaseStatements } from "../releases/release-tables.js";
import { serviceLabelStatements } from "../services/service-tables.js";

const statements = (id: string, texts: readonly string[]): Migration => ({
  id,
  up: async (db) => {
    for (const text of texts) await sql.raw(text).execute(db);
  },
});

/** All steps of the schema, in order. A feature adds its own at the end; a released step never changes. */
export const migrations: readonly Migration[] = [
  statements("0001-accounts", [
    `CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT`,
    `CREATE TABLE users (
      name TEXT PRIMARY KEY COLLATE NOCASE, role TEXT NOT NULL, password_hash TEXT NOT NULL,
      created_at_ms INTEGER NOT NULL) STRICT`,
    `CREATE TABLE sessions (
      session_hash TEXT PRIMARY KEY,
      user_name TEXT NOT NULL COLLATE NOCASE REFERENCES users(name) ON DELETE CASCADE,
      created_at_ms INTEGER NOT NULL, last_seen_at_ms INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL) STRICT`,
    `CREATE INDEX sessions_by_user ON sessions(user_name)`,
    `CREATE TABLE api_tokens (
      token_id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, secret_hash TEXT NOT NULL UNIQUE,
      role TEXT NOT NULL, created_by TEXT NOT NULL, created_at_ms INTEGER NOT NULL, last_used_at_ms INTEGER) STRICT`,
  ]),
  statements("0002-services", [
    `CREATE TABLE service_groups (name TEXT PRIMARY KEY, kind TEXT NOT NULL, created_at_ms INTEGER NOT NULL) STRICT`,
    `CREATE TABLE services (
      first TEXT NOT NULL REFERENCES service_groups(name), second TEXT NOT NULL, language TEXT NOT NULL,
      port INTEGER NOT NULL, memo TEXT NOT NULL, created_at_ms INTEGER NOT NULL, PRIMARY KEY (first, second)) STRICT`,
    `CREATE TABLE instances (
      host TEXT NOT NULL, port INTEGER NOT NULL, first TEXT NOT NULL, second TEXT NOT NULL, transport TEXT NOT NULL,
      weight INTEGER NOT NULL, status TEXT NOT NULL, release_memo TEXT NOT NULL, created_at_ms INTEGER NOT NULL,
      PRIMARY KEY (host, port),
      FOREIGN KEY (first, second) REFERENCES services(first, second) ON DELETE CASCADE) STRICT`,
    `CREATE INDEX instances_by_service ON instances(first, second)`,
  ]),
  statements("0003-versions", [
    `CREATE TABLE versions (
      kind TEXT NOT NULL, first TEXT NOT NULL, second TEXT NOT NULL, tag TEXT NOT NULL, memo TEXT NOT NULL,
      author TEXT NOT NULL, created_at_ms INTEGER NOT NULL, size_bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
      content TEXT, PRIMARY KEY (kind, first, second, tag),
      FOREIGN KEY (first, second) REFERENCES services(first, second) ON DELETE CASCADE) STRICT`,
    `CREATE INDEX versions_by_service ON versions(first, second)`,
    `CREATE INDEX versions_by_sha256 ON versions(sha256)`,
  ]),
  statements("0004-audit", [
    `CREATE TABLE audit_entries (
      entry_id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
      target TEXT NOT NULL, text TEXT NOT NULL, previous_hash TEXT NOT NULL, hash TEXT NOT NULL) STRICT`,
    `CREATE INDEX audit_entries_by_target ON audit_entries(target)`,
  ]),
  statements("0005-machines", machineStatements),
  statements("0006-orders", orderStatements),
  statements("0007-releases", releaseStatements),
  statements("0008-labels", [...machineLabelStatements, ...serviceLabelStatements]),
];
