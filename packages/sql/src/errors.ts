import { defineError } from "@msec/core";

export const SqlOpenFailed = defineError<{ path: string; problem: string }>(
  "SQL_OPEN_FAILED",
  "UNAVAILABLE",
  (d) => `database ${d.path} cannot be opened: ${d.problem}`,
);

export const SqlSchemaTooNew = defineError<{ path: string; migrationId: string }>(
  "SQL_SCHEMA_TOO_NEW",
  "FAILED_PRECONDITION",
  (d) =>
    `database ${d.path} has migration ${d.migrationId}, which this version does not know; use a newer version of msec`,
);

export const SqlMigrationsInvalid = defineError<{ problem: string }>(
  "SQL_MIGRATIONS_INVALID",
  "INTERNAL",
  (d) => `the list of migrations is wrong: ${d.problem}`,
);

export const SqlMigrationFailed = defineError<{ path: string; migrationId: string }>(
  "SQL_MIGRATION_FAILED",
  "INTERNAL",
  (d) => `migration ${d.migrationId} of database ${d.path} failed; nothing of it was kept`,
);

export const SqlClosed = defineError<{ path: string }>(
  "SQL_CLOSED",
  "FAILED_PRECONDITION",
  (d) => `database ${d.path} is closed`,
);
