import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { accountStoreContract } from "../accounts/account-store.contract.js";
import { auditStoreContract } from "../audit/audit-store.contract.js";
import { serviceStoreContract } from "../services/service-store.contract.js";
import { versionStoreContract } from "../versions/version-store.contract.js";
import { type Database, openDatabase } from "./database.js";

type WithDatabase = (work: (database: Database) => Promise<void>) => Promise<void>;

const inMemory: WithDatabase = async (work) => {
  const database = await openDatabase(":memory:");
  await work(database).finally(() => database.close());
};

const inFile: WithDatabase = async (work) => {
  const directory = await mkdtemp(join(tmpdir(), "msec-stores-"));
  const database = await openDatabase(join(directory, "console.db"));
  await work(database)
    .finally(() => database.close())
    .finally(() => rm(directory, { recursive: true, force: true }));
};

describe.each([
  ["in memory", inMemory],
  ["in a file", inFile],
])("stores %s", (_, withDatabase) => {
  describe("accounts", () => accountStoreContract((work) => withDatabase(({ stores }) => work(stores.accounts))));
  describe("services", () => serviceStoreContract((work) => withDatabase(({ stores }) => work(stores.services))));
  describe("versions", () => versionStoreContract((work) => withDatabase(({ stores }) => work(stores))));
  describe("audit", () => auditStoreContract((work) => withDatabase(({ stores }) => work(stores.audit))));

  it("settings", () =>
    withDatabase(async ({ stores: { settings } }) => {
      expect(await settings.get("a")).toBeUndefined();
      await settings.set("a", "1");
      await settings.set("a", "2");
      expect(await settings.get("a")).toBe("2");
      await settings.delete("a");
      expect(await settings.get("a")).toBeUndefined();
    }));

  it("a transaction is all or nothing", () =>
    withDatabase(async (database) => {
      const failing = database.transact(async ({ settings }) => {
        await settings.set("a", "1");
        throw new Error("no");
      });
      await expect(failing).rejects.toThrow("no");
      expect(await database.stores.settings.get("a")).toBeUndefined();
    }));
});

it("keeps everything in the file, which is for its owner only", async () => {
  const directory = await mkdtemp(join(tmpdir(), "msec-stores-"));
  const path = join(directory, "console.db");
  const first = await openDatabase(path);
  await first.stores.settings.set("a", "1");
  await first.close();
  const second = await openDatabase(path);
  expect(await second.stores.settings.get("a")).toBe("1");
  await second.backup(join(directory, "copy.db"));
  await second.close();
  const copy = await openDatabase(join(directory, "copy.db"));
  expect(await copy.stores.settings.get("a")).toBe("1");
  await copy.close();
  await rm(directory, { recursive: true, force: true });
});
