import { systemClock } from "@msec/core";
import { FailingNameStore, MemoryNameStore, type NameStore, NO_LABELS } from "@msec/naming";
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

const places = new Map([["10.0.0.1", { zone: "z1", rack: "r1", set: "" }]]);
const make = (store: NameStore) => new CapacityService({ services, names: store, labels: async () => places });

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
  const failing = make(new FailingNameStore());
  await expect(failing.change(name, expand)).rejects.toThrow();
  expect((await services.instances(name)).map(({ status }) => status)).toEqual(["enabled", "enabled"]);
  const { revision } = await names.put("Old.gone", { policy: "odd", instances: [] });
  await make(names).reconcile();
  expect(await inTraffic()).toEqual(["10.0.0.1", "10.0.0.2"]);
  expect(await names.get("Old.gone")).toBeUndefined();
  const after = await names.snapshot();
  expect(after.revision).toBeGreaterThan(revision);
  await make(names).reconcile();
  expect(await names.snapshot(), "what is right already is not changed").toEqual(after);
});

it("changes take turns, so the name store ends with what the last one left", async () => {
  const capacity = make(names);
  const shrink = (address: string) =>
    capacity.change(name, { ...expand, action: "shrink", addresses: [address] }).catch((e: Error) => e);
  await Promise.all([capacity.change(name, expand), shrink("10.0.0.1:80"), shrink("10.0.0.2:80")]);
  expect(await inTraffic()).toEqual(["10.0.0.2"]);
  const again = await capacity.change(name, { ...expand, addresses: ["10.0.0.2:80"] });
  expect(again.text).toBe("nothing changes: these instances are so already");
  await capacity.unpublish(name);
  expect(await inTraffic()).toBeUndefined();
});

it("joins the labels of machines into the instances on them; their own come first", async () => {
  const capacity = make(names);
  await capacity.change(name, expand);
  expect((await names.get("Flight.mod"))?.instances).toMatchObject([
    { host: "10.0.0.1", zone: "z1", rack: "r1", set: "" },
    { host: "10.0.0.2", ...NO_LABELS },
  ]);
  const mysql = { first: "Database", second: "mysql" };
  await services.createGroup(actor, { name: "Database", kind: "external" });
  await services.create(actor, mysql);
  const own = { zone: "z9", rack: "", set: "blue" };
  await services.addInstances(actor, mysql, { addresses: ["10.0.0.1:3306", "[FD00::5]:3306"], labels: own });
  await services.addInstances(actor, mysql, { addresses: ["10.0.0.1:3307"] });
  const at = ["10.0.0.1:3306", "[fd00::5]:3306", "10.0.0.1:3307"];
  const { inTraffic } = await capacity.change(mysql, { ...expand, addresses: at });
  expect([...inTraffic].toSorted()).toEqual(at.toSorted());
  places.set("10.0.0.1", { zone: "z2", rack: "", set: "" });
  await capacity.publishHost("10.0.0.1");
  const published = await names.get("Database.mysql");
  expect(published).toMatchObject({ policy: "odd", check: "tcp", locality: "none", partition: false });
  const zoneOf = (port: number) => published?.instances.find((each) => each.port === port)?.zone;
  expect([zoneOf(3306), zoneOf(3307)]).toEqual(["z9", "z2"]);
  expect((await names.get("Flight.mod"))?.instances[0]).toMatchObject({ zone: "z2" });
});
