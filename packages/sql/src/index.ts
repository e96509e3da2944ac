export { SqlClosed, SqlMigrationFailed, SqlMigrationsInvalid, SqlOpenFailed, SqlSchemaTooNew } from "./errors.js";
export { type Migration, migrate } from "./migrate.js";
export { type OpenSqliteOptions, openSqlite, type SqliteDatabase } from "./open-sqlite.js";
