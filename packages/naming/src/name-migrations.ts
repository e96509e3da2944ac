import type { Migration } from "@msec/sql";
import type { Generated } from "kysely";

/** Tables of {@link SqlNameStore}, as the newest migration leaves them. */
export interface NameTables {
  names: {
    service: string;
    policy: string;
    /** JSON: check, locality, partition, tuning; missing = default. */
    options: string;
    /** JSON. */
    instances: string;
    revision: number;
    /** 1 = a tombstone. */
    removed: number;
    changed_at_ms: number;
  };
  /** One row. From revisions below `forgotten` nobody can follow any more: tombstones of later ones were dropped. */
  name_revision: { id: 1; revision: number; forgotten: number };
  /** One row per opening, oldest first by `id`. */
  name_epochs: { id: Generated<number>; epoch: string; from_revision: number };
}

export const NAME_MIGRATIONS: readonly Migration[] = [
  {
    id: "0001-names",
    up: async (db) => {
      await db.schema
        .createTable("names")
        .addColumn("service", "text", (column) => column.primaryKey())
        .addColumn("policy", "text", (column) => column.notNull())
        .addColumn("instances", "text", (column) => column.notNull())
        .addColumn("revision", "integer", (column) => column.notNull().unique())
        .addColumn("removed", "integer", (column) => column.notNull())
        .addColumn("changed_at_ms", "integer", (column) => column.notNull())
        .execute();
      await db.schema
        .createTable("name_revision")
        .addColumn("id", "integer", (column) => column.primaryKey())
        .addColumn("revision", "integer", (column) => column.notNull())
        .addColumn("forgotten", "integer", (column) => column.notNull())
        .execute();
      await db.insertInto("name_revision").values({ id: 1, revision: 0, forgotten: 0 }).execute();
    },
  },
  {
    id: "0002-options",
    up: async (db) => {
      const change = db.schema.alterTable("names");
      await change.addColumn("options", "text", (column) => column.notNull().defaultTo("{}")).execute();
    },
  },
  {
    id: "0003-epochs",
    up: async (db) => {
      await db.schema
        .createTable("name_epochs")
        .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
        .addColumn("epoch", "text", (column) => column.notNull().unique())
        .addColumn("from_revision", "integer", (column) => column.notNull())
        .execute();
    },
  },
];
