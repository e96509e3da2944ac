import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite } from "@msec/sql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NAME_MIGRATIONS, type NameTables } from "./name-migrations.js";
import { nameStoreContract } from "./name-store.contract.js";
import { resumableNameStoreContract } from "./resumable-name-store.contract.js";
import { openSqlNameStore } from "./sql-name-store.js";

describe("SqlNameStore", () => {
  let dir: string;
  let files = 0;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "msec-names-"));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const nextPath = () => {
    files += 1;
    return join(dir, `${files}.db`);
  };
  const entry = { policy: "adaptive", instances: [{ host: "10.0.0.1", port: 80, transport: "tcp" as const }] };

  nameStoreContract(() => openSqlNameStore(nextPath()));
  resumableNameStoreContract(() => openSqlNameStore(nextPath()));

  it("keeps names, revisions and tombstones across a restart", async () => {
    const path = nextPath();
    const store = await openSqlNameStore(path);
    await store.put("A1.B1", entry);
    await store.put("A2.B2", entry);
    await store.remove("A1.B1");
    await store.close();
    const again = await openSqlNameStore(path);
    expect(await again.snapshot()).toMatchObject({ revision: 3, services: [{ service: "A2.B2", revision: 2 }] });
    expect(await again.changesSince(2)).toEqual([{ kind: "remove", revision: 3, service: "A1.B1" }]);
    await again.close();
  });

  it("forgets old tombstones and sends a reader that is behind them to the snapshot", async () => {
    let nowMs = 1_000;
    const store = await openSqlNameStore(":memory:", { forgetAfterMs: 500, nowMs: () => nowMs });
    for (const service of ["A1.B1", "A2.B2"]) await store.put(service, entry);
    await store.remove("A1.B1");
    nowMs += 1_000;
    await store.remove("A2.B2");
    expect(await store.changesSince(2)).toBe("reset");
    expect(await store.changesSince(3)).toEqual([{ kind: "remove", revision: 4, service: "A2.B2" }]);
    await store.close();
  });

  it("follows from positions of earlier openings, each as far as it went", async () => {
    const path = nextPath();
    const epochs: string[] = [];
    for (const count of [2, 0, 3]) {
      const store = await openSqlNameStore(path);
      epochs.push(store.epoch);
      for (let n = 0; n < count; n += 1) await store.put(`A${epochs.length}.B${n}`, entry);
      await store.close();
    }
    const store = await openSqlNameStore(path);
    const [first = "", second = "", third = ""] = epochs;
    expect(await store.changesSince(1, first)).toHaveLength(4);
    expect(await store.changesSince(3, first), "the first opening ended at 2").toBe("reset");
    expect(await store.changesSince(2, second)).toHaveLength(3);
    expect(await store.changesSince(4, third)).toHaveLength(1);
    expect(await store.changesSince(5, third)).toEqual([]);
    expect(await store.changesSince(6, third)).toBe("reset");
    await store.close();
  });

  it("restored from a backup takes no position of after the backup for its own, though it counts the same revisions", async () => {
    const [path, backup] = [nextPath(), nextPath()];
    const before = await openSqlNameStore(path);
    await before.put("A1.B1", entry);
    await before.close();
    const raw = await openSqlite(path, { migrations: NAME_MIGRATIONS });
    await raw.backup(backup);
    await raw.close();
    const lost = await openSqlNameStore(path);
    await lost.put("A2.B2", entry);
    const ahead = { epoch: lost.epoch, revision: 2 };
    await lost.close();
    const restored = await openSqlNameStore(backup);
    await restored.put("A3.B3", entry);
    await restored.put("A4.B4", entry);
    expect(await restored.changesSince(ahead.revision, ahead.epoch)).toBe("reset");
    expect(await restored.knows(ahead)).toBe(false);
    expect(await restored.changesSince(1, before.epoch)).toHaveLength(2);
    await restored.close();
  });

  it("keeps no more tombstones than it may", async () => {
    const store = await openSqlNameStore(":memory:", { maxTombstones: 3 });
    const names = ["A1.B1", "A2.B2", "A3.B3", "A4.B4", "A5.B5"];
    for (const service of names) await store.put(service, entry);
    for (const service of names) await store.remove(service);
    expect(await store.changesSince(6)).toBe("reset");
    const followed = await store.changesSince(7);
    expect(followed).toHaveLength(3);
    expect(await store.knows({ epoch: store.epoch, revision: 6 }), "known, though not to be followed").toBe(true);
    await store.close();
  });

  it("opens a database of the first version and fills in what it lacks", async () => {
    const path = nextPath();
    const old = await openSqlite<NameTables>(path, { migrations: NAME_MIGRATIONS.slice(0, 1) });
    const instances = JSON.stringify([{ host: "10.0.0.1", port: 80, transport: "tcp", weight: 50 }]);
    const row = { service: "A1.B1", policy: "odd", instances, revision: 4, removed: 0, changed_at_ms: 1 };
    await old.db
      .insertInto("names")
      .values(row as never)
      .execute();
    await old.db.updateTable("name_revision").set({ revision: 4 }).execute();
    await old.close();
    const store = await openSqlNameStore(path);
    expect(await store.get("A1.B1")).toEqual({
      ...{ service: "A1.B1", policy: "odd", check: "none", locality: "none", partition: false, revision: 4 },
      instances: [{ host: "10.0.0.1", port: 80, transport: "tcp", weight: 50, zone: "", rack: "", set: "" }],
    });
    await store.close();
  });
});
