import { expect, it } from "vitest";
import type { Stores } from "../database/database.js";
import type { VersionRow } from "./version-store.js";

const version = (tag: string, more: Partial<VersionRow> = {}): VersionRow => ({
  kind: "config",
  first: "Flight",
  second: "A1",
  tag,
  memo: "m",
  author: "olga",
  createdAtMs: 1,
  sizeBytes: 3,
  sha256: `hash of ${tag}`,
  ...more,
});

/** What every version store promises. Needs the services that versions belong to. */
export function versionStoreContract(withStores: (work: (stores: Stores) => Promise<void>) => Promise<void>): void {
  const withService = (work: (stores: Stores) => Promise<void>) =>
    withStores(async (stores) => {
      await stores.services.addGroup({ name: "Flight", kind: "standard", createdAtMs: 1 });
      await stores.services.addService({
        first: "Flight",
        second: "A1",
        language: "",
        port: 1,
        memo: "",
        settings: { policy: "odd", locality: "none", partition: false, check: "none", tuning: {} },
        createdAtMs: 1,
      });
      await work(stores);
    });

  it("keeps versions of each kind apart, newest first", () =>
    withService(async ({ versions }) => {
      for (const row of [version("v1"), version("v2", { createdAtMs: 5 }), version("v1", { kind: "idl" })])
        expect(await versions.add(row, `text of ${row.kind} ${row.tag}`)).toBe(true);
      expect((await versions.list("config", "Flight", "A1")).map((row) => row.tag)).toEqual(["v2", "v1"]);
      expect(await versions.find(version("v1", { kind: "idl" }))).toEqual(version("v1", { kind: "idl" }));
      expect(await versions.readContent(version("v1"))).toBe("text of config v1");
      expect(await versions.find(version("v1", { kind: "plugin" }))).toBeUndefined();
      await versions.remove(version("v1"));
      expect(await versions.find(version("v1"))).toBeUndefined();
      expect(await versions.find(version("v1", { kind: "idl" }))).toBeDefined();
    }));

  it("leaves a tag that exists as it is", () =>
    withService(async ({ versions }) => {
      await versions.add(version("v1"), "first");
      expect(await versions.add(version("v1", { memo: "other" }), "second")).toBe(false);
      expect([await versions.find(version("v1")), await versions.readContent(version("v1"))]).toEqual([
        version("v1"),
        "first",
      ]);
    }));

  it("knows plug-ins without a text, and all hashes once", () =>
    withService(async ({ versions }) => {
      await versions.add(version("p1", { kind: "plugin", sha256: "a" }), null);
      await versions.add(version("p2", { kind: "plugin", sha256: "a" }), null);
      await versions.add(version("v1", { sha256: "b" }), "");
      expect(await versions.readContent(version("p1", { kind: "plugin" }))).toBeUndefined();
      expect(await versions.readContent(version("v1"))).toBe("");
      expect([...(await versions.listHashes())].toSorted()).toEqual(["a", "b"]);
    }));

  it("takes versions away with their service", () =>
    withService(async ({ versions, services }) => {
      await versions.add(version("v1"), "text");
      await services.removeService("Flight", "A1");
      expect([...(await versions.listHashes())]).toEqual([]);
    }));
}
