import { AppError } from "@msec/core";
import { describe, expect, it } from "vitest";
import { Echo } from "../host/host-fixture.js";
import { caught, echo, here, open, passOn } from "./cluster-fixture.js";

describe("faults", () => {
  const pair = (seed = 1) => open({ services: [{ service: "Test.back", definition: echo(here), instances: 2 }], seed });

  it("of a cut connection: an idempotent call is repeated elsewhere, another one fails and tells where", async () => {
    const cluster = await pair();
    cluster.fault("Test.back", {}, { kind: "reset", times: 1 });
    await expect(cluster.call(Echo.methods.Say, "Test.back", { text: "x" })).resolves.toEqual({
      text: "x at Test.back",
    });
    cluster.fault("Test.back", {}, { kind: "reset", times: 1 });
    const error = await caught(cluster.call(Echo.methods.Sleep, "Test.back", { text: "x" }));
    expect(error).toMatchObject({
      code: "UNAVAILABLE",
      reason: "NET_RESET",
      details: { target: "Test.back", method: "t.Echo.Sleep", attempts: 1 },
    });
    expect([0, 1].map((index) => cluster.instance("Test.back", index).address)).toContain(error.details.address);
  });

  it("of one method of one instance: a hedge asks the other one", async () => {
    const cluster = await pair();
    cluster.fault("Test.back", { instance: 0, method: "Say" }, { kind: "delay", delayMs: 300 });
    const options = { timeoutMs: 2_000, hedge: { afterMs: 50 } };
    const calls = Array.from({ length: 8 }, () => cluster.call(Echo.methods.Say, "Test.back", { text: "x" }, options));
    const startMs = cluster.clock.monotonicMs();
    await cluster.clock.until(Promise.all(calls));
    expect(cluster.clock.monotonicMs() - startMs).toBeLessThan(60);
    await cluster.clock.advance(300);
    expect(cluster.hops().filter(({ instance }) => instance === 0).length).toBeGreaterThan(0);
  });

  it("of a refused instance: the balancer leaves it alone, and takes it back afterwards", async () => {
    const cluster = await pair();
    const end = cluster.fault("Test.back", { instance: 0 }, { kind: "refuse" });
    const say = async (calls: number): Promise<readonly number[]> => {
      const before = cluster.hops().length;
      for (let n = 0; n < calls; n++) await cluster.call(Echo.methods.Sleep, "Test.back", { text: "x" });
      const hops = cluster.hops().slice(before);
      return [0, 1].map((index) => hops.filter(({ instance }) => instance === index).length);
    };
    expect(await say(20)).toEqual([0, 20]);
    end();
    await cluster.clock.advance(60_000);
    await say(20);
    await cluster.clock.advance(60_000);
    expect((await say(40))[0]).toBeGreaterThan(5);
  });

  it("of an answer: the caller gets its reason, code and text", async () => {
    const cluster = await pair();
    const error = new AppError({ code: "NOT_FOUND", reason: "FLIGHT_UNKNOWN", message: "no such flight", details: {} });
    cluster.fault("Test.back", {}, { kind: "error", error });
    const got = await caught(cluster.call(Echo.methods.Say, "Test.back", { text: "x" }));
    expect(got).toMatchObject({ code: "NOT_FOUND", reason: "FLIGHT_UNKNOWN", message: "no such flight" });
    cluster.clearFaults();
    await cluster.call(Echo.methods.Say, "Test.back", { text: "x" });
  });

  it("with a rate strike by chance, and the same seed gives the same run", async () => {
    const run = async (seed: number): Promise<string> => {
      const cluster = await pair(seed);
      cluster.fault("Test.back", {}, { kind: "error", rate: 0.3 });
      cluster.fault("Test.back", { instance: 1 }, { kind: "delay", delayMs: 30, rate: 0.5 });
      const results: string[] = [];
      for (let n = 0; n < 40; n++) {
        const call = cluster.call(Echo.methods.Sleep, "Test.back", { text: String(n) });
        results.push(
          await cluster.clock.until(
            call.then(
              ({ text }) => text,
              (error: AppError) => error.reason,
            ),
          ),
        );
      }
      const hops = cluster.hops().map(({ requestId: _id, ...hop }) => hop);
      await cluster.close();
      return JSON.stringify({ results, hops });
    };
    const first = await run(7);
    expect(first).toContain("EXEC_FAULT_INJECTED");
    expect(await run(7)).toBe(first);
    expect(await run(8)).not.toBe(first);
  });

  it("after the handler: it has run, and its answer is lost with the connection", async () => {
    let runs = 0;
    const counted = echo(({ text }) => ({ text: `${text}${++runs}` }));
    const cluster = await open({ services: [{ service: "Test.back", definition: counted, instances: 2 }] });
    cluster.fault("Test.back", {}, { kind: "reset", when: "after", times: 1 });
    const error = await caught(cluster.call(Echo.methods.Sleep, "Test.back", { text: "x" }));
    expect([error.reason, runs]).toEqual(["NET_RESET", 1]);
    cluster.fault("Test.back", {}, { kind: "reset", when: "after", times: 1 });
    expect(await cluster.call(Echo.methods.Say, "Test.back", { text: "x" })).toEqual({ text: "x3" });
  });

  it("of one caller: the others get their answers", async () => {
    const cluster = await open({
      services: [
        { service: "Test.front", definition: echo(passOn("Test.back")), instances: 2 },
        { service: "Test.back", definition: echo(here) },
      ],
    });
    cluster.fault("Test.back", { from: "Test.front", fromInstance: 1 }, { kind: "refuse" });
    cluster.fault("Test.back", { from: "Test.client" }, { kind: "error", times: 1 });
    const via = (index: number) =>
      cluster.call(Echo.methods.Sleep, `${cluster.instance("Test.front", index).address}@tcp`, { text: "x" });
    expect(await via(0)).toEqual({ text: "x>Test.front at Test.back" });
    expect(await caught(via(1))).toMatchObject({ reason: "NET_REFUSED" });
    const own = await caught(cluster.call(Echo.methods.Sleep, "Test.back", { text: "x" }));
    expect(own).toMatchObject({ reason: "EXEC_FAULT_INJECTED" });
    expect(() => cluster.fault("Test.back", { from: "Test.front", fromInstance: 2 }, { kind: "hang" })).toThrow(
      "no instance 2 of Test.front",
    );
  });
});
