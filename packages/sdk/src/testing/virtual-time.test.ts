import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { AppError } from "@msec/core";
import { describe, expect, it } from "vitest";
import { defineService } from "../define-service.js";
import { Echo } from "../host/host-fixture.js";
import { currentContext } from "../runtime.js";
import { type Answer, caught, echo, here, open, passOn } from "./cluster-fixture.js";

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

  it("moves the promise form of setTimeout, too", async () => {
    const definition = echo(async ({ text }) => ({ text: await promisify(setTimeout)(700, `${text} late`) }));
    const cluster = await open({ services: [{ service: "Test.back", definition }] });
    const call = cluster.call(Echo.methods.Sleep, "Test.back", { text: "x" }, { timeoutMs: 5_000 });
    expect(await cluster.clock.until(call)).toEqual({ text: "x late" });
    expect(cluster.hops()[0]?.costMs).toBe(700);
  });

  it("lets no time pass while a handler reads files", async () => {
    const reading = echo(async () => {
      for (let n = 0; n < 20; n++) await readFile(import.meta.filename);
      return { text: "read" };
    });
    const cluster = await open({ services: [{ service: "Test.back", definition: reading }] });
    const call = cluster.call(Echo.methods.Sleep, "Test.back", { text: "x" }, { timeoutMs: 1_000, maxAttempts: 1 });
    expect(await cluster.clock.until(call)).toEqual({ text: "read" });
    expect(cluster.hops()[0]?.costMs).toBe(0);
  });

  it("takes delays that Node can't keep as Node does: at once", async () => {
    const cluster = await open({ services: [{ service: "Test.back", definition: echo(here) }] });
    const fired: string[] = [];
    setTimeout(() => fired.push("30 days"), 30 * 86_400_000);
    setTimeout(() => fired.push("24 days"), 24 * 86_400_000);
    await cluster.clock.advance(1);
    expect(fired).toEqual(["30 days"]);
    const timer = setTimeout(() => undefined, 5);
    expect([timer.hasRef(), timer.unref().hasRef(), timer.ref().hasRef()]).toEqual([true, false, true]);
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
