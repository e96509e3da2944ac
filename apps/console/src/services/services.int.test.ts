import type { ApiClient } from "@msec/api-schema";
import { parseHostPort } from "@msec/core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../database/database.js";
import { clientWithRole, startTestConsole, type TestConsole } from "../testing/test-console.js";

let app: TestConsole;
let api: ApiClient;
let n = 0;
let first = "";

beforeAll(async () => {
  app = await startTestConsole();
  api = await clientWithRole(app, "admin");
});
afterAll(() => app.stop());
beforeEach(async () => {
  first = `Flight${n++}`;
  await api("groups.create", { body: { name: first, kind: "standard" } });
});

const flight = () => ({ first, second: "mod_flight" });
const addService = (body = {}) => api("services.create", { body: { ...flight(), ...body } });
const addHosts = (hosts: string[]) => api("instances.create", { params: flight(), body: { hosts } });
/** What expanding and shrinking do to the row; the routes of capacity are not used here. */
async function setStatus(address: string, status: "enabled" | "disabled"): Promise<void> {
  const database = await openDatabase(`${app.home}/console/console.db`);
  const { services } = database.stores;
  const rows = await services.listInstancesAt(parseHostPort(address));
  for (const row of rows) await services.updateInstance(row, { status });
  await database.close();
}

describe("groups", () => {
  it.each(["agent", "console", "backup", "RESERVED", "Agent"])("may not be named %s", async (name) => {
    await expect(api("groups.create", { body: { name, kind: "standard" } })).rejects.toMatchObject({
      reason: "CON_GROUP_NAME_RESERVED",
    });
  });

  it("exist once", async () => {
    await expect(api("groups.create", { body: { name: first, kind: "external" } })).rejects.toMatchObject({
      reason: "CON_GROUP_EXISTS",
      code: "ALREADY_EXISTS",
    });
  });

  it("go only when they are empty", async () => {
    await addService();
    await expect(api("groups.delete", { params: { first } })).rejects.toMatchObject({
      reason: "CON_GROUP_NOT_EMPTY",
      details: { services: [`${first}.mod_flight`] },
    });
    await api("services.delete", { params: flight() });
    await api("groups.delete", { params: { first } });
    await expect(api("groups.delete", { params: { first } })).rejects.toMatchObject({ reason: "CON_GROUP_UNKNOWN" });
  });

  it("of the platform are there and stay", async () => {
    const { groups, services } = await api("services.list");
    expect(groups.find((group) => group.name === "RESERVED")?.kind).toBe("external");
    expect(services.filter((s) => s.first === "RESERVED").map((s) => s.second)).toEqual(["log", "monitor"]);
    const protectedOnes = [
      api("groups.delete", { params: { first: "RESERVED" } }),
      api("services.delete", { params: { first: "RESERVED", second: "monitor" } }),
      api("services.delete", { params: { first: "RESERVED", second: "log" } }),
      api("services.create", { body: { first: "RESERVED", second: "more" } }),
    ];
    for (const refused of protectedOnes)
      await expect(refused).rejects.toMatchObject({ reason: "CON_PLATFORM_PROTECTED" });
  });
});

describe("services", () => {
  it("are in TypeScript on port 7963 unless told otherwise", async () => {
    expect(await addService()).toMatchObject({
      ...flight(),
      kind: "standard",
      language: "typescript",
      port: 7963,
      memo: "",
      health: "unknown",
      healthText: "no instances yet",
      instanceCount: 0,
    });
    const other = { first, second: "other", language: "c++", port: 8090, memo: "old" } as const;
    await api("services.create", { body: other });
    expect(await api("services.get", { params: { first, second: "other" } })).toMatchObject(other);
  });

  it("exist once and need their group", async () => {
    await addService();
    await expect(addService()).rejects.toMatchObject({ reason: "CON_SERVICE_EXISTS" });
    await expect(api("services.create", { body: { first: "Nowhere", second: "mod_flight" } })).rejects.toMatchObject({
      reason: "CON_GROUP_UNKNOWN",
    });
    await expect(api("services.get", { params: { first, second: "unknown" } })).rejects.toMatchObject({
      reason: "CON_SERVICE_UNKNOWN",
      code: "NOT_FOUND",
    });
  });

  it.each([
    ["one letter", { second: "x" }],
    ["17 letters", { second: "abcdefghijklmnopq" }],
    ["a digit first", { second: "1flight" }],
    ["a dash", { second: "mod-flight" }],
    ["a dot", { second: "mod.flight" }],
    ["port 0", { second: "ok", port: 0 }],
    ["port 65536", { second: "ok", port: 65_536 }],
    ["an unknown language", { second: "ok", language: "cobol" }],
    ["a memo of 141 characters", { second: "ok", memo: "m".repeat(141) }],
  ])("are refused with %s", async (_, body) => {
    await expect(api("services.create", { body: { first, ...body } as never })).rejects.toMatchObject({
      reason: "CON_INPUT_INVALID",
    });
  });

  it("that are external have no language and no port", async () => {
    await api("groups.create", { body: { name: `${first}x`, kind: "external" } });
    const name = { first: `${first}x`, second: "mysql" };
    for (const field of [{ language: "java" }, { port: 3306 }] as const)
      await expect(api("services.create", { body: { ...name, ...field } })).rejects.toMatchObject({
        reason: "CON_FIELD_NOT_FOR_KIND",
        details: { field: Object.keys(field)[0] },
      });
    expect(await api("services.create", { body: name })).toMatchObject({ kind: "external", language: "", port: 0 });
  });

  it("stay while an instance is in traffic, external ones too; else everything goes with them", async () => {
    await api("groups.create", { body: { name: `${first}x`, kind: "external" } });
    const mysql = { first: `${first}x`, second: "mysql" };
    await api("services.create", { body: mysql });
    await api("instances.create", { params: mysql, body: { addresses: ["10.1.0.1:3306", "10.1.0.2:3306"] } });
    await setStatus("10.1.0.1:3306", "enabled");
    await expect(api("services.delete", { params: mysql })).rejects.toMatchObject({
      reason: "CON_SERVICE_IN_TRAFFIC",
      details: { addresses: ["10.1.0.1:3306"] },
    });

    await addService();
    await addHosts(["10.1.0.3"]);
    await api("configs.create", { params: flight(), body: { tag: "v1", content: "" } });
    await api("services.delete", { params: flight() });
    await addService();
    expect(await api("instances.list", { params: flight() })).toEqual({ instances: [] });
    expect(await api("configs.list", { params: flight() })).toEqual({ versions: [] });
  });
});

describe("instances", () => {
  it("of a standard service take its port and begin out of traffic", async () => {
    await addService({ port: 8090 });
    const { instances } = await addHosts(["10.2.0.1", "10.2.0.2"]);
    expect(instances.map((i) => i.address)).toEqual(["10.2.0.1:8090", "10.2.0.2:8090"]);
    expect(instances[0]).toMatchObject({ status: "disabled", transport: "all", weight: 100, releaseMemo: "" });
    expect(instances[0]).toMatchObject({ machineId: null, machineState: "absent", process: { state: "unknown" } });
    expect(await api("instances.list", { params: flight() })).toEqual({ instances });
    expect(await api("services.get", { params: flight() })).toMatchObject({ instanceCount: 2, enabledCount: 0 });
  });

  it("of a java service speak tcp", async () => {
    await addService({ language: "java" });
    expect((await addHosts(["10.2.0.3"])).instances[0]?.transport).toBe("tcp");
  });

  it("are added all or none; the answer tells whose each address is", async () => {
    await addService({ port: 8091 });
    await api("services.create", { body: { first, second: "other", port: 8091 } });
    await api("instances.create", { params: { first, second: "other" }, body: { hosts: ["10.3.0.1"] } });
    await addHosts(["10.3.0.2"]);
    await expect(addHosts(["10.3.0.9", "10.3.0.1", "10.3.0.2"])).rejects.toMatchObject({
      reason: "CON_INSTANCE_TAKEN",
      message: expect.stringContaining(
        `10.3.0.1:8091 belongs to ${first}.other, 10.3.0.2:8091 belongs to ${first}.mod`,
      ),
      details: {
        conflicts: [
          { address: "10.3.0.1:8091", service: `${first}.other` },
          { address: "10.3.0.2:8091", service: `${first}.mod_flight` },
        ],
      },
    });
    expect((await api("instances.list", { params: flight() })).instances.map((i) => i.address)).toEqual([
      "10.3.0.2:8091",
    ]);
  });

  it.each([
    ["an address twice", { hosts: ["10.4.0.1", "10.4.0.1"] }, "CON_INSTANCE_REPEATED"],
    ["ip:port for a standard service", { addresses: ["10.4.0.1:80"] }, "CON_FIELD_NOT_FOR_KIND"],
    ["nothing", {}, "CON_FIELD_NOT_FOR_KIND"],
    ["an empty list", { hosts: [] }, "CON_INPUT_INVALID"],
    ["101 hosts", { hosts: Array.from({ length: 101 }, (_, i) => `10.5.0.${i}`) }, "CON_INPUT_INVALID"],
    ["10.4.0.256", { hosts: ["10.4.0.256"] }, "CON_INPUT_INVALID"],
    ["a host name", { hosts: ["localhost"] }, "CON_INPUT_INVALID"],
    ["0.0.0.0", { hosts: ["0.0.0.0"] }, "CON_HOST_NOT_USABLE"],
    ["a multicast address", { hosts: ["224.0.0.1"] }, "CON_HOST_NOT_USABLE"],
    ["weight 0", { hosts: ["10.4.0.1"], weight: 0 }, "CON_INPUT_INVALID"],
  ])("are refused with %s", async (_, body, reason) => {
    await addService();
    await expect(api("instances.create", { params: flight(), body })).rejects.toMatchObject({ reason });
  });

  it("of external services are ip:port, checked", async () => {
    await api("groups.create", { body: { name: `${first}x`, kind: "external" } });
    const params = { first: `${first}x`, second: "mysql" };
    await api("services.create", { body: params });
    const refused = [
      { body: { addresses: ["10.6.0.1:0"] }, reason: "NET_ADDRESS_INVALID" },
      { body: { addresses: ["10.6.0.999:80"] }, reason: "NET_ADDRESS_INVALID" },
      { body: { hosts: ["10.6.0.1"] }, reason: "CON_FIELD_NOT_FOR_KIND" },
    ];
    for (const { body, reason } of refused)
      await expect(api("instances.create", { params, body })).rejects.toMatchObject({ reason });
    const { instances } = await api("instances.create", {
      params,
      body: { addresses: ["10.6.0.1:3306"], transport: "tcp", weight: 7 },
    });
    expect(instances).toMatchObject([{ address: "10.6.0.1:3306", transport: "tcp", weight: 7 }]);
  });

  it("go only out of traffic, and only from their own service", async () => {
    await addService({ port: 8092 });
    await api("services.create", { body: { first, second: "other" } });
    await addHosts(["10.7.0.1"]);
    const at = { ...flight(), address: "10.7.0.1:8092" };
    await expect(api("instances.delete", { params: { ...at, second: "other" } })).rejects.toMatchObject({
      reason: "CON_INSTANCE_UNKNOWN",
    });
    await setStatus(at.address, "enabled");
    await expect(api("instances.delete", { params: at })).rejects.toMatchObject({ reason: "CON_INSTANCE_IN_TRAFFIC" });
    await setStatus(at.address, "disabled");
    await api("instances.delete", { params: at });
    await expect(api("instances.delete", { params: at })).rejects.toMatchObject({ reason: "CON_INSTANCE_UNKNOWN" });
  });
});
