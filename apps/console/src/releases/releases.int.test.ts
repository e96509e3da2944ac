import { AppError } from "@msec/core";
import { describe, expect, it } from "vitest";
import { activates, opsOf, statusesOf, useReleaseStage } from "../testing/release-stage.js";

const stage = useReleaseStage();

describe("a release", () => {
  it("is installed everywhere, then switched on one machine after the other, in the plan's order", async () => {
    const order: string[] = [];
    for (const [i, agent] of stage.agents.entries())
      agent.onOrder = async (action, { orderId }) => {
        order.push(`${i} ${action.op}`);
        await agent.step(orderId, "step", `of ${action.op}`);
        return { previousReleaseId: action.op === "release.activate" ? "r-900" : "" };
      };
    const planned = await stage.plan({ memo: "first" });
    expect(planned).toMatchObject({ status: "ready", service: stage.service, startedAtMs: null });
    expect(planned.targets.map(({ address }) => address)).toEqual(stage.addresses);
    const started = await stage.start(planned.releaseId);
    expect(started.status).toBe("running");
    const release = await stage.ended(started);
    expect(release).toMatchObject({ status: "succeeded", endedAtMs: expect.any(Number) });
    expect(release.targets).toMatchObject(
      stage.agents.map((agent) => ({
        machineName: agent.facts.name,
        status: "succeeded",
        previousReleaseId: "r-900",
        error: null,
        steps: [{ text: "of release.install" }, { text: "of release.activate" }],
      })),
    );
    expect(order.slice(0, 2).toSorted()).toEqual(["0 release.install", "1 release.install"]);
    expect(order.slice(2)).toEqual(["0 release.activate", "1 release.activate"]);
    const { instances } = await stage.api("instances.list", { params: stage.params });
    for (const instance of instances) expect(instance.releaseMemo).toMatch(/^\d{8}first$/);
  });

  it("tells stage.agents what they need, and they can fetch it", async () => {
    const fetched: number[] = [];
    const [agent] = stage.agents;
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
    const release = await stage.ended(await stage.plan({ addresses: [stage.addresses[0]], start: true }));
    expect(release.status).toBe("succeeded");
    expect(fetched).toHaveLength(2);
    expect(agent.orders[1]?.action).toEqual({
      op: "release.activate",
      service: stage.service,
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
    stage.agents[0].onOrder = async (action, { orderId }) => {
      if (action.op === "release.activate") {
        await stage.agents[0].step(orderId, "stop", "r-900");
        await gate;
      }
      return {};
    };
    const begun = await stage.plan({ start: true });
    await expect
      .poll(async () => (await stage.get(begun.releaseId)).targets[0]?.steps)
      .toMatchObject([{ step: "stop" }]);
    const now = await stage.get(begun.releaseId);
    expect(now.status).toBe("running");
    expect(statusesOf(now)).toEqual(["starting", "waiting"]);
    const running = { reason: "REL_ALREADY_RUNNING", details: { service: stage.service, releaseId: begun.releaseId } };
    await expect(stage.plan()).rejects.toMatchObject(running);
    await expect(stage.start(begun.releaseId)).rejects.toMatchObject(running);
    await expect(stage.rollBack(begun.releaseId)).rejects.toMatchObject(running);
    await expect(stage.api("services.delete", { params: stage.params })).rejects.toMatchObject(running);
    const { agentId: machineId } = stage.agents[1];
    await expect(stage.api("machines.delete", { params: { machineId } })).rejects.toMatchObject({
      reason: "CON_MACHINE_IN_RELEASE",
      details: { releaseIds: [begun.releaseId] },
    });
    go();
    expect((await stage.ended(begun)).status).toBe("succeeded");
  });

  it("fails when the second machine fails: the first stays, the rest is skipped, and it can be started again", async () => {
    const third = await stage.newAgent(`10.21.${stage.n}.1`);
    await stage.api("instances.create", { params: stage.params, body: { hosts: [`10.21.${stage.n}.1`] } });
    const targets = [...stage.addresses, `10.21.${stage.n}.1:8090`];
    stage.agents[1].onOrder = ({ op }) =>
      op === "release.activate" ? { ok: false, reason: "REL_UNHEALTHY", text: "port 8090 is taken" } : {};
    const failed = await stage.ended(await stage.plan({ addresses: targets, start: true }));
    expect(failed.status).toBe("failed");
    expect(statusesOf(failed)).toEqual(["succeeded", "failed", "skipped"]);
    expect(failed.targets[1]).toMatchObject({ errorReason: "REL_UNHEALTHY" });
    expect(failed.targets[1]?.error).toContain("port 8090 is taken");
    expect(failed.targets[1]?.steps.at(-1)?.step).toBe("failed");
    expect(opsOf(third)).toEqual(["release.install"]);

    activates(stage.agents[0], failed.releaseId);
    activates(stage.agents[1], "r-900");
    const again = await stage.ended(await stage.start(failed.releaseId));
    expect(again.status).toBe("succeeded");
    expect(again.targets.map(({ error }) => error)).toEqual([null, null, null]);
  });

  it("switches nothing when it can't be installed somewhere", async () => {
    stage.agents[1].onOrder = () => ({ ok: false, reason: "REL_BLOB_MISMATCH", text: "another hash" });
    const failed = await stage.ended(await stage.plan({ start: true }));
    expect(failed.status).toBe("failed");
    expect(statusesOf(failed)).toEqual(["skipped", "failed"]);
    expect(opsOf(stage.agents[0])).toEqual(["release.install"]);
    await expect(stage.rollBack(failed.releaseId)).rejects.toMatchObject({ reason: "REL_NOTHING_TO_ROLL_BACK" });
  });

  it("fails when an agent does not accept the order, with the agent's reason", async () => {
    stage.agents[0].onOrder = () => ({});
    Object.defineProperty(stage.agents[0].orders, "push", {
      value: () => {
        throw new AppError({
          code: "FAILED_PRECONDITION",
          reason: "EXEC_CLOCK_SKEWED",
          message: "clocks",
          details: {},
        });
      },
    });
    const failed = await stage.ended(await stage.plan({ start: true }));
    expect(failed.targets[0]).toMatchObject({ status: "failed", errorReason: "EXEC_CLOCK_SKEWED" });
    const { orders } = await stage.api("machines.orders", { params: { machineId: stage.agents[0].agentId } });
    expect(orders).toMatchObject([{ op: "release.install", status: "failed", error: "clocks" }]);
  });

  it("is refused when an agent is away, with its name, and nothing is kept", async () => {
    await stage.takeAway(stage.agents[1]);
    const away = { reason: "CON_AGENT_AWAY", message: expect.stringContaining(stage.agents[1].facts.name) };
    await expect(stage.plan()).rejects.toMatchObject(away);
    await stage.agents[1].connect();
    const planned = await stage.plan();
    await stage.takeAway(stage.agents[1]);
    await expect(stage.start(planned.releaseId)).rejects.toMatchObject(away);
    expect((await stage.get(planned.releaseId)).status).toBe("ready");
    expect(opsOf(stage.agents[0])).toEqual([]);
  });

  it.each([
    ["an unknown config", { configTag: "v9" }, "REL_VERSION_MISSING"],
    ["an unknown plug-in", { pluginTag: "v9" }, "REL_VERSION_MISSING"],
    ["an unknown interface", { idlTag: "v9" }, "REL_VERSION_MISSING"],
    ["an address that is no instance", { addresses: ["10.0.0.1:8090"] }, "REL_TARGET_UNKNOWN"],
    ["no address", { addresses: [] }, "CON_INPUT_INVALID"],
  ])("is refused with %s", async (_, change, reason) => {
    await expect(stage.plan(change)).rejects.toMatchObject({ reason });
  });

  it("is refused for an instance without a machine, and for an external service", async () => {
    await stage.api("instances.create", { params: stage.params, body: { hosts: [`10.22.${stage.n}.1`] } });
    await expect(stage.plan({ addresses: [`10.22.${stage.n}.1:8090`] })).rejects.toMatchObject({
      reason: "REL_MACHINE_MISSING",
    });
    await stage.api("groups.create", { body: { name: `Ext${stage.n}`, kind: "external" } });
    stage.params = { first: `Ext${stage.n}`, second: "mysql" };
    await stage.api("services.create", { body: stage.params });
    await expect(stage.plan()).rejects.toMatchObject({ reason: "REL_SERVICE_EXTERNAL" });
  });

  it("begins once when it is started twice at the same time, and with another of its service", async () => {
    const [one, two] = [await stage.plan(), await stage.plan()];
    const ids = [one.releaseId, one.releaseId, two.releaseId];
    const outcomes = await Promise.allSettled(ids.map((id) => stage.start(id)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes.filter(({ status }) => status === "rejected"))
      expect(outcome).toMatchObject({
        reason: { reason: expect.stringMatching(/^REL_(ALREADY_RUNNING|STATUS_UNFIT)$/) },
      });
    await stage.ended(one);
    await stage.ended(two);
    for (const agent of stage.agents) expect(opsOf(agent)).toEqual(["release.install", "release.activate"]);
  });

  it("can be removed until it was started", async () => {
    const planned = await stage.plan();
    await stage.api("releases.delete", { params: { releaseId: planned.releaseId } });
    await expect(stage.get(planned.releaseId)).rejects.toMatchObject({ reason: "REL_NOT_FOUND" });
    const { releaseId } = await stage.released();
    const unfit = { reason: "REL_STATUS_UNFIT", details: { releaseId, status: "succeeded", action: "removed" } };
    await expect(stage.api("releases.delete", { params: { releaseId } })).rejects.toMatchObject(unfit);
    await expect(stage.start(releaseId)).rejects.toMatchObject({ reason: "REL_STATUS_UNFIT" });
    const { releases } = await stage.api("releases.list", { query: { service: stage.service } });
    expect(releases.map((release) => release.releaseId)).toEqual([releaseId]);
  });
});
