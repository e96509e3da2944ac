import type { Kysely } from "kysely";
import type { ConsoleTables } from "../database/tables.js";
import type { VersionKey, VersionRow, VersionStore } from "./version-store.js";
import type { VersionTable } from "./version-tables.js";

const COLUMNS = [
  "kind",
  "first",
  "second",
  "tag",
  "memo",
  "author",
  "created_at_ms",
  "size_bytes",
  "sha256",
] as const satisfies (keyof VersionTable)[];

/** Versions in SQL. Promise: version-store.contract.ts. */
export function sqlVersionStore(db: Kysely<ConsoleTables>): VersionStore {
  const rows = (kind: VersionKey["kind"], first: string, second: string) =>
    db
      .selectFrom("versions")
      .select(COLUMNS)
      .where("kind", "=", kind)
      .where("first", "=", first)
      .where("second", "=", second);
  return {
    list: async (kind, first, second) => {
      const query = rows(kind, first, second).orderBy("created_at_ms", "desc").orderBy("tag", "desc");
      return (await query.execute()).map(toRow);
    },
    find: async (key) => {
      const query = rows(key.kind, key.first, key.second).where("tag", "=", key.tag);
      const row = await query.executeTakeFirst();
      return row && toRow(row);
    },
    readContent: async (key) => {
      const query = rows(key.kind, key.first, key.second).where("tag", "=", key.tag).select("content");
      return (await query.executeTakeFirst())?.content ?? undefined;
    },
    add: async (row, content) => {
      const insert = db.insertInto("versions").values({ ...fromRow(row), content });
      const result = await insert.onConflict((conflict) => conflict.doNothing()).executeTakeFirst();
      return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
    },
    remove: async (key) => {
      const query = db.deleteFrom("versions").where("kind", "=", key.kind).where("first", "=", key.first);
      await query.where("second", "=", key.second).where("tag", "=", key.tag).execute();
    },
    listHashes: async () => {
      const query = db.selectFrom("versions").select("sha256").distinct();
      return new Set((await query.execute()).map((row) => row.sha256));
    },
  };
}

function toRow(row: Omit<VersionTable, "content">): VersionRow {
  const { kind, first, second, tag, memo, author, sha256 } = row;
  const rest = { createdAtMs: row.created_at_ms, sizeBytes: row.size_bytes };
  return { kind, first, second, tag, memo, author, sha256, ...rest };
}

function fromRow(row: VersionRow): Omit<VersionTable, "content"> {
  const { kind, first, second, tag, memo, author, sha256 } = row;
  const rest = { created_at_ms: row.createdAtMs, size_bytes: row.sizeBytes };
  return { kind, first, second, tag, memo, author, sha256, ...rest };
}
