import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, silentLogger, systemClock } from "@msec/core";
import { openSqlite } from "@msec/sql";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "../database/database.js";
import { migrations } from "../database/migrations.js";
import { appendAudit } from "./audit-chain.js";
import { AuditService } from "./audit-service.js";

let directory: string;
let database: Database;
let monotonicMs = 0;
const clock: Clock = { ...systemClock, monotonicMs: () => monotonicMs };

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "msec-audit-"));
  database = await openDatabase(join(directory, "console.db"));
  for (let i = 1; i <= 5; i++) await append(`event ${i}`);
});
afterEach(async () => {
  await database.close();
  await rm(directory, { recursive: true, force: true });
});

const append = (text: string) =>
  appendAudit(database.stores.audit, { atMs: 1000, actor: "olga", action: "group.create", target: "Flight", text });
const service = () => new AuditService({ database, clock, logger: silentLogger });
/** Somebody with access to the file. */
async function tamper(statement: string): Promise<void> {
  const sqlite = await openSqlite(join(directory, "console.db"), { migrations });
  await sql.raw(statement).execute(sqlite.db);
  await sqlite.close();
}

describe("the audit chain", () => {
  it("is intact when nobody touched it, and goes on", async () => {
    const audit = service();
    expect(await audit.verify()).toBe(true);
    await append("event 6");
    const { entries, chainIntact } = await audit.list({ limit: 2 });
    expect(chainIntact).toBe(true);
    expect(entries.map((entry) => entry.text)).toEqual(["event 6", "event 5"]);
  });

  it.each([
    ["a changed text", "UPDATE audit_entries SET text = 'nothing' WHERE entry_id = 3"],
    ["a changed time", "UPDATE audit_entries SET at_ms = 1 WHERE entry_id = 1"],
    ["another author", "UPDATE audit_entries SET actor = 'eve' WHERE entry_id = 5"],
    ["a removed entry", "DELETE FROM audit_entries WHERE entry_id = 2"],
    ["a removed beginning", "DELETE FROM audit_entries WHERE entry_id = 1"],
    ["a changed hash", "UPDATE audit_entries SET hash = 'x' WHERE entry_id = 4"],
  ])("shows %s", async (_, statement) => {
    await tamper(statement);
    expect((await service().list({ limit: 10 })).chainIntact).toBe(false);
  });

  it("is checked whole again after a while, also when it was intact before", async () => {
    const audit = service();
    expect(await audit.verify()).toBe(true);
    await tamper("UPDATE audit_entries SET text = 'nothing' WHERE entry_id = 3");
    monotonicMs += 30_000;
    expect(await audit.verify()).toBe(false);
    expect(await audit.verify()).toBe(false);
  });
});
