import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Migration } from "./migrate.js";
import { openSqlite } from "./open-sqlite.js";

interface Tables {
  parent: { id: number; name: string };
  child: { id: number; parent_id: number };
}

const first: Migration = {
  id: "0001-parent",
  up: async (db) => {
    await db.schema
      .createTable("parent")
      .addColumn("id", "integer", (column) => column.primaryKey())
      .addColumn("name", "text", (column) => column.notNull())
      .execute();
  },
};
const second: Migration = {
  id: "0002-child",
  up: async (db) => {
    await db.schema
      .createTable("child")
      .addColumn("id", "integer", (column) => column.primaryKey())
      .addColumn("parent_id", "integer", (column) => column.notNull().references("parent.id"))
      .execute();
  },
};
const migrations = [first, second];

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "msec-sql-"));
  path = join(dir, "console", "console.db");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("openSqlite", () => {
  it("makes a private file in WAL mode that keeps its rows", async () => {
    const database = await openSqlite<Tables>(path, { migrations });
    await database.db.insertInto("parent").values({ id: 1, name: "VOA" }).execute();
    const mode = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(database.db);
    expect(mode.rows).toEqual([{ journal_mode: "wal" }]);
    await database.close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const again = await openSqlite<Tables>(path, { migrations });
    expect(await again.db.selectFrom("parent").selectAll().execute()).toEqual([{ id: 1, name: "VOA" }]);
    await again.close();
  });

  it("checks foreign keys", async () => {
    const database = await openSqlite<Tables>(":memory:", { migrations });
    await expect(database.db.insertInto("child").values({ id: 1, parent_id: 9 }).execute()).rejects.toThrow(
      /FOREIGN KEY/,
    );
    await database.close();
  });

  it("refuses a file that is no database, and leaves it alone", async () => {
    const bad = join(dir, "bad.db");
    writeFileSync(bad, "this is a text, and a long enough one to be read as a header of something else ".repeat(20));
    await expect(openSqlite(bad, { migrations })).rejects.toMatchObject({
      reason: "SQL_OPEN_FAILED",
      details: { path: bad },
    });
    expect(readFileSync(bad, "utf8")).toMatch(/^this is a text/);
  });

  it("lets two connections write in turn", async () => {
    const [one, other] = [
      await openSqlite<Tables>(path, { migrations }),
      await openSqlite<Tables>(path, { migrations }),
    ];
    for (let n = 0; n < 50; n += 1) {
      await (n % 2 === 0 ? one : other).db.insertInto("parent").values({ id: n, name: "x" }).execute();
    }
    expect(
      await other.db
        .selectFrom("parent")
        .select((eb) => eb.fn.countAll<number>().as("n"))
        .execute(),
    ).toEqual([{ n: 50 }]);
    await one.close();
    await other.close();
  });
});

describe("transaction", () => {
  it("keeps all or nothing", async () => {
    const database = await openSqlite<Tables>(":memory:", { migrations });
    const failing = database.transaction(async (db) => {
      await db.insertInto("parent").values({ id: 1, name: "a" }).execute();
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    expect(
      await database.transaction((db) =>
        db.insertInto("parent").values({ id: 2, name: "b" }).returning("id").execute(),
      ),
    ).toEqual([{ id: 2 }]);
    expect(await database.db.selectFrom("parent").select("id").execute()).toEqual([{ id: 2 }]);
    await database.close();
  });

  it("holds the write lock from its start, so that what it read is still true when it writes", async () => {
    const one = await openSqlite<Tables>(path, { migrations });
    const other = await openSqlite<Tables>(path, { migrations, busyTimeoutMs: 1 });
    const insert = () => other.db.insertInto("parent").values({ id: 1, name: "x" }).execute();
    await one.transaction(async (db) => {
      await db.selectFrom("parent").selectAll().execute();
      await expect(insert()).rejects.toThrow(/locked|BUSY/);
    });
    await insert();
    await one.close();
    await other.close();
  });

  it("runs one after the other: no update is lost", async () => {
    const database = await openSqlite<Tables>(":memory:", { migrations });
    await database.db.insertInto("parent").values({ id: 0, name: "x" }).execute();
    const increment = () =>
      database.transaction(async (db) => {
        const { id } = await db.selectFrom("parent").select("id").executeTakeFirstOrThrow();
        await new Promise((resolve) => setImmediate(resolve));
        await db
          .updateTable("parent")
          .set({ id: id + 1 })
          .execute();
      });
    await Promise.all(Array.from({ length: 20 }, increment));
    expect(await database.db.selectFrom("parent").select("id").execute()).toEqual([{ id: 20 }]);
    await database.close();
  });
});

describe("migrations", () => {
  it("are applied once, and only the missing ones", async () => {
    await (await openSqlite(path, { migrations: [first] })).close();
    const counted: string[] = [];
    const watch = (migration: Migration): Migration => ({
      id: migration.id,
      up: (db) => {
        counted.push(migration.id);
        return migration.up(db);
      },
    });
    const watched = migrations.map(watch);
    await (await openSqlite(path, { migrations: watched })).close();
    await (await openSqlite(path, { migrations: watched })).close();
    expect(counted).toEqual(["0002-child"]);
  });

  it("refuse a database of a newer version and change nothing", async () => {
    await (await openSqlite(path, { migrations })).close();
    const before = readFileSync(path);
    const wanted = { reason: "SQL_SCHEMA_TOO_NEW", details: { path, migrationId: "0002-child" } };
    await expect(openSqlite(path, { migrations: [first] })).rejects.toMatchObject(wanted);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("undo a failed one whole and keep those before it", async () => {
    const broken: Migration = {
      id: "0002-child",
      up: async (db) => {
        await second.up(db);
        throw new Error("no space");
      },
    };
    const wanted = { reason: "SQL_MIGRATION_FAILED", details: { migrationId: "0002-child" } };
    await expect(openSqlite(path, { migrations: [first, broken] })).rejects.toMatchObject(wanted);
    const repaired = await openSqlite<Tables>(path, { migrations });
    expect(await repaired.db.selectFrom("child").selectAll().execute()).toEqual([]);
    await repaired.close();
  });

  it.each([
    { ids: ["0001-a", "0003-c"] },
    { ids: ["0002-b", "0001-a"] },
    { ids: ["1-a"] },
    { ids: ["0001-a", "0001-b"] },
  ])("refuse a list like $ids", async ({ ids }) => {
    const list = ids.map((id): Migration => ({ id, up: async () => undefined }));
    await expect(openSqlite(":memory:", { migrations: list })).rejects.toMatchObject({
      reason: "SQL_MIGRATIONS_INVALID",
    });
  });
});

describe("backup and close", () => {
  it("writes a copy that can be opened, while the original is in use", async () => {
    const database = await openSqlite<Tables>(path, { migrations });
    await database.db.insertInto("parent").values({ id: 5, name: "kept" }).execute();
    await database.backup(join(dir, "copy.db"));
    await database.db.deleteFrom("parent").execute();
    const copy = await openSqlite<Tables>(join(dir, "copy.db"), { migrations });
    expect(await copy.db.selectFrom("parent").select("name").execute()).toEqual([{ name: "kept" }]);
    await copy.close();
    await database.close();
  });

  it("can be closed twice and then refuses work", async () => {
    const database = await openSqlite<Tables>(":memory:", { migrations });
    await database.close();
    await database.close();
    await expect(database.transaction(async () => 1)).rejects.toMatchObject({ reason: "SQL_CLOSED" });
    await expect(database.backup(join(dir, "x.db"))).rejects.toMatchObject({ reason: "SQL_CLOSED" });
  });
});
