import { expect, it } from "vitest";
import type { InstanceRow, ServiceStore } from "./service-store.js";

const group = (name: string) => ({ name, kind: "standard" as const, createdAtMs: 1 });
const service = (first: string, second: string) => ({
  first,
  second,
  language: "java",
  port: 80,
  memo: "m",
  settings: { policy: "odd", locality: "zone", partition: true, check: "tcp", tuning: {} } as const,
  createdAtMs: 2,
});
const instance = (host: string, second = "A1", port = 80): InstanceRow => ({
  host,
  port,
  first: "Flight",
  second,
  transport: "tcp",
  weight: 5,
  labels: { zone: "z1", rack: "", set: "" },
  status: "disabled",
  releaseMemo: "",
  createdAtMs: 3,
});

async function seed(store: ServiceStore): Promise<void> {
  await store.addGroup(group("Flight"));
  await store.addService(service("Flight", "B1"));
  await store.addService(service("Flight", "A1"));
}

/** What every service store promises. */
export function serviceStoreContract(withStore: (work: (store: ServiceStore) => Promise<void>) => Promise<void>): void {
  it("keeps groups and services by name, case counts", () =>
    withStore(async (store) => {
      await seed(store);
      await store.addGroup(group("flight"));
      expect((await store.listGroups()).map((row) => row.name)).toEqual(["Flight", "flight"]);
      expect(await store.findGroup("Flight")).toEqual(group("Flight"));
      expect(await store.findService("Flight", "A1")).toEqual({ ...service("Flight", "A1"), kind: "standard" });
      expect(await store.findService("flight", "A1")).toBeUndefined();
      expect((await store.listServicesOf("Flight")).map((row) => row.second)).toEqual(["A1", "B1"]);
      expect(await store.listServices()).toHaveLength(2);
      await store.removeGroup("flight");
      expect(await store.findGroup("flight")).toBeUndefined();
    }));

  it("refuses what would lose its parent, and the same thing twice", () =>
    withStore(async (store) => {
      await seed(store);
      await expect(store.removeGroup("Flight")).rejects.toThrow();
      await expect(store.addService(service("Nowhere", "A1"))).rejects.toThrow();
      await expect(store.addGroup(group("Flight"))).rejects.toThrow();
      await store.addInstance(instance("10.0.0.1"));
      await expect(store.addInstance(instance("10.0.0.1"))).rejects.toThrow();
      await expect(store.addInstance(instance("10.0.0.2", "C1"))).rejects.toThrow();
    }));

  it("keeps instances by address", () =>
    withStore(async (store) => {
      await seed(store);
      for (const row of [instance("10.0.0.2"), instance("10.0.0.1"), instance("10.0.0.1", "B1", 81)])
        await store.addInstance(row);
      expect((await store.listInstances("Flight", "A1")).map((row) => row.host)).toEqual(["10.0.0.1", "10.0.0.2"]);
      expect(await store.listAllInstances()).toHaveLength(3);
      expect((await store.listInstancesOnHost("10.0.0.1")).map((row) => row.second)).toEqual(["A1", "B1"]);
      const ref = instance("10.0.0.1");
      await store.updateInstance(ref, { status: "enabled", weight: 7 });
      const change = { releaseMemo: "11221530first", labels: { zone: "", rack: "r", set: "s" } };
      await store.updateInstance(ref, change);
      await store.updateInstance(ref, {});
      expect(await store.findInstance(ref)).toEqual({ ...ref, status: "enabled", weight: 7, ...change });
      expect(await store.findInstance(instance("10.0.0.1", "B1", 81))).toEqual(instance("10.0.0.1", "B1", 81));
      expect(await store.findInstance(instance("10.0.0.1", "A1", 81))).toBeUndefined();
      await store.removeInstance(ref);
      expect(await store.findInstance(ref)).toBeUndefined();
    }));

  it("keeps instances of several services at one address apart", () =>
    withStore(async (store) => {
      await seed(store);
      await store.addInstance(instance("fd00::5"));
      await store.addInstance(instance("fd00::5", "B1"));
      await store.updateInstance(instance("fd00::5", "B1"), { status: "enabled" });
      expect(await store.listInstancesAt({ host: "fd00::5", port: 80 })).toMatchObject([
        { second: "A1", status: "disabled" },
        { second: "B1", status: "enabled" },
      ]);
      await store.removeInstance(instance("fd00::5", "B1"));
      expect(await store.listInstancesAt({ host: "fd00::5", port: 80 })).toMatchObject([{ second: "A1" }]);
    }));

  it("changes settings and note of a service", () =>
    withStore(async (store) => {
      await seed(store);
      const settings = {
        policy: "adaptive",
        locality: "rack",
        partition: false,
        check: "none",
        tuning: { success_ratio_base: 0.9 },
      } as const;
      await store.updateService("Flight", "A1", { settings });
      await store.updateService("Flight", "A1", { memo: "n" });
      await store.updateService("Flight", "A1", {});
      expect(await store.findService("Flight", "A1")).toMatchObject({ settings, memo: "n", port: 80 });
      expect(await store.findService("Flight", "B1")).toMatchObject(service("Flight", "B1"));
    }));

  it("takes the instances away with their service", () =>
    withStore(async (store) => {
      await seed(store);
      await store.addInstance(instance("10.0.0.1"));
      await store.addInstance(instance("10.0.0.2", "B1"));
      await store.removeService("Flight", "A1");
      expect((await store.listAllInstances()).map((row) => row.host)).toEqual(["10.0.0.2"]);
    }));
}
