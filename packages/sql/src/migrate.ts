/** Numbered, forward-only migrations. Each runs once, whole, in its own transaction, and is noted in `msec_migrations`. */
import { type Kysely, sql, type Transaction } from "kysely";
import { SqlMigrationFailed, SqlMigrationsInvalid, SqlSchemaTooNew } from "./errors.js";

export interface Migration {
  /** `0001-what-it-does`: four digits, ascending without gaps from the first. Never renamed once released. */
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: the schema a migration sees is not today's
  up(db: Transaction<any>): Promise<void>;
}

interface MigrationTable {
  msec_migrations: { id: string; applied_at_ms: number };
}

const ID = /^\d{4}-[a-z0-9-]+$/;

/**
 * Applies what is missing.
 *
 * @returns ids that were applied now
 * @throws {SqlSchemaTooNew} the database knows a migration that the list does not; nothing is changed
 * @throws {SqlMigrationFailed} one failed; those before it are kept
 */
export async function migrate<DB>(
  db: Kysely<DB>,
  opts: { path: string; migrations: readonly Migration[] },
): Promise<string[]> {
  checkMigrations(opts.migrations);
  const own = db as unknown as Kysely<MigrationTable>;
  await own.schema
    .createTable("msec_migrations")
    .ifNotExists()
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("applied_at_ms", "integer", (column) => column.notNull())
    .execute();
  const known = new Set(opts.migrations.map((migration) => migration.id));
  const rows = await own.selectFrom("msec_migrations").select("id").orderBy("id").execute();
  const unknown = rows.find((row) => !known.has(row.id));
  if (unknown) throw new SqlSchemaTooNew({ path: opts.path, migrationId: unknown.id });
  const done = new Set(rows.map((row) => row.id));
  const applied: string[] = [];
  for (const migration of opts.migrations) {
    if (done.has(migration.id)) continue;
    if (await applyOne(own, migration, opts.path)) applied.push(migration.id);
  }
  return applied;
}

/** False when another process applied it in the meantime. */
async function applyOne(db: Kysely<MigrationTable>, migration: Migration, path: string): Promise<boolean> {
  try {
    return await db.transaction().execute(async (transaction) => {
      // the insert takes the write lock before the check of what another process may have done
      const result =
        await sql`insert or ignore into msec_migrations (id, applied_at_ms) values (${migration.id}, ${Date.now()})`.execute(
          transaction,
        );
      if (result.numAffectedRows === 0n) return false;
      await migration.up(transaction);
      return true;
    });
  } catch (error) {
    throw new SqlMigrationFailed({ path, migrationId: migration.id }, { cause: error });
  }
}

function checkMigrations(migrations: readonly Migration[]): void {
  migrations.forEach((migration, index) => {
    if (!ID.test(migration.id))
      throw new SqlMigrationsInvalid({ problem: `${migration.id} is not like 0001-what-it-does` });
    if (Number(migration.id.slice(0, 4)) !== index + 1) {
      throw new SqlMigrationsInvalid({ problem: `${migration.id} is at place ${index + 1}` });
    }
  });
}
