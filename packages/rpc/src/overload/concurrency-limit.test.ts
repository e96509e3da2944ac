import { describe, expect, it } from "vitest";
import { ConcurrencyLimit, createMethodLatency, type MethodLatency } from "./concurrency-limit.js";

/**
 * A service that waits for something else, which handles `capacity` requests at a time, `serviceMs` each: with more under way, all
 * take longer. Windows of 100 ms.
 */
function run(
  limit: ConcurrencyLimit,
  opts: { windows: number; wanted: number; capacity: number; serviceMs: number },
): { inFlight: number; latencyMs: number } {
  const method = methodOf(limit);
  let inFlight = 0;
  let latencyMs = opts.serviceMs;
  for (let n = 0; n < opts.windows; n++) {
    inFlight = Math.min(opts.wanted, limit.current);
    latencyMs = opts.serviceMs * Math.max(1, inFlight / opts.capacity);
    const count = Math.max(20, Math.round((inFlight / latencyMs) * 100));
    method.sumMs += latencyMs * count;
    method.count += count;
    limit.noteInFlight(inFlight);
    limit.update();
  }
  return { inFlight, latencyMs };
}

const methods = new WeakMap<ConcurrencyLimit, MethodLatency>();
function methodOf(limit: ConcurrencyLimit): MethodLatency {
  return methods.get(limit) ?? watched(limit);
}

function watched(limit: ConcurrencyLimit): MethodLatency {
  const method = createMethodLatency();
  limit.watch(method);
  methods.set(limit, method);
  return method;
}

describe("ConcurrencyLimit", () => {
  it("does not limit many under way that cost no latency, from the first one on", () => {
    const limit = new ConcurrencyLimit({ max: 10_000 });
    const load = { wanted: 3_000, capacity: 100_000, serviceMs: 50 };
    expect(run(limit, { ...load, windows: 1 }).inFlight).toBe(3_000);
    expect(run(limit, { ...load, windows: 50 }).inFlight).toBe(3_000);
  });

  it("settles where the latency is about three times that without a queue", () => {
    const limit = new ConcurrencyLimit({ max: 10_000 });
    run(limit, { windows: 10, wanted: 150, capacity: 200, serviceMs: 20 });
    const { latencyMs } = run(limit, { windows: 250, wanted: 5_000, capacity: 200, serviceMs: 20 });
    expect(latencyMs).toBeGreaterThan(40);
    expect(latencyMs).toBeLessThan(80);
  });

  it("never limits a service with few requests under way, however slow it becomes", () => {
    const limit = new ConcurrencyLimit({ max: 10_000 });
    run(limit, { windows: 20, wanted: 60, capacity: 200, serviceMs: 10 });
    run(limit, { windows: 200, wanted: 60, capacity: 200, serviceMs: 1_000 });
    expect(limit.current).toBeGreaterThanOrEqual(128);
  });

  it("accepts after a probe that the service became slower for good", () => {
    const limit = new ConcurrencyLimit({ max: 8_000 });
    run(limit, { windows: 40, wanted: 5_000, capacity: 100_000, serviceMs: 20 });
    const before = run(limit, { windows: 100, wanted: 5_000, capacity: 100_000, serviceMs: 100 });
    expect(before.inFlight).toBeLessThan(2_000);
    const after = run(limit, { windows: 400, wanted: 5_000, capacity: 100_000, serviceMs: 100 });
    expect(after.inFlight).toBe(5_000);
  });

  it("takes a change in the mix of methods for no signal", () => {
    const limit = new ConcurrencyLimit({ max: 10_000 });
    const fast = watched(limit);
    const slow = watched(limit);
    for (let n = 0; n < 100; n++) {
      const slowShare = n < 50 ? 0.1 : 0.9;
      slow.count += Math.round(1000 * slowShare);
      slow.sumMs += 100 * slow.count;
      fast.count += Math.round(1000 * (1 - slowShare));
      fast.sumMs += 5 * fast.count;
      limit.noteInFlight(limit.current);
      limit.update();
    }
    expect(limit.current).toBe(10_000);
  });

  it("stays within its bounds", () => {
    const limit = new ConcurrencyLimit({ max: 100, min: 500 });
    expect(limit.current).toBe(100);
  });
});
