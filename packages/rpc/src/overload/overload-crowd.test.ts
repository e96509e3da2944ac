import { describe, expect, it } from "vitest";
import { createMethodLatency, type MethodLatency } from "./concurrency-limit.js";
import { seededRandom } from "./loop-simulation.js";
import { OverloadControl } from "./overload-control.js";

interface Traffic {
  readonly perSec: number | ((nowMs: number) => number);
  /** Latency when so many of its own are under way. */
  readonly latencyMs: (underWay: number, nowMs: number) => number;
  readonly priority?: number;
  /** Its handler only waits; else its latency is never told. */
  readonly waits?: boolean;
}

interface Asked {
  readonly atMs: number;
  readonly latencyMs: number;
  readonly refusedBy: string;
}

const IDLE_LAG = { wake: () => undefined, take: () => 0, stop: () => undefined };

class SimulatedMethod {
  readonly asked: Asked[] = [];
  readonly latency: MethodLatency = createMethodLatency();
  readonly traffic: Traffic;
  /** Ends of those under way, by the millisecond. */
  readonly #ends = new Map<number, number[]>();
  underWay = 0;
  #due = 0;

  constructor(traffic: Traffic, control: OverloadControl) {
    this.traffic = traffic;
    control.limit.watch(this.latency);
  }

  end(nowMs: number, control: OverloadControl): void {
    for (const latencyMs of this.#ends.get(nowMs) ?? []) {
      this.underWay--;
      if (this.traffic.waits !== false) control.limit.noteLatency(this.latency, latencyMs);
    }
    this.#ends.delete(nowMs);
  }

  /** Requests that are due in this millisecond. */
  take(nowMs: number): number {
    const { perSec } = this.traffic;
    this.#due += (typeof perSec === "number" ? perSec : perSec(nowMs)) / 1000;
    const whole = Math.floor(this.#due);
    this.#due -= whole;
    return whole;
  }

  start(nowMs: number): number {
    const latencyMs = Math.max(1, Math.round(this.traffic.latencyMs(++this.underWay, nowMs)));
    const ends = this.#ends.get(nowMs + latencyMs);
    if (ends === undefined) this.#ends.set(nowMs + latencyMs, [latencyMs]);
    else ends.push(latencyMs);
    return latencyMs;
  }
}

/** A worker whose handlers wait for something; its event loop is idle. */
function simulateCrowd<K extends string>(
  durationMs: number,
  traffics: Record<K, Traffic>,
): Record<K, readonly Asked[]> {
  const control = new OverloadControl({ maxInFlight: 10_000, lag: IDLE_LAG, clock: { nowMs: () => 0 } });
  const random = seededRandom(1);
  const methods = Object.values<Traffic>(traffics).map((traffic) => new SimulatedMethod(traffic, control));
  for (let nowMs = 0; nowMs < durationMs; nowMs++) {
    for (const method of methods) method.end(nowMs, control);
    for (const method of methods) {
      for (let left = method.take(nowMs); left > 0; left--) {
        const inFlight = methods.reduce((sum, { underWay }) => sum + underWay, 0);
        const userHash = Math.floor(random() * 0x1_0000_0000);
        const request = { priority: method.traffic.priority ?? 64, userHash, startedMs: nowMs };
        const cause = control.check(request, method.latency, inFlight);
        if (cause === undefined) control.noteStart(0);
        const latencyMs = cause === undefined ? method.start(nowMs) : 0;
        method.asked.push({ atMs: nowMs, latencyMs, refusedBy: cause ?? "" });
      }
    }
  }
  const names = Object.keys(traffics);
  return Object.fromEntries(names.map((name, n) => [name, methods[n]!.asked])) as unknown as Record<
    K,
    readonly Asked[]
  >;
}

const since = (asked: readonly Asked[], fromMs: number): Asked[] => asked.filter(({ atMs }) => atMs >= fromMs);
const taken = (asked: readonly Asked[]): Asked[] => asked.filter(({ refusedBy }) => refusedBy === "");
const shareTaken = (asked: readonly Asked[]): number => taken(asked).length / asked.length;

/** From 5 s on what it waits for takes 1.5 s instead of 50 ms. */
const becomesSlow = (_underWay: number, nowMs: number): number => (nowMs < 5_000 ? 50 : 1_500);

describe("a method that became slow", () => {
  it.each([
    { what: "only computes", waits: false },
    { what: "waits for something else", waits: true },
  ])("is limited, and one beside it that $what is not refused a single time", ({ waits }) => {
    const { slow, other } = simulateCrowd(20_000, {
      slow: { perSec: 350, latencyMs: becomesSlow },
      other: { perSec: 350, latencyMs: () => 10, waits },
    });
    expect(since(slow, 5_000).some(({ refusedBy }) => refusedBy !== "")).toBe(true);
    expect(taken(other)).toHaveLength(other.length);
  });

  it("takes all again when it is as quick as before, and after half a minute when it stays slow", () => {
    const recovers = simulateCrowd(20_000, {
      slow: { perSec: 350, latencyMs: (_, nowMs) => (nowMs < 5_000 || nowMs > 10_000 ? 50 : 1_500) },
    });
    const stays = simulateCrowd(70_000, { slow: { perSec: 350, latencyMs: becomesSlow } });
    expect(shareTaken(since(recovers.slow, 13_000))).toBe(1);
    expect(shareTaken(since(stays.slow, 60_000))).toBe(1);
  });
});

describe("more than what is waited for can bear", () => {
  /** Manages 200 at a time in 20 ms each: 10,000 a second. More only wait for each other. */
  const bounded = (underWay: number): number => 20 * Math.max(1, underWay / 200);

  it("is kept near three times the usual latency at five times the load, and forgotten after", () => {
    const perSec = (nowMs: number): number => (nowMs > 3_000 && nowMs < 13_000 ? 50_000 : 5_000);
    const { flood } = simulateCrowd(20_000, { flood: { perSec, latencyMs: bounded } });
    const late = taken(since(flood, 8_000).filter(({ atMs }) => atMs < 13_000)).map(({ latencyMs }) => latencyMs);
    late.sort((a, b) => a - b);
    expect(late[Math.floor(late.length / 2)]).toBeLessThan(100);
    expect(late.length / 5).toBeGreaterThan(8_000);
    expect(shareTaken(since(flood, 18_000))).toBe(1);
  });
});
