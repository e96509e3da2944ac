import type { OrderAction } from "@msec/protocol";
import { describe, expect, it } from "vitest";
import { useReleaseStage } from "../testing/release-stage.js";

const stage = useReleaseStage();

describe("orders of an instance", () => {
  const order = (action: "start" | "stop" | "restart") =>
    stage.api("instances.order", { params: { ...stage.params, address: stage.addresses[0] }, body: { action } });

  it.each(["start", "stop", "restart"] as const)(
    "%s an instance; they are listed and in the audit log",
    async (action) => {
      const { text } = await order(action);
      expect(text).toMatch(
        new RegExp(`^(started|stopped|restarted) ${stage.service} on ${stage.agents[0].facts.name}`),
      );
      const wanted: OrderAction = { op: `service.${action}`, service: stage.service };
      expect(stage.agents[0].orders.map((each) => each.action)).toEqual([wanted]);
      const { orders } = await stage.api("machines.orders", { params: { machineId: stage.agents[0].agentId } });
      expect(orders).toMatchObject([{ op: wanted.op, status: "succeeded", author: "token:test_admin", error: null }]);
      const { entries } = await stage.api("audit.list", { query: { limit: 10 } });
      expect(
        entries.find((entry) => entry.target === stage.service && entry.action === `instance.${action}`)?.text,
      ).toBe(text);
    },
  );

  it("that fail tell why, and the attempt is in the audit log", async () => {
    stage.agents[0].onOrder = () => ({ ok: false, reason: "REL_NO_CURRENT", text: "nothing is released" });
    await expect(order("start")).rejects.toMatchObject({
      reason: "EXEC_ORDER_FAILED",
      message: expect.stringContaining("nothing is released"),
      details: { reason: "REL_NO_CURRENT", machine: stage.agents[0].facts.name },
    });
    const { entries } = await stage.api("audit.list", { query: { limit: 10 } });
    expect(entries.find((entry) => entry.target === stage.service)?.text).toContain("tried to start");
  });

  it("are refused for an instance whose agent is away, and for one without a machine", async () => {
    await stage.takeAway(stage.agents[0]);
    await expect(order("stop")).rejects.toMatchObject({ reason: "CON_AGENT_AWAY" });
    await stage.api("instances.create", { params: stage.params, body: { hosts: [`10.23.${stage.n}.1`] } });
    const at = { ...stage.params, address: `10.23.${stage.n}.1:8090` };
    await expect(stage.api("instances.order", { params: at, body: { action: "stop" } })).rejects.toMatchObject({
      reason: "REL_MACHINE_MISSING",
    });
  });

  it("end when the agent tells it over a new connection, and only their own agent may tell", async () => {
    stage.agents[0].onOrder = () => undefined;
    const waiting = order("restart");
    await expect.poll(() => stage.agents[0].orders.length).toBe(1);
    const orderId = stage.agents[0].orders[0]?.orderId ?? "";
    await expect(stage.agents[1].tell(orderId, { ok: true })).rejects.toMatchObject({ reason: "EXEC_ORDER_UNKNOWN" });
    await expect(stage.agents[0].tell("no-such-order", {})).rejects.toMatchObject({ code: "NOT_FOUND" });
    const ordersOf = async () =>
      (await stage.api("machines.orders", { params: { machineId: stage.agents[0].agentId } })).orders.map(
        ({ status }) => status,
      );
    expect(await ordersOf()).toEqual(["accepted"]);
    stage.agents[0].close();
    await stage.agents[0].connect();
    await stage.agents[0].tell(orderId, { ok: true });
    await waiting;
    expect(await ordersOf()).toEqual(["succeeded"]);
    await stage.agents[0].tell(orderId, { ok: false, text: "again" });
    expect(await ordersOf()).toEqual(["succeeded"]);
  });
});
