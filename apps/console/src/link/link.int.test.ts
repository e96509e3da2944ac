import { generateKeyPairSync } from "node:crypto";
import { rm } from "node:fs/promises";
import type { ApiClient } from "@msec/api-schema";
import { formatJoinToken, parseJoinToken } from "@msec/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { openDatabase } from "../database/database.js";
import { ScriptedAgent } from "../testing/scripted-agent.js";
import { clientWithRole, startTestConsole, type TestConsole } from "../testing/test-console.js";

let app: TestConsole;
let api: ApiClient;
let n = 0;
let host = "";

beforeAll(async () => {
  app = await startTestConsole();
  api = await clientWithRole(app, "admin");
  await api("groups.create", { body: { name: "Flight", kind: "standard" } });
});
afterAll(() => app.stop());
beforeEach(() => {
  host = `10.9.0.${++n}`;
});

const newToken = async () => (await api("joinTokens.create", { body: {} })).secret;

function agentWith(token: string, facts: { address?: string; name?: string; linkVersion?: number } = {}) {
  const agent = new ScriptedAgent(token, { address: host, ...facts });
  onTestFinished(() => agent.close());
  return agent;
}

const newAgent = async (facts = {}) => agentWith(await newToken(), facts);
const machineOf = async (agent: ScriptedAgent) => api("machines.get", { params: { machineId: agent.agentId } });
const idsAt = async (address: string) =>
  (await api("machines.list")).machines.filter((m) => m.address === address).map((m) => m.machineId);

describe("joining", () => {
  it("works once per token, and is in the audit log", async () => {
    const { token, secret, command } = await api("joinTokens.create", { body: { validForMinutes: 5 } });
    expect(command).toContain(secret);
    expect(parseJoinToken(secret)).toMatchObject({ host: "127.0.0.1", port: app.linkPort, tokenId: token.tokenId });
    const agent = agentWith(secret, { name: "first" });
    await agent.join();
    expect(await machineOf(agent)).toMatchObject({ name: "first", address: host, state: "away", load: null });
    await expect(agentWith(secret, { address: "10.9.1.1" }).join()).rejects.toMatchObject({
      reason: "CON_JOIN_TOKEN_USED",
      details: { usedBy: "first" },
    });
    const { tokens } = await api("joinTokens.list");
    expect(tokens.find(({ tokenId }) => tokenId === token.tokenId)).toMatchObject({ usedBy: "first" });
    expect(JSON.stringify(tokens)).not.toContain(parseJoinToken(secret).tokenSecret);
    const { entries, chainIntact } = await api("audit.list", { query: { limit: 50 } });
    expect(chainIntact).toBe(true);
    expect(entries.find((entry) => entry.action === "machine.join" && entry.target === "first")?.text).toContain(host);
  });

  it("is refused with a wrong secret, an unknown token and one that expired", async () => {
    const agent = await newAgent();
    const wrong = { reason: "CON_JOIN_TOKEN_WRONG", code: "UNAUTHENTICATED" };
    await expect(agent.join({ tokenSecret: "another secret" })).rejects.toMatchObject(wrong);
    const unknown = formatJoinToken({ ...parseJoinToken(await newToken()), tokenId: "unknown" });
    await expect(agentWith(unknown).join()).rejects.toMatchObject(wrong);
    const database = await openDatabase(`${app.home}/console/console.db`);
    onTestFinished(() => database.close());
    const expired = parseJoinToken(await newToken());
    const row = await database.stores.machines.token(expired.tokenId);
    await database.stores.machines.addToken({ ...row!, tokenId: "expired", expiresAtMs: 1000 });
    await expect(agentWith(formatJoinToken({ ...expired, tokenId: "expired" })).join()).rejects.toMatchObject({
      reason: "CON_JOIN_TOKEN_EXPIRED",
    });
    expect(await idsAt(host)).toEqual([]);
    await agent.join();
  });

  it("of two machines with one token lets one in and touches nothing else", async () => {
    const bystander = await newAgent({ address: "10.9.2.1" });
    await bystander.join();
    const token = await newToken();
    const racers = [agentWith(token, { address: "10.9.2.1" }), agentWith(token, { address: "10.9.2.2" })];
    const outcomes = await Promise.allSettled(racers.map((racer) => racer.join()));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const lost = outcomes.findIndex(({ status }) => status === "rejected");
    expect(outcomes[lost]).toMatchObject({ reason: { reason: "CON_JOIN_TOKEN_USED" } });
    const wanted = [[bystander.agentId], [racers[0]?.agentId].filter(() => lost === 1)][lost] ?? [];
    expect(await idsAt("10.9.2.1")).toEqual(wanted);
    expect(await idsAt("10.9.2.2")).toHaveLength(lost === 0 ? 1 : 0);
  });

  it("of the same machine twice at once with one token leaves that machine", async () => {
    const token = await newToken();
    const outcomes = await Promise.allSettled([agentWith(token).join(), agentWith(token).join()]);
    const ids = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value.agentId] : []));
    expect(ids).toHaveLength(1);
    expect(await idsAt(host)).toEqual(ids);
  });

  it("replaces a machine at the same address only while its agent is away", async () => {
    const old = await (await newAgent()).joinAndConnect();
    await expect((await newAgent()).join()).rejects.toMatchObject({
      reason: "CON_MACHINE_ADDRESS_TAKEN",
      details: { address: host, machine: old.facts.name },
    });
    old.close();
    await expect.poll(async () => (await machineOf(old)).state).toBe("away");
    const next = await newAgent();
    await next.join();
    expect(await idsAt(host)).toEqual([next.agentId]);
    await expect(old.connect()).rejects.toMatchObject({ reason: "CON_AGENT_UNKNOWN" });
  });

  it.each(["", "localhost", "0.0.0.0", "224.0.0.1", "255.255.255.255"])("is refused from %j", async (address) => {
    const agent = await newAgent({ address });
    await expect(agent.join()).rejects.toMatchObject({ reason: "CON_MACHINE_ADDRESS_INVALID" });
  });

  it("is refused with a key that is none, or not Ed25519; the token stays good", async () => {
    const agent = await newAgent();
    const { publicKey: elliptic } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const otherKind = elliptic.export({ type: "spki", format: "der" }).toString("base64");
    for (const publicKey of ["", "AAAA", otherKind])
      await expect(agent.join({ publicKey })).rejects.toMatchObject({ reason: "CON_AGENT_KEY_INVALID" });
    await agent.join();
  });

  it("is refused with another version of the link", async () => {
    const agent = await newAgent({ linkVersion: 99 });
    await expect(agent.join()).rejects.toMatchObject({ reason: "CON_LINK_VERSION_MISMATCH" });
  });
});

describe("a connection", () => {
  it("may ask for nothing before it is known whose it is", async () => {
    const agent = await newAgent();
    const peer = await agent.dial();
    onTestFinished(() => peer.close());
    const load = { cpuRatio: 0, memoryTotalBytes: 0, memoryFreeBytes: 0, loadAverage1m: 0, diskFreeBytes: 0 };
    const beat = { atMs: 0, namingRevision: 0, load, processes: [], routes: [], spooledLogs: 0, droppedLogs: 0 };
    const result = { orderId: "o", atMs: 0, ok: true, text: "", reason: "", previousReleaseId: "" };
    const refused = [
      peer.request("heartbeat", beat),
      peer.request("metrics", { batchId: 1, points: [] }),
      peer.request("logs", { batchId: 1, events: [] }),
      peer.request("blob.read", { sha256: "0".repeat(64), offset: 0, maxBytes: 1 }),
      peer.request("order.progress", { orderId: "o", atMs: 0, step: "s", text: "" }),
      peer.request("order.result", result),
    ];
    for (const request of refused)
      await expect(request).rejects.toMatchObject({ reason: "CON_AGENT_NOT_AUTHENTICATED" });
    await agent.join();
    await agent.prove(peer);
    await peer.request("heartbeat", beat);
  });

  it("is cut off when it sends a large frame before it is known whose it is", async () => {
    const peer = await (await newAgent()).dial();
    const points = Array.from({ length: 500 }, () => ({
      service: "A.b",
      attribute: "x".repeat(60),
      kind: "add" as const,
      atSec: 1,
      value: 1,
    }));
    await expect(peer.request("metrics", { batchId: 1, points })).rejects.toMatchObject({ reason: "NET_LINK_CLOSED" });
  });

  it("is refused with another key, an unknown id, no challenge, or one used before", async () => {
    const agent = await newAgent();
    await agent.join();
    const peer = await agent.dial();
    onTestFinished(() => peer.close());
    const stranger = generateKeyPairSync("ed25519").privateKey;
    const wrong = { reason: "CON_AGENT_SIGNATURE_INVALID", code: "UNAUTHENTICATED" };
    await expect(agent.prove(peer, { nonce: "" })).rejects.toMatchObject(wrong);
    await expect(agent.prove(peer, { key: stranger })).rejects.toMatchObject(wrong);
    const { nonce } = (await peer.request("challenge", { agentId: agent.agentId })).result;
    await expect(agent.prove(peer, { nonce, key: stranger })).rejects.toMatchObject(wrong);
    await expect(agent.prove(peer, { nonce })).rejects.toMatchObject(wrong);
    await expect(agent.prove(peer, { agentId: "nobody" })).rejects.toMatchObject({ reason: "CON_AGENT_UNKNOWN" });
    expect((await machineOf(agent)).state).toBe("away");
    await agent.prove(peer);
    expect((await machineOf(agent)).state).toBe("online");
  });

  it("stays that of one agent", async () => {
    const agent = await (await newAgent()).joinAndConnect();
    const other = await newAgent({ address: "10.9.3.1" });
    await other.join();
    const refused = { reason: "CON_AGENT_ALREADY_AUTHENTICATED" };
    await expect(other.prove(agent.peer)).rejects.toMatchObject(refused);
    await expect(other.prove(agent.peer, { nonce: "x" })).rejects.toMatchObject(refused);
    expect((await machineOf(other)).state).toBe("away");
    expect((await machineOf(agent)).state).toBe("online");
  });

  it("replaces an older one of the same agent, which stays online", async () => {
    const agent = await (await newAgent()).joinAndConnect();
    const older = agent.peer;
    await agent.connect();
    await expect.poll(() => older.isClosed).toBe(true);
    expect((await machineOf(agent)).state).toBe("online");
    await expect(older.request("challenge", { agentId: "x" })).rejects.toMatchObject({ reason: "NET_LINK_CLOSED" });
  });

  it("may come from another address than before, but not from that of another machine", async () => {
    const token = await newToken();
    const agent = agentWith(token);
    await agent.join();
    const other = await newAgent({ address: "10.9.4.1" });
    await other.join();
    Object.assign(agent.facts, { address: "10.9.4.2" });
    await agent.connect();
    expect((await machineOf(agent)).address).toBe("10.9.4.2");
    Object.assign(agent.facts, { address: "10.9.4.1" });
    await expect(agent.connect()).rejects.toMatchObject({ reason: "CON_MACHINE_ADDRESS_TAKEN" });
    expect((await machineOf(agent)).address).toBe("10.9.4.2");
  });
});

describe("machines", () => {
  it("show what their agents told last", async () => {
    const agent = await (await newAgent()).joinAndConnect();
    agent.running.set("Flight.some", "r-7");
    await agent.beat({ namingRevision: 3, spooledLogs: 5, droppedLogs: 6, atMs: Date.now() + 60_000 });
    expect(await machineOf(agent)).toMatchObject({
      state: "online",
      load: { cpuRatio: 0.25 },
      namingRevision: 3,
      spooledLogs: 5,
      droppedLogs: 6,
      services: [{ service: "Flight.some", state: "running", releaseId: "r-7" }],
    });
    expect((await machineOf(agent)).clockOffsetMs).toBeGreaterThan(50_000);
    agent.close();
    await expect.poll(async () => (await machineOf(agent)).state).toBe("away");
  });

  it("are removed only out of traffic; the agent is cut off and refused from then on", async () => {
    const agent = await (await newAgent()).joinAndConnect();
    const params = { first: "Flight", second: `mod${n}` };
    await api("services.create", { body: { ...params, port: 8090 } });
    await api("instances.create", { params, body: { hosts: [host] } });
    const change = { addresses: [`${host}:8090`], allowEmpty: true };
    await api("capacity.change", { params, body: { action: "expand", ...change } });
    const remove = () => api("machines.delete", { params: { machineId: agent.agentId } });
    await expect(remove()).rejects.toMatchObject({
      reason: "CON_MACHINE_IN_TRAFFIC",
      details: { addresses: [`${host}:8090`] },
    });
    await api("capacity.change", { params, body: { action: "shrink", ...change } });
    await remove();
    await expect.poll(() => agent.peer.isClosed).toBe(true);
    await expect(agent.connect()).rejects.toMatchObject({ reason: "CON_AGENT_UNKNOWN" });
    await expect(remove()).rejects.toMatchObject({ reason: "CON_MACHINE_NOT_FOUND" });
  });
});

describe("names", () => {
  let params = { first: "Flight", second: "" };
  let service = "";
  const expand = (addresses: string[], more = {}) =>
    api("capacity.change", { params, body: { action: "expand", addresses, ...more } });
  const shrink = (addresses: string[], more = {}) =>
    api("capacity.change", { params, body: { action: "shrink", addresses, ...more } });

  beforeEach(async () => {
    const online = async () => (await api("machines.list")).machines.filter((m) => m.state === "online");
    await expect.poll(online).toEqual([]);
    params = { first: "Flight", second: `named${n}` };
    service = `Flight.${params.second}`;
    await api("services.create", { body: { ...params, port: 80 } });
    await api("instances.create", { params, body: { hosts: ["10.8.0.1", "10.8.0.2"].map((h) => h + (n % 10)) } });
  });
  const addresses = () => [`10.8.0.1${n % 10}:80`, `10.8.0.2${n % 10}:80`];

  it("reach an agent whole when it connects with nothing, then as changes, and the answer tells who has them", async () => {
    const [one = "", two = ""] = addresses();
    const before = await expand([one]);
    const agent = await (await newAgent()).joinAndConnect();
    const reached = () => agent.pushes.flatMap(({ services }) => services.filter((entry) => entry.service === service));
    await expect.poll(() => reached().at(-1)?.instances).toMatchObject([{ port: 80, weight: 100 }]);
    expect(agent.pushes[0]?.kind).toBe("snapshot");
    const { revision: known } = agent.pushes.at(-1) ?? { revision: 0 };
    const after = await expand([two]);
    expect(after).toMatchObject({ agentsTold: 1, agentsOnline: 1, inTraffic: [one, two] });
    expect(after.revision).toBeGreaterThan(before.revision);
    expect(agent.pushes.at(-1)).toMatchObject({
      kind: "delta",
      baseRevision: known,
      revision: known + 1,
      services: [{ service, policy: "adaptive", instances: [{ transport: "all" }, {}] }],
    });
    const less = await shrink([one]);
    expect(less).toMatchObject({ agentsTold: 1, inTraffic: [two] });
    expect(agent.pushes.at(-1)?.services[0]?.instances).toHaveLength(1);
    await shrink([two], { allowEmpty: true });
    await api("services.delete", { params });
    await expect.poll(() => agent.pushes.at(-1)?.removed).toEqual([service]);
  });

  it("are sent as changes to an agent that is a little behind, and whole to one that is ahead", async () => {
    const agent = await (await newAgent()).joinAndConnect();
    await expect.poll(() => agent.pushes[0]?.kind).toBe("snapshot");
    const { revision = 0, epoch } = agent.pushes.at(-1) ?? {};
    await expand([addresses()[0] ?? ""]);
    for (const [stand, first] of [
      [revision, "delta"],
      [revision + 1000, "snapshot"],
    ] as const) {
      agent.close();
      agent.pushes.length = 0;
      await agent.connect(stand, epoch);
      await expect.poll(() => agent.pushes[0]?.kind).toBe(first);
    }
  });

  it("are refused whole when one address is wrong, or when nothing would be left", async () => {
    const [one = "", two = ""] = addresses();
    await expect(expand([one, "10.0.0.1:1"])).rejects.toMatchObject({ reason: "CON_CAPACITY_ADDRESS_UNKNOWN" });
    expect((await api("services.get", { params })).enabledCount).toBe(0);
    const dry = await expand([one, two], { dryRun: true });
    expect(dry).toMatchObject({ text: `puts ${one}, ${two} into traffic; 2 of 2 in traffic after that` });
    expect((await api("services.get", { params })).enabledCount).toBe(0);
    await expand([one, two, one]);
    await expect(shrink([one, two])).rejects.toMatchObject({ reason: "CON_CAPACITY_WOULD_EMPTY" });
    expect((await shrink([one, two], { dryRun: true })).text).toContain("every call to it fails then");
    const both = await Promise.allSettled([shrink([one]), shrink([two])]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect((await api("services.get", { params })).enabledCount).toBe(1);
    expect((await api("naming.get", { params: { service } })).instances).toHaveLength(1);
  });

  it("are known from the moment a service is made, without instances", async () => {
    expect(await api("naming.get", { params: { service } })).toMatchObject({ policy: "adaptive", instances: [] });
  });

  it("that do not exist are not found", async () => {
    await expect(api("naming.get", { params: { service: "No.such" } })).rejects.toMatchObject({
      reason: "CON_NAME_UNKNOWN",
    });
  });
});

it("agents come back after the console was restarted, and find the same console", async () => {
  const first = await startTestConsole();
  const admin = await clientWithRole(first, "admin");
  const { secret } = await admin("joinTokens.create", { body: {} });
  const before = agentWith(secret);
  const { agentId, orderKey } = await before.join();
  await first.stopOnly();
  onTestFinished(() => rm(first.home, { recursive: true, force: true }));
  const second = await startTestConsole({ home: first.home });
  onTestFinished(() => second.stop());
  const { fingerprint, ...rest } = parseJoinToken(secret);
  const moved = formatJoinToken({ ...rest, fingerprint, port: second.linkPort });
  const peer = await agentWith(moved).dial();
  await before.prove(peer);
  expect(agentId).toBe(before.agentId);
  expect(orderKey.asymmetricKeyType).toBe("ed25519");
  peer.close();
});
