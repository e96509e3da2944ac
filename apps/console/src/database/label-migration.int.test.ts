import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite } from "@msec/sql";
import { sql } from "kysely";
import { expect, it, onTestFinished } from "vitest";
import { openDatabase } from "./database.js";
import { migrations } from "./migrations.js";

it("a database from before labels keeps its instances and gets the settings its services had", async () => {
  const directory = await mkdtemp(join(tmpdir(), "msec-migration-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, "console.db");
  const before = migrations.findIndex((each) => each.id === "0008-labels");
  const old = await openSqlite<object>(path, { migrations: migrations.slice(0, before), durable: true });
  for (const text of [
    `INSERT INTO service_groups VALUES ('Flight', 'standard', 1), ('Database', 'external', 1), ('RESERVED', 'external', 1)`,
    `INSERT INTO services VALUES ('Flight', 'mod', 'java', 80, 'm', 1), ('Database', 'mysql', '', 0, '', 1),
      ('RESERVED', 'log', '', 0, '', 1)`,
    `INSERT INTO instances VALUES ('10.0.0.1', 80, 'Flight', 'mod', 'tcp', 7, 'enabled', '11221530first', 3)`,
    `INSERT INTO machines VALUES ('a', 'web', '10.0.0.1', 'k', '0.1.0', 'linux', 1, 2)`,
  ])
    await sql.raw(text).execute(old.db);
  await old.close();

  const { stores, close } = await openDatabase(path);
  onTestFinished(close);
  const none = { zone: "", rack: "", set: "" };
  expect(await stores.services.listAllInstances()).toEqual([
    {
      ...{ host: "10.0.0.1", port: 80, first: "Flight", second: "mod", transport: "tcp", weight: 7, labels: none },
      ...{ status: "enabled", releaseMemo: "11221530first", createdAtMs: 3 },
    },
  ]);
  const settings = (await stores.services.listServices()).map((row) => [
    row.second,
    row.settings.policy,
    row.settings.check,
  ]);
  expect(settings).toEqual([
    ["mysql", "odd", "tcp"],
    ["mod", "adaptive", "none"],
    ["log", "odd", "none"],
  ]);
  expect((await stores.machines.byAddress("10.0.0.1"))?.labels).toEqual(none);
  await stores.services.removeService("Flight", "mod");
  expect(await stores.services.listAllInstances(), "gone with their service").toEqual([]);
});
