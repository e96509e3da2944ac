import type { ApiClient, Release } from "@msec/api-schema";
import { AppError } from "@msec/core";
import type { OrderAction } from "@msec/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { pluginArchive } from "../testing/plugin-archive-fixture.js";
import { ScriptedAgent } from "../testing/scripted-agent.js";
import { clientWithRole, startTestConsole, type TestConsole } from "../testing/test-console.js";

let app: TestConsole;
let api: ApiClient;
let n = 0;
/** Two machines, one service with an instance on each, config and plug-in v1. */
let hosts: [string, string];
let addresses: [string, string];
let agents: [ScriptedAgent, ScriptedAgent];
let params = { first: "Flight", second: "" };
let service = "";

beforeAll(async () => {
  app = await startTestConsole();
  api = await clientWithRole(app, "admin");
  await api("groups.create", { body: { name: "Flight", kind: "standard" } });
});
afterAll(() => app.stop());

beforeEach(async () => {
  n++;
  hosts = [`10.20.${n}.2`, `10.20.${n}.1`];
  addresses = [`${hosts[0]}:8090`, `${hosts[1]}:8090`];
  params = { first: "Flight", second: `mod${n}` };
  service = `Flight.${params.second}`;
  await api("services.create", { body: { ...params, port: 8090 } });
  await api("instances.create", { params, body: { hosts: [...hosts] } });
  await api("configs.create", { params, body: { tag: "v1", content: "[LOG]\nLevel=INFO\n" } });
  await api("plugins.upload", { params: { ...params, tag: "v1" }, body: await pluginArchive(service) });
  agents = [await newAgent(hosts[0]), await newAgent(hosts[1])];
});

async function newAgent(address: string): Promise<ScriptedAgent> {
  const agent = new ScriptedAgent((await api("joinTokens.create", { body: {} })).secret, { address });
  onTestFinished(() => agent.close());
  return agent.joinAndConnect();
}

/** Takes an agent away; returns when the console has noticed. */
async function takeAway(agent: ScriptedAgent): Promise<void> {
  agent.close();
  const state = async () => (await api("machines.get", { params: { machineId: agent.agentId } })).state;
  await expect.poll(state).toBe("away");
}

const plan = (more = {}) =>
  api("releases.create", { params, body: { configTag: "v1", pluginTag: "v1", addresses: [...addresses], ...more } });
const get = (releaseId: string) => api("releases.get", { params: { releaseId } });
const start = (releaseId: string) => api("releases.start", { params: { releaseId }, body: {} });
const rollBack = (releaseId: string) => api("releases.rollback", { params: { releaseId }, body: {} });
const opsOf = (agent: ScriptedAgent) => agent.orders.map(({ action }) => action.op);
const statusesOf = (release: Release) => release.targets.map(({ status }) => status);

async function ended({ releaseId }: Release): Promise<Release> {
  await expect
    .poll(async () => (await get(releaseId)).status, { timeout: 10_000 })
    .not.toMatch(/^(running|rolling_back)$/);
  return get(releaseId);
}

/** Answers as a machine that ran `before` when it is told to activate. */
function activates(agent: ScriptedAgent, before: string): void {
  agent.onOrder = ({ op }) => (op === "release.activate" ? { previousReleaseId: before } : {});
}

async function released(before = "r-900"): Promise<Release> {
  for (const agent of agents) activates(agent, before);
  const release = await ended(await plan({ start: true, memo: "first" }));
  expect(release.status).toBe("succeeded");
  return release;
}

describe("a release", () => {
  it("is installed everywhere, then switched on one machine after the other, in the plan's order", async () => {
    const order: string[] = [];
    for (const [i, agent] of agents.entries())
      agent.onOrder = async (action, { orderId }) => {
        order.push(`${i} ${action.op}`);
        await agent.step(orderId, "step", `of ${action.op}`);
        return { previousReleaseId: action.op === "release.activate" ? "r-900" : "" };
      };
    const planned = await plan({ memo: "first" });
    expect(planned).toMatchObject({ status: "ready", service, startedAtMs: null });
    expect(planned.targets.map(({ address }) => address)).toEqual(addresses);
    const started = await start(planned.releaseId);
    expect(started.status).toBe("running");
    const release = await ended(started);
    expect(release).toMatchObject({ status: "succeeded", endedAtMs: expect.any(Number) });
    expect(release.targets).toMatchObject(
      agents.map((agent) => ({
        machineName: agent.facts.name,
        status: "succeeded",
        previousReleaseId: "r-900",
        error: null,
        steps: [{ text: "of release.install" }, { text: "of release.activate" }],
      })),
    );
    expect(order.slice(0, 2).toSorted()).toEqual(["0 release.install", "1 release.install"]);
    expect(order.slice(2)).toEqual(["0 release.activate", "1 release.activate"]);
    const { instances } = await api("instances.list", { params });
    for (const instance of instances) expect(instance.releaseMemo).toMatch(/^\d{8}first$/);
  });

  it("tells agents what they need, and they can fetch it", async () => {
    const fetched: number[] = [];
    const [agent] = agents;
    agent.onOrder = async (action) => {
      if (action.op !== "release.install") return {};
      for (const blob of [action.plugin, action.config]) {
        const { result, payload } = await agent.peer.request("blob.read", {
          sha256: blob.sha256,
          offset: 0,
          maxBytes: 1 << 20,
        });
        expect(payload.length).toBe(blob.sizeBytes);
        fetched.push(result.sizeBytes);
      }
      return {};
    };
    const release = await ended(await plan({ addresses: [addresses[0]], start: true }));
    expect(release.status).toBe("succeeded");
    expect(fetched).toHaveLength(2);
    expect(agent.orders[1]?.action).toEqual({
      op: "release.activate",
      service,
      releaseId: release.releaseId,
      port: 8090,
      healthTimeoutMs: 30_000,
    });
    const lost = agent.peer.request("blob.read", { sha256: "0".repeat(64), offset: 0, maxBytes: 1 });
    await expect(lost).rejects.toMatchObject({ reason: "CON_BLOB_MISSING" });
  });

  it("shows steps while it runs, and keeps service and machine from being removed", async () => {
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    agents[0].onOrder = async (action, { orderId }) => {
      if (action.op === "release.activate") {
        await agents[0].step(orderId, "stop", "r-900");
        await gate;
      }
      return {};
    };
    const begun = await plan({ start: true });
    await expect.poll(async () => (await get(begun.releaseId)).targets[0]?.steps).toMatchObject([{ step: "stop" }]);
    const now = await get(begun.releaseId);
    expect(now.status).toBe("running");
    expect(statusesOf(now)).toEqual(["starting", "waiting"]);
    const running = { reason: "REL_ALREADY_RUNNING", details: { service, releaseId: begun.releaseId } };
    await expect(plan()).rejects.toMatchObject(running);
    await expect(start(begun.releaseId)).rejects.toMatchObject(running);
    await expect(rollBack(begun.releaseId)).rejects.toMatchObject(running);
    await expect(api("services.delete", { params })).rejects.toMatchObject(running);
    const { agentId: machineId } = agents[1];
    await expect(api("machines.delete", { params: { machineId } })).rejects.toMatchObject({
      reason: "CON_MACHINE_IN_RELEASE",
      details: { releaseIds: [begun.releaseId] },
    });
    go();
    expect((await ended(begun)).status).toBe("succeeded");
  });

  it("fails when the second machine fails: the first stays, the rest is skipped, and it can be started again", async () => {
    const third = await newAgent(`10.21.${n}.1`);
    await api("instances.create", { params, body: { hosts: [`10.21.${n}.1`] } });
    const targets = [...addresses, `10.21.${n}.1:8090`];
    agents[1].onOrder = ({ op }) =>
      op === "release.activate" ? { ok: false, reason: "REL_UNHEALTHY", text: "port 8090 is taken" } : {};
    const failed = await ended(await plan({ addresses: targets, start: true }));
    expect(failed.status).toBe("failed");
    expect(statusesOf(failed)).toEqual(["succeeded", "failed", "skipped"]);
    expect(failed.targets[1]).toMatchObject({ errorReason: "REL_UNHEALTHY" });
    expect(failed.targets[1]?.error).toContain("port 8090 is taken");
    expect(failed.targets[1]?.steps.at(-1)?.step).toBe("failed");
    expect(opsOf(third)).toEqual(["release.install"]);

    activates(agents[0], failed.releaseId);
    activates(agents[1], "r-900");
    const again = await ended(await start(failed.releaseId));
    expect(again.status).toBe("succeeded");
    expect(again.targets.map(({ error }) => error)).toEqual([null, null, null]);
  });

  it("switches nothing when it can't be installed somewhere", async () => {
    agents[1].onOrder = () => ({ ok: false, reason: "REL_BLOB_MISMATCH", text: "another hash" });
    const failed = await ended(await plan({ start: true }));
    expect(failed.status).toBe("failed");
    expect(statusesOf(failed)).toEqual(["skipped", "failed"]);
    expect(opsOf(agents[0])).toEqual(["release.install"]);
    await expect(rollBack(failed.releaseId)).rejects.toMatchObject({ reason: "REL_NOTHING_TO_ROLL_BACK" });
  });

  it("fails when an agent does not accept the order, with the agent's reason", async () => {
    agents[0].onOrder = () => ({});
    Object.defineProperty(agents[0].orders, "push", {
      value: () => {
        throw new AppError({
          code: "FAILED_PRECONDITION",
          reason: "EXEC_CLOCK_SKEWED",
          message: "clocks",
          details: {},
        });
      },
    });
    const failed = await ended(await plan({ start: true }));
    expect(failed.targets[0]).toMatchObject({ status: "failed", errorReason: "EXEC_CLOCK_SKEWED" });
    const { orders } = await api("machines.orders", { params: { machineId: agents[0].agentId } });
    expect(orders).toMatchObject([{ op: "release.install", status: "failed", error: "clocks" }]);
  });

  it("is refused when an agent is away, with its name, and nothing is kept", async () => {
    await takeAway(agents[1]);
    const away = { reason: "CON_AGENT_AWAY", message: expect.stringContaining(agents[1].facts.name) };
    await expect(plan()).rejects.toMatchObject(away);
    await agents[1].connect();
    const planned = await plan();
    await takeAway(agents[1]);
    await expect(start(planned.releaseId)).rejects.toMatchObject(away);
    expect((await get(planned.releaseId)).status).toBe("ready");
    expect(opsOf(agents[0])).toEqual([]);
  });

  it.each([
    ["an unknown config", { configTag: "v9" }, "REL_VERSION_MISSING"],
    ["an unknown plug-in", { pluginTag: "v9" }, "REL_VERSION_MISSING"],
    ["an unknown interface", { idlTag: "v9" }, "REL_VERSION_MISSING"],
    ["an address that is no instance", { addresses: ["10.0.0.1:8090"] }, "REL_TARGET_UNKNOWN"],
    ["no address", { addresses: [] }, "CON_INPUT_INVALID"],
  ])("is refused with %s", async (_, change, reason) => {
    await expect(plan(change)).rejects.toMatchObject({ reason });
  });

  it("is refused for an instance without a machine, and for an external service", async () => {
    await api("instances.create", { params, body: { hosts: [`10.22.${n}.1`] } });
    await expect(plan({ addresses: [`10.22.${n}.1:8090`] })).rejects.toMatchObject({ reason: "REL_MACHINE_MISSING" });
    await api("groups.create", { body: { name: `Ext${n}`, kind: "external" } });
    params = { first: `Ext${n}`, second: "mysql" };
    await api("services.create", { body: params });
    await expect(plan()).rejects.toMatchObject({ reason: "REL_SERVICE_EXTERNAL" });
  });

  it("begins once when it is started twice at the same time, and with another of its service", async () => {
    const [one, two] = [await plan(), await plan()];
    const ids = [one.releaseId, one.releaseId, two.releaseId];
    const outcomes = await Promise.allSettled(ids.map(start));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes.filter(({ status }) => status === "rejected"))
      expect(outcome).toMatchObject({
        reason: { reason: expect.stringMatching(/^REL_(ALREADY_RUNNING|STATUS_UNFIT)$/) },
      });
    await ended(one);
    await ended(two);
    for (const agent of agents) expect(opsOf(agent)).toEqual(["release.install", "release.activate"]);
  });

  it("can be removed until it was started", async () => {
    const planned = await plan();
    await api("releases.delete", { params: { releaseId: planned.releaseId } });
    await expect(get(planned.releaseId)).rejects.toMatchObject({ reason: "REL_NOT_FOUND" });
    const { releaseId } = await released();
    const unfit = { reason: "REL_STATUS_UNFIT", details: { releaseId, status: "succeeded", action: "removed" } };
    await expect(api("releases.delete", { params: { releaseId } })).rejects.toMatchObject(unfit);
    await expect(start(releaseId)).rejects.toMatchObject({ reason: "REL_STATUS_UNFIT" });
    const { releases } = await api("releases.list", { query: { service } });
    expect(releases.map((release) => release.releaseId)).toEqual([releaseId]);
  });
});

describe("a rollback", () => {
  it("switches each machine back to what ran there before", async () => {
    const { releaseId } = await released("r-900");
    for (const agent of agents) activates(agent, releaseId);
    const back = await ended(await rollBack(releaseId));
    expect(back.status).toBe("rolled_back");
    expect(statusesOf(back)).toEqual(["rolled_back", "rolled_back"]);
    for (const agent of agents)
      expect(agent.orders.at(-1)?.action).toMatchObject({ op: "release.activate", releaseId: "r-900" });
    const { instances } = await api("instances.list", { params });
    expect(instances[0]?.releaseMemo).toMatch(/roll back$/);
    await expect(rollBack(releaseId)).rejects.toMatchObject({ reason: "REL_STATUS_UNFIT" });
  });

  it("that fails on one machine is not a success, also when it is repeated, until that machine went back", async () => {
    const { releaseId } = await released("r-900");
    agents[0].onOrder = () => ({ ok: false, reason: "REL_UNHEALTHY", text: "no" });
    const failed = await ended(await rollBack(releaseId));
    expect(failed.status).toBe("rollback_failed");
    expect(statusesOf(failed)).toEqual(["rollback_failed", "rolled_back"]);
    expect((await ended(await rollBack(releaseId))).status).toBe("rollback_failed");
    agents[0].onOrder = () => ({});
    const back = await ended(await rollBack(releaseId));
    expect(back.status).toBe("rolled_back");
    expect(statusesOf(back)).toEqual(["rolled_back", "rolled_back"]);
    expect(opsOf(agents[1])).toHaveLength(3);
  });

  it("with nothing before fails and says what to do instead", async () => {
    const { releaseId } = await released("");
    const failed = await ended(await rollBack(releaseId));
    expect(failed.status).toBe("rollback_failed");
    expect(failed.targets[0]).toMatchObject({ status: "rollback_failed", errorReason: "REL_NOTHING_BEFORE" });
    expect(failed.targets[0]?.error).toContain("stop the instance instead");
    expect(opsOf(agents[0])).toHaveLength(2);
  });

  it("of a failed release covers the machines that were switched, and no others", async () => {
    activates(agents[0], "r-900");
    agents[1].onOrder = ({ op }) => (op === "release.activate" ? { ok: false, reason: "X", text: "no" } : {});
    const failed = await ended(await plan({ start: true }));
    const back = await ended(await rollBack(failed.releaseId));
    expect(statusesOf(back)).toEqual(["rolled_back", "failed"]);
    expect(opsOf(agents[1])).toEqual(["release.install", "release.activate"]);
  });

  it("goes back over a restart of a failed release, to what ran before its first start", async () => {
    activates(agents[0], "r-900");
    agents[1].onOrder = ({ op }) => (op === "release.activate" ? { ok: false, reason: "X", text: "no" } : {});
    const { releaseId } = await ended(await plan({ start: true }));
    agents[0].running.set(service, releaseId);
    await agents[0].beat();
    activates(agents[0], releaseId);
    activates(agents[1], "r-900");
    const again = await ended(await start(releaseId));
    expect(again.targets.map((target) => target.previousReleaseId)).toEqual(["r-900", "r-900"]);
  });

  it("is refused when a machine runs a later release", async () => {
    const { releaseId } = await released("r-900");
    agents[1].running.set(service, "r-999");
    await agents[1].beat();
    await expect(rollBack(releaseId)).rejects.toMatchObject({
      reason: "REL_SUPERSEDED",
      details: { address: addresses[1], running: "r-999" },
    });
  });
});

describe("orders", () => {
  const order = (action: "start" | "stop" | "restart") =>
    api("instances.order", { params: { ...params, address: addresses[0] }, body: { action } });

  it.each(["start", "stop", "restart"] as const)(
    "%s an instance; they are listed and in the audit log",
    async (action) => {
      const { text } = await order(action);
      expect(text).toMatch(new RegExp(`^(started|stopped|restarted) ${service} on ${agents[0].facts.name}`));
      const wanted: OrderAction = { op: `service.${action}`, service };
      expect(agents[0].orders.map((each) => each.action)).toEqual([wanted]);
      const { orders } = await api("machines.orders", { params: { machineId: agents[0].agentId } });
      expect(orders).toMatchObject([{ op: wanted.op, status: "succeeded", author: "token:test_admin", error: null }]);
      const { entries } = await api("audit.list", { query: { limit: 10 } });
      expect(entries.find((entry) => entry.target === service && entry.action === `instance.${action}`)?.text).toBe(
        text,
      );
    },
  );

  it("that fail tell why, and the attempt is in the audit log", async () => {
    agents[0].onOrder = () => ({ ok: false, reason: "REL_NO_CURRENT", text: "nothing is released" });
    await expect(order("start")).rejects.toMatchObject({
      reason: "EXEC_ORDER_FAILED",
      message: expect.stringContaining("nothing is released"),
      details: { reason: "REL_NO_CURRENT", machine: agents[0].facts.name },
    });
    const { entries } = await api("audit.list", { query: { limit: 10 } });
    expect(entries.find((entry) => entry.target === service)?.text).toContain("tried to start");
  });

  it("are refused for an instance whose agent is away, and for one without a machine", async () => {
    await takeAway(agents[0]);
    await expect(order("stop")).rejects.toMatchObject({ reason: "CON_AGENT_AWAY" });
    await api("instances.create", { params, body: { hosts: [`10.23.${n}.1`] } });
    const at = { ...params, address: `10.23.${n}.1:8090` };
    await expect(api("instances.order", { params: at, body: { action: "stop" } })).rejects.toMatchObject({
      reason: "REL_MACHINE_MISSING",
    });
  });

  it("end when the agent tells it over a new connection, and only their own agent may tell", async () => {
    agents[0].onOrder = () => undefined;
    const waiting = order("restart");
    await expect.poll(() => agents[0].orders.length).toBe(1);
    const orderId = agents[0].orders[0]?.orderId ?? "";
    await expect(agents[1].tell(orderId, { ok: true })).rejects.toMatchObject({ reason: "EXEC_ORDER_UNKNOWN" });
    await expect(agents[0].tell("no-such-order", {})).rejects.toMatchObject({ code: "NOT_FOUND" });
    const ordersOf = async () =>
      (await api("machines.orders", { params: { machineId: agents[0].agentId } })).orders.map(({ status }) => status);
    expect(await ordersOf()).toEqual(["accepted"]);
    agents[0].close();
    await agents[0].connect();
    await agents[0].tell(orderId, { ok: true });
    await waiting;
    expect(await ordersOf()).toEqual(["succeeded"]);
    await agents[0].tell(orderId, { ok: false, text: "again" });
    expect(await ordersOf()).toEqual(["succeeded"]);
  });
});
