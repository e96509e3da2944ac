import { AppError } from "@msec/core";
import { afterEach, describe, expect, it } from "vitest";
import { defineService, type ServiceContext } from "../define-service.js";
import { Echo } from "../host-fixture.js";
import { currentApp, currentContext, getRoute } from "../runtime.js";
import { createTestCluster, type TestCluster, type TestClusterOptions } from "./test-cluster.js";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function open<const N extends string>(options: TestClusterOptions<N>): Promise<TestCluster<N>> {
  const cluster = await createTestCluster(options);
  closers.push(() => cluster.close());
  return cluster;
}

interface Text {
  readonly text: string;
}
type Answer = (request: Text, ctx: ServiceContext) => Text | Promise<Text>;

/** `say` is idempotent, `sleep` is not. */
const echo = (say: Answer, sleep: Answer = say) => defineService(Echo, { say, sleep });
const here: Answer = ({ text }) => ({ text: `${text} at ${currentApp().service}` });
const passOn =
  (target: string, timeoutMs = 800): Answer =>
  async ({ text }, ctx) => {
    await Promise.resolve();
    const answer = await ctx.call(Echo.methods.Say, target, { text: `${text}>${currentApp().service}` }, { timeoutMs });
    return { text: answer.text };
  };

const caught = (promise: Promise<unknown>): Promise<AppError> =>
  promise.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => error as AppError,
  );

describe("a chain of three services", () => {
  const chain = () =>
    open({
      services: [
        { service: "Test.front", definition: echo(passOn("Test.middle")) },
        { service: "Test.middle", definition: echo(passOn("Test.back")), instances: 2 },
        { service: "Test.back", definition: echo(here), instances: 3 },
      ],
    });

  it("calls through, each service as itself, and leaves one hop record each with the same request id", async () => {
    const cluster = await chain();
    const answer = await cluster.call(Echo.methods.Say, "Test.front", { text: "x" });
    expect(answer).toEqual({ text: "x>Test.front>Test.middle at Test.back" });
    const hops = cluster.hops();
    expect(hops.map(({ service, caller, reason }) => [service, caller, reason])).toEqual([
      ["Test.back", "Test.middle", ""],
      ["Test.middle", "Test.front", ""],
      ["Test.front", "Test.client", ""],
    ]);
    expect(new Set(hops.map(({ requestId }) => requestId)).size).toBe(1);
    expect(hops[2]?.calls).toMatchObject([{ target: "Test.middle", method: "t.Echo.Say", attempt: 0, reason: "" }]);
  });

  it("spreads calls over the instances and counts them", async () => {
    const cluster = await chain();
    await Promise.all(Array.from({ length: 60 }, () => cluster.call(Echo.methods.Say, "Test.back", { text: "x" })));
    const counts = [0, 1, 2].map((index) => cluster.hops().filter(({ instance }) => instance === index).length);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(counts.reduce((a, b) => a + b)).toBe(60);
    const metrics = cluster.metrics("Test.back");
    const requests = Object.entries(metrics).filter(([name]) => /Test\.client/.test(name));
    expect(requests.some(([, value]) => value === 60)).toBe(true);
  });
});

describe("virtual time", () => {
  it("lets a timeout of ten seconds pass in an instant, and the rest of the chain gives up with it", async () => {
    const seen: string[] = [];
    const hanging: Answer = (_request, ctx) =>
      new Promise(() => ctx.signal.addEventListener("abort", () => seen.push((ctx.signal.reason as AppError).reason)));
    const cluster = await open({
      services: [
        { service: "Test.front", definition: echo(passOn("Test.back", 30_000)) },
        { service: "Test.back", definition: echo(hanging) },
      ],
    });
    const call = caught(cluster.call(Echo.methods.Sleep, "Test.front", { text: "x" }, { timeoutMs: 10_000 }));
    await cluster.clock.advance(9_999);
    expect(seen).toEqual([]);
    await cluster.clock.advance(10);
    expect(await call).toMatchObject({ code: "DEADLINE_EXCEEDED", reason: "RPC_TIMEOUT", details: { attempts: 1 } });
    expect(seen).toHaveLength(1);
  });

  it("a handler that ends with the reason of its signal ends the call with the code of a deadline", async () => {
    const patient: Answer = (_request, ctx) =>
      new Promise((_, reject) => ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason)));
    const cluster = await open({ services: [{ service: "Test.back", definition: echo(patient) }] });
    const call = caught(cluster.call(Echo.methods.Sleep, "Test.back", { text: "x" }, { timeoutMs: 300 }));
    expect(await cluster.clock.until(call)).toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(cluster.hops()).toMatchObject([{ reason: "RPC_DEADLINE_PASSED" }]);
  });

  it("times out at the deadline of the call, to the tick of the timer wheel", async () => {
    const cluster = await open({ services: [{ service: "Test.back", definition: echo(here) }] });
    cluster.fault("Test.back", {}, { kind: "hang" });
    const startMs = cluster.clock.monotonicMs();
    const call = caught(cluster.call(Echo.methods.Sleep, "Test.back", { text: "x" }, { timeoutMs: 10_000 }));
    const error = await cluster.clock.until(call);
    const elapsedMs = cluster.clock.monotonicMs() - startMs;
    expect(elapsedMs).toBeGreaterThanOrEqual(10_000);
    expect(elapsedMs).toBeLessThanOrEqual(10_004);
    const { address } = cluster.instance("Test.back");
    const details = { target: "Test.back", method: "t.Echo.Sleep", address, attempts: 1 };
    expect(error).toMatchObject({ reason: "RPC_TIMEOUT", details });
    expect(error.details.elapsedMs).toBe(Math.round(elapsedMs));
  });

  it("moves setTimeout and setInterval of the service, and only until the cluster is closed", async () => {
    const realTimeout = globalThis.setTimeout;
    let ticks = 0;
    const definition = defineService(
      Echo,
      {
        async say({ text }) {
          await new Promise((resolve) => setTimeout(resolve, 500));
          return { text: `${text} ${currentContext()?.method}` };
        },
        sleep: here,
      },
      {
        init: () => {
          const timer = setInterval(() => ++ticks === 3 && clearInterval(timer), 1_000);
        },
        loop: () => 60_000,
      },
    );
    const cluster = await open({ services: [{ service: "Test.back", definition }] });
    const call = cluster.call(Echo.methods.Say, "Test.back", { text: "slept in" }, { maxAttempts: 1 });
    await cluster.clock.advance(499);
    expect(cluster.hops()).toEqual([]);
    await cluster.clock.advance(1);
    await expect(call).resolves.toEqual({ text: "slept in t.Echo.Say" });
    expect(cluster.hops()[0]?.costMs).toBe(500);
    await cluster.clock.advance(60_000);
    expect(ticks).toBe(3);
    await cluster.close();
    expect(globalThis.setTimeout).toBe(realTimeout);
  });

  it("says so when nothing will ever settle a promise", async () => {
    const cluster = await open({ services: [{ service: "Test.back", definition: echo(here) }] });
    await expect(cluster.clock.until(new Promise(() => undefined), 5_000)).rejects.toMatchObject({
      reason: "EXEC_CLUSTER_TIMEOUT",
    });
  });

  it("can be the system's", async () => {
    const cluster = await open({ services: [{ service: "Test.back", definition: echo(here) }], clock: "real" });
    cluster.fault("Test.back", {}, { kind: "delay", delayMs: 20 });
    const startMs = performance.now();
    await cluster.call(Echo.methods.Say, "Test.back", { text: "x" });
    expect(performance.now() - startMs).toBeGreaterThan(15);
  });
});

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
});

describe("instances", () => {
  it("are killed without a word and started again", async () => {
    const hooks: string[] = [];
    const definition = defineService(
      Echo,
      { say: here, sleep: here },
      { init: () => void hooks.push(`init ${currentApp().service}`), fini: () => void hooks.push("fini") },
    );
    const cluster = await open({ services: [{ service: "Test.back", definition }] });
    cluster.fault("Test.back", {}, { kind: "hang", times: 1 });
    const lost = caught(cluster.call(Echo.methods.Sleep, "Test.back", { text: "x" }));
    await cluster.clock.advance(1);
    await cluster.kill("Test.back");
    expect(await lost).toMatchObject({ reason: "NET_RESET" });
    const refused = await caught(cluster.call(Echo.methods.Sleep, "Test.back", { text: "x" }));
    expect(refused).toMatchObject({ reason: "NET_REFUSED", details: { attempts: 1 } });
    expect(hooks).toEqual(["init Test.back"]);
    await cluster.restart("Test.back");
    await cluster.clock.advance(2_000);
    await cluster.call(Echo.methods.Sleep, "Test.back", { text: "x" });
    await cluster.restart("Test.back");
    expect(hooks).toEqual(["init Test.back", "init Test.back", "fini", "init Test.back"]);
  });

  it("log with the request they serve, and say what a handler threw", async () => {
    const failing: Answer = ({ text }, ctx) => {
      ctx.log.info("asked", { text });
      throw new TypeError("no such thing");
    };
    const cluster = await open({ services: [{ service: "Test.back", definition: echo(failing) }] });
    const error = await caught(cluster.call(Echo.methods.Sleep, "Test.back", { text: "x" }));
    expect(error).toMatchObject({ code: "INTERNAL", details: { target: "Test.back" } });
    expect(error.message).not.toContain("no such thing");
    const [asked, failed] = cluster.logs();
    const requestId = cluster.hops()[0]?.requestId;
    expect(asked).toMatchObject({ source: "service", level: "INFO", text: "asked", fields: { text: "x" } });
    expect(failed).toMatchObject({
      source: "framework",
      level: "error",
      fields: { method: "t.Echo.Sleep", requestId },
    });
    expect((failed?.fields.error as Error | undefined)?.stack).toMatch(/no such thing\n.*test-cluster\.test\.ts:\d+/);
  });

  it("know routes of foreign services, and their own app outside of requests", async () => {
    const seen: string[] = [];
    const definition = defineService(
      Echo,
      { say: () => ({ text: getRoute("Shop.mysql").ip }), sleep: here },
      { loop: () => void seen.push(currentApp().service) },
    );
    const cluster = await open({
      services: [
        { service: "Test.one", definition },
        { service: "Test.two", definition },
      ],
      routes: { "Shop.mysql": ["127.0.0.9:3306"] },
    });
    expect(await cluster.call(Echo.methods.Say, "Test.two", { text: "" })).toEqual({ text: "127.0.0.9" });
    await cluster.clock.advance(1);
    expect(new Set(seen)).toEqual(new Set(["Test.one", "Test.two"]));
  });

  it("are not started when something is wrong with the list or a hook", async () => {
    const definition = echo(here);
    const twice = [
      { service: "Test.back", definition },
      { service: "Test.back", definition },
    ] as const;
    await expect(createTestCluster({ services: twice })).rejects.toMatchObject({ reason: "EXEC_CLUSTER_INVALID" });
    const timer = globalThis.setTimeout;
    const failing = defineService(
      Echo,
      { say: here, sleep: here },
      { init: () => Promise.reject(new Error("no database")) },
    );
    await expect(
      createTestCluster({ services: [{ service: "Test.back", definition: failing }] }),
    ).rejects.toMatchObject({ reason: "EXEC_INIT_FAILED", message: expect.stringContaining("no database") });
    expect(globalThis.setTimeout).toBe(timer);
  });
});
