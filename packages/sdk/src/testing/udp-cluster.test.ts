import { describe, expect, it } from "vitest";
import { Echo } from "../host/host-fixture.js";
import { caught, echo, here, open, timed } from "./cluster-fixture.js";

const { Say, Sleep } = Echo.methods;
const TRUSTED = "[SRPC]\nudp_trusted = 10.0.0.0/8\n";

const pair = (seed = 1, instances = 2) =>
  open({
    services: [{ service: "Test.back", definition: echo(here), instances, transport: "udp", config: TRUSTED }],
    seed,
  });

describe("services over UDP", () => {
  it("are called by name and by address, and balanced", async () => {
    const cluster = await pair();
    await Promise.all(Array.from({ length: 30 }, () => cluster.call(Sleep, "Test.back", { text: "x" })));
    const counts = [0, 1].map((index) => cluster.hops().filter(({ instance }) => instance === index).length);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    const { address } = cluster.instance("Test.back", 1);
    expect(await cluster.call(Sleep, `${address}@udp`, { text: "y" })).toEqual({ text: "y at Test.back" });
    expect(await cluster.call(Sleep, `${address}@tcp`, { text: "z" })).toEqual({ text: "z at Test.back" });
    const routes = new Set(cluster.hops().map(({ caller }) => caller));
    expect(routes).toEqual(new Set(["Test.client"]));
  });

  it("lose datagrams: no answer, or none after the handler has run", async () => {
    const cluster = await pair(1, 1);
    cluster.fault("Test.back", {}, { kind: "loss", way: "requests", times: 1 });
    const lost = await timed(cluster, cluster.call(Sleep, "Test.back", { text: "x" }, { timeoutMs: 200 }));
    expect([lost.end, cluster.hops()]).toEqual(["RPC_TIMEOUT", []]);
    cluster.fault("Test.back", {}, { kind: "loss", way: "answers", times: 1 });
    const unanswered = await timed(cluster, cluster.call(Sleep, "Test.back", { text: "x" }, { timeoutMs: 200 }));
    expect([unanswered.end, cluster.hops().length]).toEqual(["RPC_TIMEOUT", 1]);
  });

  it("are hedged when a datagram is lost", async () => {
    const cluster = await pair();
    cluster.fault("Test.back", {}, { kind: "loss", times: 1 });
    const options = { timeoutMs: 2_000, hedge: { afterMs: 50 } };
    const hedged = await timed(cluster, cluster.call(Say, "Test.back", { text: "x" }, options));
    expect(hedged.end).toBe("x at Test.back");
    expect(hedged.costMs).toBeLessThan(60);
  });

  it("get datagrams twice: the handler runs twice, the caller gets one answer", async () => {
    const cluster = await pair(1, 1);
    cluster.fault("Test.back", {}, { kind: "duplicate", way: "requests", times: 1 });
    cluster.fault("Test.back", {}, { kind: "duplicate", way: "answers" });
    const { end } = await timed(cluster, cluster.call(Sleep, "Test.back", { text: "x" }));
    await cluster.clock.advance(1);
    expect([end, cluster.hops().length]).toEqual(["x at Test.back", 2]);
  });

  it("have latency and a speed, and datagrams overtake each other", async () => {
    const cluster = await pair(1, 1);
    const end = cluster.fault("Test.back", {}, { kind: "latency", delayMs: 40, way: "requests" });
    const ends: string[] = [];
    const late = cluster.call(Sleep, "Test.back", { text: "" }).then(() => ends.push("late"));
    await cluster.clock.advance(1);
    end();
    await cluster.call(Sleep, "Test.back", { text: "" }).then(() => ends.push("next"));
    await cluster.clock.until(late);
    expect(ends).toEqual(["next", "late"]);
    cluster.fault("Test.back", {}, { kind: "slow", bytesPerSec: 10_000, way: "answers" });
    const big = (): Promise<{ readonly text: string }> => cluster.call(Sleep, "Test.back", { text: "x".repeat(1_000) });
    const slow = await timed(cluster, big());
    expect(slow.costMs).toBeGreaterThanOrEqual(100);
    const two = await timed(
      cluster,
      Promise.all([big(), big()]).then(([answer]) => answer),
    );
    expect(two.costMs).toBeGreaterThanOrEqual(2 * slow.costMs - 1);
  });

  it("refuse when they are killed, and answer again when they are back", async () => {
    const cluster = await pair(1, 1);
    await cluster.call(Sleep, "Test.back", { text: "x" });
    await cluster.kill("Test.back");
    expect(await caught(cluster.call(Sleep, "Test.back", { text: "x" }))).toMatchObject({ reason: "NET_REFUSED" });
    await cluster.restart("Test.back");
    await cluster.clock.advance(2_000);
    expect(await cluster.call(Sleep, "Test.back", { text: "x" })).toEqual({ text: "x at Test.back" });
    cluster.fault("Test.back", {}, { kind: "refuse", times: 1 });
    expect(await caught(cluster.call(Sleep, "Test.back", { text: "x" }))).toMatchObject({ reason: "NET_REFUSED" });
  });

  it("give the same run with the same seed", async () => {
    const run = async (seed: number): Promise<string> => {
      const cluster = await pair(seed);
      cluster.fault("Test.back", {}, { kind: "loss", rate: 0.3 });
      cluster.fault("Test.back", {}, { kind: "latency", delayMs: [1, 30] });
      const ends: unknown[] = [];
      for (let n = 0; n < 20; n++) {
        ends.push(await timed(cluster, cluster.call(Sleep, "Test.back", { text: "x" }, { timeoutMs: 100 })));
      }
      await cluster.close();
      return JSON.stringify(ends);
    };
    const first = await run(5);
    expect(first).toContain("RPC_TIMEOUT");
    expect(first).toContain("x at");
    expect(await run(5)).toBe(first);
    expect(await run(6)).not.toBe(first);
  });

  it("that trust nobody keep large answers from unknown networks, as in production", async () => {
    const big = echo(() => ({ text: "x".repeat(5_000) }));
    const cluster = await open({ services: [{ service: "Test.back", definition: big, transport: "udp" }] });
    const error = await caught(cluster.call(Sleep, "Test.back", { text: "x" }));
    expect(error).toMatchObject({ reason: "RPC_DATAGRAM_ANSWER_TOO_LARGE" });
  });
});
