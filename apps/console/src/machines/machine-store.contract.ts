import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JoinTokenRow, MachineRow, MachineStore } from "./machine-store.js";

export interface OpenMachineStore {
  readonly store: MachineStore;
  close(): Promise<void>;
}

const machine = (machineId: string, change: Partial<MachineRow> = {}): MachineRow => ({
  machineId,
  name: `name of ${machineId}`,
  address: `10.0.0.${machineId}`,
  publicKey: "AAAA",
  agentVersion: "0.1.0",
  platform: "linux",
  labels: { zone: "z1", rack: "r2", set: "blue" },
  joinedAtMs: 1,
  lastSeenAtMs: 2,
  ...change,
});

const token = (tokenId: string, createdAtMs = 1): JoinTokenRow => ({
  tokenId,
  secretHash: "h",
  createdBy: "admin",
  createdAtMs,
  expiresAtMs: 9,
  usedBy: null,
});

/** What every machine store promises. */
export function machineStoreContract(name: string, open: () => Promise<OpenMachineStore>): void {
  describe(`${name} keeps machines`, () => {
    let opened: OpenMachineStore;
    let store: MachineStore;
    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.close());

    it("by id and by address", async () => {
      await store.add(machine("2"));
      await store.add(machine("1"));
      expect(await store.list()).toEqual([machine("1"), machine("2")]);
      expect(await store.byId("2")).toEqual(machine("2"));
      expect(await store.byAddress("10.0.0.1")).toEqual(machine("1"));
      expect(await store.byId("3")).toBeUndefined();
      expect(await store.byAddress("10.0.0.3")).toBeUndefined();
    });

    it("with one machine per id and address", async () => {
      await store.add(machine("1"));
      await expect(store.add(machine("1", { address: "10.0.0.9" }))).rejects.toThrow();
      await expect(store.add(machine("2", { address: "10.0.0.1" }))).rejects.toThrow();
      expect(await store.list()).toEqual([machine("1")]);
    });

    it("with the facts that were told last, if the machine is known", async () => {
      await store.add(machine("1"));
      await store.add(machine("2"));
      const facts = { name: "n", address: "10.0.0.7", agentVersion: "2", platform: "p", lastSeenAtMs: 7 };
      expect(await store.setFacts("1", facts)).toBe(true);
      expect(await store.setFacts("3", facts)).toBe(false);
      await store.setSeen("2", 8);
      expect(await store.list()).toEqual([machine("2", { lastSeenAtMs: 8 }), machine("1", facts)]);
    });

    it("until they are removed", async () => {
      await store.add(machine("1"));
      await store.remove("1");
      await store.remove("1");
      expect(await store.list()).toEqual([]);
    });
  });

  describe(`${name} keeps join tokens`, () => {
    let opened: OpenMachineStore;
    let store: MachineStore;
    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.close());

    it("newest first", async () => {
      await store.addToken(token("a", 1));
      await store.addToken(token("b", 2));
      expect(await store.tokens()).toEqual([token("b", 2), token("a", 1)]);
      expect(await store.token("a")).toEqual(token("a"));
      expect(await store.token("c")).toBeUndefined();
    });

    it("that are used once", async () => {
      await store.addToken(token("a"));
      await store.addToken(token("b"));
      expect(await store.useToken("a", "m1")).toBe(true);
      expect(await store.useToken("a", "m2")).toBe(false);
      expect(await store.useToken("c", "m2")).toBe(false);
      expect(await store.token("a")).toMatchObject({ usedBy: "m1" });
      expect(await store.token("b")).toMatchObject({ usedBy: null });
    });
  });
}
