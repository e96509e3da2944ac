import { describe, expect, it } from "vitest";
import { activates, opsOf, statusesOf, useReleaseStage } from "../testing/release-stage.js";

const stage = useReleaseStage();

describe("a rollback", () => {
  it("switches each machine back to what ran there before", async () => {
    const { releaseId } = await stage.released("r-900");
    for (const agent of stage.agents) activates(agent, releaseId);
    const back = await stage.ended(await stage.rollBack(releaseId));
    expect(back.status).toBe("rolled_back");
    expect(statusesOf(back)).toEqual(["rolled_back", "rolled_back"]);
    for (const agent of stage.agents)
      expect(agent.orders.at(-1)?.action).toMatchObject({ op: "release.activate", releaseId: "r-900" });
    const { instances } = await stage.api("instances.list", { params: stage.params });
    expect(instances[0]?.releaseMemo).toMatch(/roll back$/);
    await expect(stage.rollBack(releaseId)).rejects.toMatchObject({ reason: "REL_STATUS_UNFIT" });
  });

  it("that fails on one machine is not a success, also when it is repeated, until that machine went back", async () => {
    const { releaseId } = await stage.released("r-900");
    stage.agents[0].onOrder = () => ({ ok: false, reason: "REL_UNHEALTHY", text: "no" });
    const failed = await stage.ended(await stage.rollBack(releaseId));
    expect(failed.status).toBe("rollback_failed");
    expect(statusesOf(failed)).toEqual(["rollback_failed", "rolled_back"]);
    expect((await stage.ended(await stage.rollBack(releaseId))).status).toBe("rollback_failed");
    stage.agents[0].onOrder = () => ({});
    const back = await stage.ended(await stage.rollBack(releaseId));
    expect(back.status).toBe("rolled_back");
    expect(statusesOf(back)).toEqual(["rolled_back", "rolled_back"]);
    expect(opsOf(stage.agents[1])).toHaveLength(3);
  });

  it("with nothing before fails and says what to do instead", async () => {
    const { releaseId } = await stage.released("");
    const failed = await stage.ended(await stage.rollBack(releaseId));
    expect(failed.status).toBe("rollback_failed");
    expect(failed.targets[0]).toMatchObject({ status: "rollback_failed", errorReason: "REL_NOTHING_BEFORE" });
    expect(failed.targets[0]?.error).toContain("stop the instance instead");
    expect(opsOf(stage.agents[0])).toHaveLength(2);
  });

  it("of a failed release covers the machines that were switched, and no others", async () => {
    activates(stage.agents[0], "r-900");
    stage.agents[1].onOrder = ({ op }) => (op === "release.activate" ? { ok: false, reason: "X", text: "no" } : {});
    const failed = await stage.ended(await stage.plan({ start: true }));
    const back = await stage.ended(await stage.rollBack(failed.releaseId));
    expect(statusesOf(back)).toEqual(["rolled_back", "failed"]);
    expect(opsOf(stage.agents[1])).toEqual(["release.install", "release.activate"]);
  });

  it("goes back over a restart of a failed release, to what ran before its first start", async () => {
    activates(stage.agents[0], "r-900");
    stage.agents[1].onOrder = ({ op }) => (op === "release.activate" ? { ok: false, reason: "X", text: "no" } : {});
    const { releaseId } = await stage.ended(await stage.plan({ start: true }));
    stage.agents[0].running.set(stage.service, releaseId);
    await stage.agents[0].beat();
    activates(stage.agents[0], releaseId);
    activates(stage.agents[1], "r-900");
    const again = await stage.ended(await stage.start(releaseId));
    expect(again.targets.map((target) => target.previousReleaseId)).toEqual(["r-900", "r-900"]);
  });

  it("is refused when a machine runs a later release", async () => {
    const { releaseId } = await stage.released("r-900");
    stage.agents[1].running.set(stage.service, "r-999");
    await stage.agents[1].beat();
    await expect(stage.rollBack(releaseId)).rejects.toMatchObject({
      reason: "REL_SUPERSEDED",
      details: { address: stage.addresses[1], running: "r-999" },
    });
  });
});
