/** Foreign services, the platform's own, and where things are: labels and settings down to what agents are told. */
import type { ApiClient } from "@msec/api-schema";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ScriptedAgent } from "../testing/scripted-agent.js";
import { clientWithRole, startTestConsole, type TestConsole } from "../testing/test-console.js";

let app: TestConsole;
let api: ApiClient;

beforeAll(async () => {
  app = await startTestConsole();
  api = await clientWithRole(app, "admin");
  await api("groups.create", { body: { name: "Database", kind: "external" } });
  await api("groups.create", { body: { name: "Flight", kind: "standard" } });
});
afterAll(() => app.stop());

const named = async (service: string) => api("naming.get", { params: { service } });
const monitor = { first: "RESERVED", second: "monitor" };

async function agentAt(address: string): Promise<ScriptedAgent> {
  const { secret } = await api("joinTokens.create", { body: {} });
  const agent = new ScriptedAgent(secret, { address });
  onTestFinished(() => agent.close());
  return agent.joinAndConnect();
}

describe("the platform's own services", () => {
  const own = () => `127.0.0.1:${app.linkPort}`;

  it("are there before the first agent, at the address where metrics and logs go", async () => {
    const agent = await agentAt("10.20.0.1");
    for (const service of ["RESERVED.monitor", "RESERVED.log"]) {
      const instances = [{ host: "127.0.0.1", port: app.linkPort, transport: "tcp" }];
      expect(await named(service)).toMatchObject({ policy: "odd", check: "none", instances });
      await expect.poll(() => agent.pushes[0]?.services).toContainEqual(expect.objectContaining({ service }));
    }
    expect(await api("services.get", { params: monitor })).toMatchObject({ health: "well", enabledCount: 1 });
    await api("machines.delete", { params: { machineId: agent.agentId } });
  });

  it("are emptied only by who names them", async () => {
    const shrink = (more = {}) =>
      api("capacity.change", { params: monitor, body: { action: "shrink", addresses: [own()], ...more } });
    await expect(shrink()).rejects.toMatchObject({ reason: "CON_CAPACITY_WOULD_EMPTY" });
    const refused = {
      reason: "CON_PLATFORM_WOULD_EMPTY",
      message: expect.stringContaining('confirm "RESERVED.monitor"'),
    };
    await expect(shrink({ allowEmpty: true })).rejects.toMatchObject(refused);
    await expect(shrink({ allowEmpty: true, confirm: "monitor" })).rejects.toMatchObject(refused);
    expect((await named("RESERVED.monitor")).instances).toHaveLength(1);
    expect(await shrink({ allowEmpty: true, confirm: "RESERVED.monitor" })).toMatchObject({ inTraffic: [] });
    await api("capacity.change", { params: monitor, body: { action: "expand", addresses: [own()] } });
    await expect(api("instances.delete", { params: { ...monitor, address: own() } })).rejects.toMatchObject({
      reason: "CON_INSTANCE_IN_TRAFFIC",
    });
  });

  it("move with the console, and stay where people put them", async () => {
    const first = await startTestConsole();
    await first.stopOnly();
    const config = { home: first.home, telemetry: { logAddress: "10.20.0.9:30150" } };
    const second = await startTestConsole(config);
    onTestFinished(() => second.stop());
    const admin = await clientWithRole(second, "admin");
    const at = async (service: string) => (await admin("naming.get", { params: { service } })).instances;
    expect(await at("RESERVED.monitor")).toMatchObject([{ host: "127.0.0.1", port: second.linkPort }]);
    expect(await at("RESERVED.log")).toMatchObject([{ host: "10.20.0.9", port: 30_150 }]);
  });
});

describe("foreign services", () => {
  const mysql = { first: "Database", second: "mysql" };
  const addresses = ["10.21.0.1:3306", "[2001:DB8::1]:3306"];

  it("are registered by IPv4 and IPv6 address, expanded and shrunk like others", async () => {
    const created = await api("services.create", { body: mysql });
    expect(created.settings).toEqual({ policy: "odd", check: "tcp", locality: "none", partition: false, tuning: {} });
    const labels = { zone: "z1" };
    const { instances } = await api("instances.create", {
      params: mysql,
      body: { addresses, transport: "tcp", weight: 50, labels },
    });
    expect(instances.map((each) => each.address)).toEqual(["10.21.0.1:3306", "[2001:db8::1]:3306"]);
    expect(instances[1]).toMatchObject({ host: "2001:db8::1", labels: { zone: "z1", rack: "", set: "" } });
    expect(instances[1]).toMatchObject({ labelsFrom: "instance", process: { state: "unknown", text: "" } });
    await api("capacity.change", { params: mysql, body: { action: "expand", addresses } });
    expect((await named("Database.mysql")).instances).toMatchObject([
      { host: "10.21.0.1", transport: "tcp", weight: 50, zone: "z1" },
      { host: "2001:db8::1", transport: "tcp", weight: 50, zone: "z1" },
    ]);
  });

  it("change weight, protocol and labels in traffic", async () => {
    const params = { ...mysql, address: "[2001:db8::1]:3306" };
    const body = { weight: 7, transport: "all", labels: { rack: "r2", zone: "" } } as const;
    expect(await api("instances.update", { params, body })).toMatchObject({
      weight: 7,
      labels: { zone: "", rack: "r2" },
    });
    expect((await named("Database.mysql")).instances[1]).toMatchObject({ weight: 7, transport: "all", rack: "r2" });
    const wrong = { labels: { zone: "a b" } };
    await expect(api("instances.update", { params, body: wrong })).rejects.toMatchObject({
      reason: "CON_INPUT_INVALID",
    });
    const { entries } = await api("audit.list", { query: { limit: 5 } });
    expect(entries[0]).toMatchObject({
      action: "instance.update",
      text: "[2001:db8::1]:3306: transport tcp → all, weight 50 → 7, zone z1 → –, rack – → r2",
    });
  });

  it("may share an address with each other, not with a service of ours", async () => {
    const orders = { first: "Database", second: "orders" };
    await api("services.create", { body: orders });
    await api("instances.create", { params: orders, body: { addresses: ["10.21.0.1:3306"] } });
    await expect(
      api("instances.create", { params: orders, body: { addresses: ["10.21.0.1:3306"] } }),
    ).rejects.toMatchObject({ reason: "CON_INSTANCE_TAKEN" });
    const flight = { first: "Flight", second: "shared" };
    await api("services.create", { body: { ...flight, port: 3306 } });
    await expect(api("instances.create", { params: flight, body: { hosts: ["10.21.0.1"] } })).rejects.toMatchObject({
      details: { conflicts: [{ service: "Database.mysql" }, { service: "Database.orders" }] },
    });
    await api("capacity.change", { params: orders, body: { action: "expand", addresses: ["10.21.0.1:3306"] } });
    expect((await named("Database.orders")).instances).toMatchObject([{ weight: 100, zone: "" }]);
  });

  it("are not failing because msec runs no process there", async () => {
    await agentAt("10.21.0.1");
    const orders = { first: "Database", second: "orders" };
    expect(await api("services.get", { params: orders })).toMatchObject({ health: "unknown" });
  });
});

describe("labels and settings", () => {
  const flight = { first: "Flight", second: "near" };

  it("of machines go to their instances and their agent, and are kept when the agent is replaced", async () => {
    const agent = await agentAt("10.22.0.1");
    await api("services.create", { body: { ...flight, port: 80 } });
    await api("instances.create", { params: flight, body: { hosts: ["10.22.0.1", "10.22.0.2"] } });
    const addresses = ["10.22.0.1:80", "10.22.0.2:80"];
    await api("capacity.change", { params: flight, body: { action: "expand", addresses } });
    const params = { machineId: agent.agentId };
    const machine = await api("machines.setLabels", { params, body: { zone: "z1", rack: "r1" } });
    expect(machine.labels).toEqual({ zone: "z1", rack: "r1", set: "" });
    expect((await named("Flight.near")).instances).toMatchObject([
      { zone: "z1", rack: "r1" },
      { zone: "", rack: "" },
    ]);
    await expect.poll(() => agent.pushes.at(-1)?.local).toEqual({ zone: "z1", rack: "r1", set: "" });
    await api("machines.setLabels", { params, body: { set: "blue", rack: "" } });
    await expect.poll(() => agent.pushes.at(-1)?.local).toEqual({ zone: "z1", rack: "", set: "blue" });
    const { instances } = await api("instances.list", { params: flight });
    expect(instances[0]).toMatchObject({ labels: { zone: "z1", set: "blue" }, labelsFrom: "machine" });
    const refused = api("instances.update", { params: { ...flight, address: "10.22.0.1:80" }, body: { labels: {} } });
    await expect(refused).rejects.toMatchObject({ reason: "CON_FIELD_NOT_FOR_KIND" });
    agent.close();
    await expect.poll(async () => (await api("machines.get", { params })).state).toBe("away");
    const next = await agentAt("10.22.0.1");
    expect((await api("machines.get", { params: { machineId: next.agentId } })).labels.set).toBe("blue");
    await expect.poll(() => next.pushes[0]?.local).toEqual({ zone: "z1", rack: "", set: "blue" });
  });

  it("of a service are published as they change", async () => {
    const tuning = { success_ratio_base: 0.95, shaping_request_min: 20 };
    const settings = { policy: "consistent hash", locality: "rack", partition: true, tuning } as const;
    const changed = await api("services.update", { params: flight, body: { ...settings, memo: "near ones first" } });
    expect(changed).toMatchObject({ settings: { ...settings, check: "none" }, memo: "near ones first" });
    expect(await named("Flight.near")).toMatchObject(settings);
    await api("services.update", { params: flight, body: { partition: false, tuning: {} } });
    const after = await named("Flight.near");
    expect(after).toMatchObject({ policy: "consistent hash", partition: false });
    expect(after).not.toHaveProperty("tuning");
  });

  it.each([
    ["an unknown policy", { policy: "magic" }, "CON_INPUT_INVALID"],
    ["an unknown locality", { locality: "city" }, "CON_INPUT_INVALID"],
    ["a least success ratio above the base", { tuning: { success_ratio_min: 0.99 } }, "NAME_ENTRY_INVALID"],
  ])("are refused with %s, and nothing changes", async (_, body, reason) => {
    const before = await named("Flight.near");
    await expect(api("services.update", { params: flight, body: body as never })).rejects.toMatchObject({ reason });
    expect(await named("Flight.near")).toEqual(before);
  });
});
