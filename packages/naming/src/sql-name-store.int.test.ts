import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nameStoreContract } from "./name-store.contract.js";
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
});
