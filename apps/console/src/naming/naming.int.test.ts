import type { ApiClient } from "@msec/api-schema";
import type { NamingApply } from "@msec/protocol";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { ScriptedAgent } from "../testing/scripted-agent.js";
import { clientWithRole, startTestConsole, type TestConsole } from "../testing/test-console.js";

const AGENTS = 50;

let app: TestConsole;
let api: ApiClient;
let joined = 0;
let ports = 7_000;

beforeAll(async () => {
  app = await startTestConsole();
  api = await clientWithRole(app, "admin");
  await api("groups.create", { body: { name: "Flight", kind: "standard" } });
});
afterAll(() => app.stop());

async function agent(): Promise<ScriptedAgent> {
  const { secret } = await api("joinTokens.create", { body: {} });
  joined += 1;
  const made = new ScriptedAgent(secret, { address: `10.8.${joined >> 8}.${joined & 255}` });
  onTestFinished(() => made.close());
  return made.joinAndConnect();
}

/** A service with so many instances in traffic. */
async function service(second: string, count: number): Promise<string[]> {
  const hosts = Array.from({ length: count }, (_, at) => `10.7.0.${at + 1}`);
  ports += 1;
  await api("services.create", { body: { first: "Flight", second, port: ports } });
  const params = { first: "Flight", second };
  const { instances } = await api("instances.create", { params, body: { hosts } });
  const addresses = instances.map(({ address }) => address);
  await api("capacity.change", { params, body: { action: "expand", addresses } });
  return addresses;
}
const shrink = (second: string, addresses: string[], allowEmpty = false) =>
  api("capacity.change", { params: { first: "Flight", second }, body: { action: "shrink", addresses, allowEmpty } });
/** What an agent knows of a service after all pushes. */
function known(pushes: readonly NamingApply[], name: string): number | undefined {
  let count: number | undefined;
  for (const push of pushes) {
    if (push.kind === "snapshot" || push.removed.includes(name)) count = undefined;
    const entry = push.services.find((each) => each.service === name);
    if (entry) count = entry.instances.length;
  }
  return count;
}

it("tells a change to all connected agents, the same bytes to each, and resumes those that come back", async () => {
  const agents: ScriptedAgent[] = [];
  for (let at = 0; at < AGENTS; at += 1) agents.push(await agent());
  const addresses = await service("many", 3);
  for (const each of agents) await expect.poll(() => known(each.pushes, "Flight.many")).toBe(3);
  const [first, ...others] = agents;
  const last = first?.pushes.at(-1);
  for (const each of others) expect(each.pushes.at(-1)).toEqual(last);
  first?.close();
  const answer = await shrink("many", addresses.slice(0, 1));
  expect(answer).toMatchObject({ agentsTold: AGENTS - 1, agentsOnline: AGENTS - 1 });
  const before = first?.pushes.length ?? 0;
  await first?.connect(last?.revision, last?.epoch);
  await expect.poll(() => known(first?.pushes ?? [], "Flight.many")).toBe(2);
  expect(first?.pushes.slice(before).map(({ kind }) => kind)).toEqual(["delta"]);
  first?.close();
  await first?.connect(last?.revision, "of another console");
  await expect.poll(() => first?.pushes.at(-1)?.kind).toBe("snapshot");
});

it("holds a collapse back until it is confirmed, with an audit entry of who did", async () => {
  const one = await agent();
  const addresses = await service("held", 5);
  await expect.poll(() => known(one.pushes, "Flight.held")).toBe(5);
  const { text } = await shrink("held", addresses.slice(0, 3));
  expect(text).toMatch(
    /held back, since it would fall from 5 instances to 2: confirm with msec naming confirm Flight.held/,
  );
  const { held, refusals } = await api("naming.held");
  expect(refusals).toEqual([]);
  expect(held).toMatchObject([{ service: "Flight.held", published: 5, wanted: 2, isRemoval: false }]);
  expect(known(one.pushes, "Flight.held")).toBe(5);
  const wrong = { services: ["Flight.held"], revisions: [1] };
  await expect(api("naming.confirm", { body: wrong })).rejects.toMatchObject({ reason: "CON_NAMING_NOT_HELD" });
  const body = { services: ["Flight.held"], revisions: held.map(({ revision }) => revision) };
  expect(await api("naming.confirm", { body })).toEqual({ confirmed: ["Flight.held"], machines: 0 });
  await expect.poll(() => known(one.pushes, "Flight.held")).toBe(2);
  const { entries } = await api("audit.list", { query: { limit: 20 } });
  const noted = entries.filter(({ target }) => target === "Flight.held").map(({ action, actor }) => [action, actor]);
  expect(noted).toContainEqual(["naming.hold", "console"]);
  expect(noted).toContainEqual(["naming.confirm", expect.not.stringMatching("console")]);
});

it("lets a shrink to zero that an operator confirmed through, and the deletion after it", async () => {
  const one = await agent();
  const addresses = await service("zero", 5);
  await shrink("zero", addresses, true);
  await expect.poll(() => known(one.pushes, "Flight.zero")).toBe(0);
  expect((await api("naming.held")).held).toEqual([]);
  await api("services.delete", { params: { first: "Flight", second: "zero" } });
  await expect.poll(() => known(one.pushes, "Flight.zero")).toBeUndefined();
  expect(one.pushes.at(-1)?.removed).toEqual(["Flight.zero"]);
});

it("discards a collapse: the instances are in traffic again", async () => {
  const one = await agent();
  const addresses = await service("back", 6);
  await shrink("back", addresses.slice(0, 5));
  expect(await api("naming.discard", { body: { services: ["Flight.back"] } })).toEqual({ discarded: ["Flight.back"] });
  expect((await api("naming.held")).held).toEqual([]);
  const { instances } = await api("instances.list", { params: { first: "Flight", second: "back" } });
  expect(instances.map(({ status }) => status)).toEqual(new Array(6).fill("enabled"));
  expect(known(one.pushes, "Flight.back")).toBe(6);
  const again = { body: { services: ["Flight.back"] } };
  await expect(api("naming.discard", again)).rejects.toMatchObject({ reason: "CON_NAMING_NOT_HELD" });
});

it("takes no instance away because its machine's agent is away", async () => {
  const watcher = await agent();
  const gone = await agent();
  const params = { first: "Flight", second: "dead" };
  await api("services.create", { body: { ...params, port: 7900 } });
  const hosts = [gone.facts.address, watcher.facts.address];
  const { instances } = await api("instances.create", { params, body: { hosts } });
  const addresses = instances.map(({ address }) => address);
  await api("capacity.change", { params, body: { action: "expand", addresses } });
  await expect.poll(() => known(watcher.pushes, "Flight.dead")).toBe(2);
  const pushes = watcher.pushes.length;
  gone.close();
  const state = async () => (await api("machines.get", { params: { machineId: gone.agentId } })).state;
  await expect.poll(state).toBe("away");
  await service("marker", 1); // a push after it
  await expect.poll(() => known(watcher.pushes, "Flight.marker")).toBe(1);
  expect(known(watcher.pushes, "Flight.dead")).toBe(2);
  const since = watcher.pushes.slice(pushes).flatMap(({ services, removed }) => [...services, ...removed]);
  expect(JSON.stringify(since)).not.toContain("Flight.dead");
});
