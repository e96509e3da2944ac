import { describe, expect, it } from "vitest";
import { defineService } from "../define-service.js";
import { Echo } from "../host/host-fixture.js";
import { currentApp, getRoute } from "../runtime.js";
import { type Answer, caught, echo, here, open, passOn } from "./cluster-fixture.js";
import { createTestCluster } from "./test-cluster.js";

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
