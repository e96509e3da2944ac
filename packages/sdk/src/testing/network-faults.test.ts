import { describe, expect, it } from "vitest";
import { Echo } from "../host/host-fixture.js";
import { caught, echo, here, open, passOn, timed } from "./cluster-fixture.js";
import type { TestCluster } from "./test-cluster.js";

const { Say, Sleep } = Echo.methods;

const pair = (seed = 1, instances = 2) =>
  open({ services: [{ service: "Test.back", definition: echo(here), instances }], seed });

/** A connection is there already, so that nothing but the call is on the way. */
async function warm(cluster: TestCluster<"Test.back">, instances = 1): Promise<void> {
  for (let index = 0; index < instances; index++) {
    await cluster.call(Sleep, `${cluster.instance("Test.back", index).address}@tcp`, { text: "" });
  }
  await cluster.clock.advance(1);
}

describe("latency", () => {
  it("is paid there and back, and by the connection too", async () => {
    const cluster = await pair(1, 1);
    cluster.fault("Test.back", {}, { kind: "latency", delayMs: 20 });
    const first = await timed(cluster, cluster.call(Sleep, "Test.back", { text: "x" }));
    expect(first).toEqual({ end: "x at Test.back", costMs: 80 });
    expect((await timed(cluster, cluster.call(Sleep, "Test.back", { text: "x" }))).costMs).toBe(40);
  });

  it("can be of one way, of one caller, and adds up; what was sent first arrives first", async () => {
    const cluster = await open({
      services: [
        { service: "Test.front", definition: echo(passOn("Test.back")) },
        { service: "Test.back", definition: echo(here) },
      ],
    });
    const viaFront = () => timed(cluster, cluster.call(Sleep, "Test.front", { text: "x" }));
    await viaFront();
    await cluster.call(Sleep, "Test.back", { text: "x" });
    const end = cluster.fault("Test.back", { from: "Test.front" }, { kind: "latency", delayMs: 100, way: "answers" });
    cluster.fault("Test.back", {}, { kind: "latency", delayMs: 5 });
    expect((await timed(cluster, cluster.call(Sleep, "Test.back", { text: "x" }))).costMs).toBe(10);
    const ends: string[] = [];
    const late = cluster.call(Sleep, "Test.front", { text: "late" }).then(() => ends.push("late"));
    await cluster.clock.advance(5);
    const sentMs = cluster.clock.monotonicMs();
    await cluster.clock.advance(1);
    end();
    const next = cluster.call(Sleep, "Test.front", { text: "next" }).then(() => ends.push("next"));
    await cluster.clock.until(next);
    expect(cluster.clock.monotonicMs() - sentMs).toBe(105);
    await late;
    expect(ends).toEqual(["late", "next"]);
  });

  it("of one instance makes hedges and the balancer look elsewhere", async () => {
    const cluster = await pair();
    await warm(cluster, 2);
    cluster.fault("Test.back", { instance: 0 }, { kind: "latency", delayMs: 150 });
    const before = cluster.hops().length;
    for (let n = 0; n < 20; n++) {
      const call = cluster.call(Say, "Test.back", { text: "x" }, { timeoutMs: 2_000, hedge: { afterMs: 30 } });
      expect((await timed(cluster, call)).costMs).toBeLessThan(40);
    }
    await cluster.clock.advance(1_000);
    const slow = cluster
      .hops()
      .slice(before)
      .filter(({ instance }) => instance === 0);
    expect(slow.length).toBeGreaterThan(0);
    expect(slow.length).toBeLessThan(10);
  });

  it("drawn at random is the same with the same seed", async () => {
    const run = async (seed: number): Promise<readonly number[]> => {
      const cluster = await pair(seed);
      await warm(cluster, 2);
      cluster.fault("Test.back", {}, { kind: "latency", delayMs: [5, 50] });
      cluster.fault("Test.back", {}, { kind: "loss", rate: 0.2 });
      const costs: number[] = [];
      for (let n = 0; n < 20; n++) {
        costs.push(
          (await timed(cluster, cluster.call(Sleep, "Test.back", { text: "x" }, { timeoutMs: 9_000 }))).costMs,
        );
      }
      await cluster.close();
      return costs;
    };
    const costs = await run(3);
    expect(Math.min(...costs)).toBeGreaterThanOrEqual(10);
    expect(new Set(costs).size).toBe(20);
    expect(Math.max(...costs)).toBeGreaterThan(200);
    expect(await run(3)).toEqual(costs);
    expect(await run(4)).not.toEqual(costs);
  });
});

describe("loss", () => {
  it("over TCP is a pause: 200 ms for a message, a second for a connection", async () => {
    const cluster = await pair(1, 1);
    await warm(cluster);
    cluster.fault("Test.back", {}, { kind: "loss", way: "answers", times: 2 });
    const call = cluster.call(Sleep, "Test.back", { text: "x" }, { timeoutMs: 5_000 });
    expect(await timed(cluster, call)).toEqual({ end: "x at Test.back", costMs: 600 });
    await cluster.restart("Test.back");
    cluster.fault("Test.back", {}, { kind: "loss", way: "requests", times: 1 });
    const dialled = await timed(cluster, cluster.call(Sleep, "Test.back", { text: "x" }, { timeoutMs: 5_000 }));
    expect(dialled).toEqual({ end: "NET_TIMEOUT", costMs: 1_000 });
  });
});

describe("an outage", () => {
  it("that ends lets through what waits, in its order, with the connection as it was", async () => {
    const cluster = await pair(1, 1);
    await warm(cluster);
    const connections = cluster.instance("Test.back").connections;
    const end = cluster.fault("Test.back", {}, { kind: "loss" });
    const ends: string[] = [];
    const send = (text: string): Promise<unknown> =>
      cluster.call(Sleep, "Test.back", { text }, { timeoutMs: 9_000 }).then(() => ends.push(text));
    const first = send("1");
    await cluster.clock.advance(150);
    end();
    const second = send("2");
    await cluster.clock.advance(49);
    expect(ends).toEqual([]);
    await cluster.clock.advance(1);
    await Promise.all([first, second]);
    expect(ends).toEqual(["1", "2"]);
    expect(cluster.instance("Test.back").connections).toBe(connections);
  });
});

describe("a dial that is given up", () => {
  it("leaves no connection behind", async () => {
    const cluster = await pair(1, 1);
    cluster.fault("Test.back", {}, { kind: "latency", delayMs: 600 });
    const late = await timed(cluster, cluster.call(Sleep, "Test.back", { text: "x" }, { timeoutMs: 5_000 }));
    expect(late).toEqual({ end: "NET_TIMEOUT", costMs: 1_000 });
    expect(cluster.instance("Test.back").connections).toBe(1);
    await cluster.clock.advance(1_000);
    expect(cluster.instance("Test.back").connections).toBe(0);
  });
});

describe("with a real clock", () => {
  it("latency is real", async () => {
    const cluster = await open({ services: [{ service: "Test.back", definition: echo(here) }], clock: "real" });
    cluster.fault("Test.back", {}, { kind: "latency", delayMs: 5 });
    const { end, costMs } = await timed(cluster, cluster.call(Sleep, "Test.back", { text: "x" }));
    expect(end).toBe("x at Test.back");
    expect(costMs).toBeGreaterThanOrEqual(18);
  });
});

describe("a slow link", () => {
  it("passes messages one after the other, at its speed", async () => {
    const cluster = await pair(1, 1);
    await warm(cluster);
    cluster.fault("Test.back", {}, { kind: "slow", bytesPerSec: 10_000, way: "requests" });
    const text = "x".repeat(2_000);
    const call = (): Promise<{ readonly text: string }> =>
      cluster.call(Sleep, "Test.back", { text }, { timeoutMs: 5_000 });
    const one = await timed(cluster, call());
    expect(one.costMs).toBeGreaterThanOrEqual(200);
    expect(one.costMs).toBeLessThan(230);
    const first = call();
    await cluster.clock.advance(1);
    const second = await timed(cluster, call());
    expect(second.costMs).toBeGreaterThan(2 * one.costMs - 5);
    await first;
  });

  it("must have a speed, and no fault of the network has a method", async () => {
    const cluster = await pair();
    expect(() => cluster.fault("Test.back", {}, { kind: "slow", bytesPerSec: 0 })).toThrow(
      "bytesPerSec must be above 0",
    );
    expect(() => cluster.fault("Test.back", { method: "Say" }, { kind: "loss" })).toThrow("knows no methods");
    expect(() => cluster.fault("Test.back", {}, { kind: "latency", delayMs: [9, 3] })).toThrow("delayMs must be");
  });
});

describe("a black hole", () => {
  it("swallows what is said: calls time out, the handler of a lost answer has run, connections are not made", async () => {
    const cluster = await pair(1, 1);
    await warm(cluster);
    const before = cluster.hops().length;
    const end = cluster.fault("Test.back", {}, { kind: "blackhole", way: "answers" });
    const lost = await timed(cluster, cluster.call(Sleep, "Test.back", { text: "x" }, { timeoutMs: 300 }));
    expect(lost.end).toBe("RPC_TIMEOUT");
    expect(cluster.hops().slice(before)).toMatchObject([{ method: "t.Echo.Sleep", reason: "" }]);
    end();
    cluster.fault("Test.back", {}, { kind: "blackhole" });
    await cluster.restart("Test.back");
    const call = cluster.call(Sleep, "Test.back", { text: "x" }, { timeoutMs: 5_000 });
    expect((await timed(cluster, call)).end).toBe("RPC_TIMEOUT");
  });

  it("leaves half-open connections behind, which the client replaces when they stay silent", async () => {
    const cluster = await pair(1, 1);
    await warm(cluster);
    const end = cluster.fault("Test.back", {}, { kind: "blackhole", way: "requests" });
    const say = () => timed(cluster, cluster.call(Sleep, "Test.back", { text: "x" }, { timeoutMs: 100 }));
    expect((await say()).end).toBe("RPC_TIMEOUT");
    end();
    const ends: string[] = [];
    for (let n = 0; n < 4; n++) ends.push((await say()).end);
    expect(ends).toEqual(["RPC_TIMEOUT", "RPC_TIMEOUT", "x at Test.back", "x at Test.back"]);
  });

  it("hides that an instance was killed", async () => {
    const cluster = await pair(1, 1);
    await warm(cluster);
    cluster.fault("Test.back", {}, { kind: "blackhole" });
    await cluster.kill("Test.back");
    const error = await cluster.clock.until(
      caught(cluster.call(Sleep, "Test.back", { text: "x" }, { timeoutMs: 400 })),
    );
    expect(error).toMatchObject({ code: "DEADLINE_EXCEEDED", reason: "RPC_TIMEOUT" });
  });
});
