import type { ReleaseStatus, TargetStatus } from "@msec/api-schema";
import type { Generated } from "kysely";

export interface ReleaseTable {
  release_number: Generated<number>;
  service: string;
  config_tag: string;
  plugin_tag: string;
  idl_tag: string | null;
  memo: string;
  status: ReleaseStatus;
  author: string;
  created_at_ms: number;
  started_at_ms: number | null;
  ended_at_ms: number | null;
}

export interface ReleaseTargetTable {
  release_number: number;
  address: string;
  machine_name: string;
  status: TargetStatus;
  previous_release_id: string | null;
  started_at_ms: number | null;
  ended_at_ms: number | null;
  error: string | null;
  error_reason: string | null;
}

export interface ReleaseStepTable {
  step_number: Generated<number>;
  release_number: number;
  address: string;
  at_ms: number;
  step: string;
  text: string;
}

export interface ReleaseTables {
  releases: ReleaseTable;
  release_targets: ReleaseTargetTable;
  release_steps: ReleaseStepTable;
}

export const releaseStatements: readonly string[] = [
  `CREATE TABLE releases (
    release_number INTEGER PRIMARY KEY AUTOINCREMENT, service TEXT NOT NULL, config_tag TEXT NOT NULL,
    plugin_tag TEXT NOT NULL, idl_tag TEXT, memo TEXT NOT NULL, status TEXT NOT NULL, author TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL, started_at_ms INTEGER, ended_at_ms INTEGER) STRICT`,
  `CREATE INDEX releases_by_service ON releases(service, release_number)`,
  `CREATE TABLE release_targets (
    release_number INTEGER NOT NULL REFERENCES releases(release_number) ON DELETE CASCADE, address TEXT NOT NULL,
    machine_name TEXT NOT NULL, status TEXT NOT NULL, previous_release_id TEXT, started_at_ms INTEGER,
    ended_at_ms INTEGER, error TEXT, error_reason TEXT, PRIMARY KEY (release_number, address)) STRICT`,
  `CREATE TABLE release_steps (
    step_number INTEGER PRIMARY KEY AUTOINCREMENT,
    release_number INTEGER NOT NULL REFERENCES releases(release_number) ON DELETE CASCADE, address TEXT NOT NULL,
    at_ms INTEGER NOT NULL, step TEXT NOT NULL, text TEXT NOT NULL) STRICT`,
  `CREATE INDEX release_steps_by_release ON release_steps(release_number, step_number)`,
];
