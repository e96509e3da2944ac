/** The columns beside ours: each does what its name says. */
import { describe, expect, it } from "vitest";
import { randomStream } from "../random-streams.js";
import type { CallEnd } from "../sim-call.js";
import { randomPolicy, roundRobinPolicy } from "./blind.js";
import { originalPerfectPolicy, originalPolicy } from "./original.js";
import type { SimPicker, SimPolicy } from "./sim-policy.js";
import { leastInFlightPolicy, peakEwmaPolicy } from "./two-choices.js";

/** One process on a machine of its own, and the periodic work of the machine. */
function open(policy: SimPolicy, weights: readonly number[] = [100, 100, 100, 100]) {
  const cycles: ((nowMs: number) => void)[] = [];
  const machine = policy.openMachine({
    weights,
    random: (...purpose) => randomStream(1, ...purpose),
    nowMs: () => 0,
    every: (_periodMs, run) => cycles.push(run),
    acceptsConnection: () => true,
  });
  const cycle = (nowMs: number): void => {
    for (const run of cycles) run(nowMs);
  };
  return { picker: machine.openProcess(0), cycle };
}

/** Calls one after the other; @returns how many each instance got. */
function call(picker: SimPicker, times: number, endOf: (slot: number) => CallEnd = () => "success"): number[] {
  const counts = [0, 0, 0, 0];
  for (let n = 0; n < times; n += 1) {
    const slot = picker.pick(n);
    counts[slot]! += 1;
    picker.report(slot, endOf(slot), 10, n);
  }
  return counts;
}

describe("blind", () => {
  it("random keeps to the weights", () => {
    const counts = call(open(randomPolicy, [100, 200, 300, 400]).picker, 100_000);
    for (const [slot, count] of counts.entries()) expect(Math.abs(count - 10_000 * (slot + 1))).toBeLessThan(700);
  });

  it("round robin spreads each round evenly", () => {
    expect(call(open(roundRobinPolicy).picker, 8)).toEqual([2, 2, 2, 2]);
    expect(call(open(roundRobinPolicy, [100, 100, 200, 400]).picker, 8)).toEqual([1, 1, 2, 4]);
  });
});

describe("two choices", () => {
  it("p2c never takes the fuller one of two", () => {
    const { picker } = open(leastInFlightPolicy, [100, 100]);
    const slots = Array.from({ length: 10 }, () => picker.pick(0));
    for (let n = 0; n < 10; n += 2) expect(slots[n]).not.toBe(slots[n + 1]);
  });

  it("peak ewma leaves a slow one alone, and comes back when that is long ago", () => {
    const { picker } = open(peakEwmaPolicy, [100, 100]);
    for (const [nowMs, latencyMs] of [
      [0, 10],
      [100, 10],
      [200, 10],
      [300, 10],
    ] as const) {
      const slot = picker.pick(nowMs);
      picker.report(slot, "success", slot === 0 ? 500 : latencyMs, nowMs + 1);
    }
    const picked = (fromMs: number) =>
      Array.from({ length: 20 }, (_, n) => {
        const slot = picker.pick(fromMs + n);
        picker.report(slot, "success", 10, fromMs + n);
        return slot;
      });
    expect(picked(400)).not.toContain(0);
    expect(picked(60_000)).toContain(0);
  });
});

describe("original", () => {
  const failing = (slot: number): CallEnd => (slot === 0 ? "error" : "success");

  it("as shipped does not see error answers, with perfect reporting it does", () => {
    const shipped = open(originalPolicy);
    const perfect = open(originalPerfectPolicy);
    for (const each of [shipped, perfect]) {
      call(each.picker, 1_000, failing);
      each.cycle(5_000);
    }
    expect(call(shipped.picker, 1_000, failing)[0]).toBeGreaterThan(200);
    expect(call(perfect.picker, 1_000, failing)[0]).toBeLessThan(20);
  });

  it("sees a lost connection in either form, and gives back a twentieth per cycle", () => {
    const { picker, cycle } = open(originalPolicy);
    call(picker, 1_000, (slot) => (slot === 0 ? "reset" : "success"));
    cycle(5_000);
    const share = () => call(picker, 4_000)[0]! / 1_000;
    expect(share()).toBeLessThan(0.05);
    for (let n = 2; n < 6; n += 1) {
      cycle(n * 5_000);
      call(picker, 4_000);
    }
    expect(share()).toBeGreaterThan(0.1);
    expect(share()).toBeLessThan(0.5);
  });
});
