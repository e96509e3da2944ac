import { setInterval as every, scheduler, setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { defineService } from "../define-service.js";
import { Echo } from "../host/host-fixture.js";
import { echo, here, open } from "./cluster-fixture.js";
import { createTestCluster } from "./test-cluster.js";

const services = [{ service: "Test.back", definition: echo(here) }] as const;
const real = {
  ...{ Date, now: performance.now, timeout: AbortSignal.timeout, setTimeout: globalThis.setTimeout },
  ...{ hrtime: process.hrtime, wait: scheduler.wait },
};

describe("a cluster with all globals", () => {
  it("tells its time by Date and performance.now, to handlers as to tests", async () => {
    const seen: string[] = [];
    const dated = echo(() => ({ text: new Date().toISOString() }));
    const cluster = await open({ services: [{ service: "Test.back", definition: dated }], globals: "all" });
    const startMs = performance.now();
    expect(Date.now()).toBe(cluster.clock.nowMs());
    for (let n = 0; n < 2; n++) {
      seen.push((await cluster.call(Echo.methods.Sleep, "Test.back", { text: "" })).text);
      await cluster.clock.advance(60_000);
    }
    expect(seen).toEqual(["2030-01-01T00:00:00.000Z", "2030-01-01T00:01:00.000Z"]);
    expect(performance.now() - startMs).toBe(120_000);
    expect(new Date(0)).toBeInstanceOf(real.Date);
    expect(new real.Date(0)).toBeInstanceOf(Date);
    expect(new Date(2020, 1).getFullYear()).toBe(2020);
    expect(Date()).toContain("2030");
    expect(Date.UTC(1970, 0)).toBe(0);
  });

  it("moves AbortSignal.timeout and the sleep of node:timers/promises", async () => {
    const cluster = await open({ services, globals: "all" });
    const signal = AbortSignal.timeout(30_000);
    const asleep = sleep(60_000, "slept in");
    const given = sleep(60_000, undefined, { signal }).catch((error: Error) => error.name);
    await cluster.clock.advance(29_999);
    expect(signal.aborted).toBe(false);
    await cluster.clock.advance(1);
    expect(signal.reason).toMatchObject({ name: "TimeoutError" });
    expect(await given).toBe("AbortError");
    expect(await cluster.clock.until(asleep)).toBe("slept in");
  });

  it("moves process.hrtime and scheduler.wait", async () => {
    const cluster = await open({ services, globals: "all" });
    const [startNs, start] = [process.hrtime.bigint(), process.hrtime()];
    const waiting = scheduler.wait(61_000);
    await cluster.clock.advance(60_999);
    expect(process.hrtime(start)).toEqual([60, 999_000_000]);
    await cluster.clock.until(waiting);
    expect(process.hrtime.bigint() - startNs).toBe(61_000_000_000n);
    await expect(scheduler.wait(5, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORT_ERR" });
  });

  it("moves the ticks of node:timers/promises", async () => {
    const cluster = await open({ services, globals: "all" });
    const ticks: unknown[] = [];
    const done = (async () => {
      for await (const tick of every(1_000, "tick")) if (ticks.push(tick, cluster.clock.nowMs() % 60_000) === 4) break;
    })();
    await cluster.clock.until(done);
    expect(ticks).toEqual(["tick", 1_000, "tick", 2_000]);
  });

  it("gives everything back when it is closed or fails to start", async () => {
    const cluster = await open({ services, globals: "all" });
    expect(Date).not.toBe(real.Date);
    await cluster.close();
    const failing = defineService(Echo, { say: here, sleep: here }, { init: () => Promise.reject(new Error("no")) });
    const failed = createTestCluster({ services: [{ service: "Test.back", definition: failing }], globals: "all" });
    await expect(failed).rejects.toMatchObject({ reason: "EXEC_INIT_FAILED" });
    const { now } = performance;
    expect({
      ...{ Date, now, timeout: AbortSignal.timeout, setTimeout: globalThis.setTimeout },
      ...{ hrtime: process.hrtime, wait: scheduler.wait },
    }).toEqual(real);
    expect(await sleep(1, "awake")).toBe("awake");
  });

  it("is refused beside another one, and with a real clock", async () => {
    const cluster = await open({ services });
    await expect(createTestCluster({ services, globals: "all" })).rejects.toThrow("only one at a time");
    await cluster.close();
    await open({ services, globals: "all" });
    await expect(createTestCluster({ services })).rejects.toThrow("only one at a time");
    await expect(createTestCluster({ services, clock: "real", globals: "all" })).rejects.toThrow("real clock");
  });

  it("is refused while the test runner has faked the timers, and bears a faked Date", async () => {
    onTestFinished(() => void vi.useRealTimers());
    vi.useFakeTimers();
    await expect(createTestCluster({ services })).rejects.toThrow("fake timers are on");
    vi.useRealTimers();
    vi.useFakeTimers({ toFake: ["Date"], now: 5 });
    const cluster = await open({ services });
    await cluster.clock.advance(1_000);
    expect(Date.now()).toBe(5);
    await cluster.close();
  });

  it("is not what a cluster does by itself", async () => {
    await open({ services });
    expect([Date, performance.now, AbortSignal.timeout]).toEqual([real.Date, real.now, real.timeout]);
  });
});
