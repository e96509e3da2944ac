import { systemClock } from "@msec/core";
import { FailingNameStore, MemoryNameStore } from "@msec/naming";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Database, openDatabase } from "../database/database.js";
import { ServiceService } from "../services/service-service.js";
import { CapacityService } from "./capacity-service.js";

const actor = { kind: "user", name: "admin", role: "admin", expiresAtMs: 0 } as const;
const name = { first: "Flight", second: "mod" };
const addresses = ["10.0.0.1:80", "10.0.0.2:80"];
const expand = { action: "expand", addresses, dryRun: false, allowEmpty: false } as const;

let database: Database;
let services: ServiceService;
let names: MemoryNameStore;

beforeEach(async () => {
  database = await openDatabase(":memory:");
  services = new ServiceService({ database, clock: systemClock });
  names = new MemoryNameStore();
  await services.createGroup(actor, { name: name.first, kind: "standard" });
  await services.create(actor, { ...name, port: 80 });
  await services.addInstances(actor, name, { hosts: ["10.0.0.1", "10.0.0.2"] });
});
afterEach(async () => {
  await names.close();
  await database.close();
});

const inTraffic = async () => (await names.get("Flight.mod"))?.instances.map(({ host }) => host);

it("a change that the name store refused is kept and published by the next start", async () => {
  const failing = new CapacityService({ services, names: new FailingNameStore() });
  await expect(failing.change(name, expand)).rejects.toThrow();
  expect((await services.instances(name)).map(({ status }) => status)).toEqual(["enabled", "enabled"]);
  const { revision } = await names.put("Old.gone", { policy: "odd", instances: [] });
  await new CapacityService({ services, names }).reconcile();
  expect(await inTraffic()).toEqual(["10.0.0.1", "10.0.0.2"]);
  expect(await names.get("Old.gone")).toBeUndefined();
  const after = await names.snapshot();
  expect(after.revision).toBeGreaterThan(revision);
  await new CapacityService({ services, names }).reconcile();
  expect(await names.snapshot(), "what is right already is not changed").toEqual(after);
});

it("changes take turns, so the name store ends with what the last one left", async () => {
  const capacity = new CapacityService({ services, names });
  const shrink = (address: string) =>
    capacity.change(name, { ...expand, action: "shrink", addresses: [address] }).catch((e: Error) => e);
  await Promise.all([capacity.change(name, expand), shrink("10.0.0.1:80"), shrink("10.0.0.2:80")]);
  expect(await inTraffic()).toEqual(["10.0.0.2"]);
  const again = await capacity.change(name, { ...expand, addresses: ["10.0.0.2:80"] });
  expect(again.text).toBe("nothing changes: these instances are so already");
  await capacity.unpublish(name);
  expect(await inTraffic()).toBeUndefined();
});
