import { describe, expect, it } from "vitest";
import { type Arrival, type Served, simulateLoop } from "./loop-simulation.js";

/** Handlers of 1 ms: one worker manages 1000 requests a second. */
const plain = (): Arrival => ({ costMs: 1 });
/** A tenth is important. */
const mixed = (random: () => number): Arrival => ({
  costMs: 1,
  priority: random() < 0.05 ? 100 : random() < 0.5 ? 64 : 20,
});

const between = (served: readonly Served[], fromMs: number, toMs: number): Served[] =>
  served.filter(({ request }) => request.arrivedMs >= fromMs && request.arrivedMs < toMs);
const admitted = (served: readonly Served[]): Served[] => served.filter(({ isAdmitted }) => isAdmitted);
const shareOf = (part: readonly unknown[], whole: readonly unknown[]): number => part.length / whole.length;
const waitsOf = (served: readonly Served[]): number[] =>
  served.map(({ request, doneMs }) => doneMs - request.arrivedMs).sort((a, b) => a - b);
const percentile = (values: readonly number[], share: number): number => values[Math.floor(values.length * share)] ?? 0;

describe("overload control of a worker whose handlers use the processor", () => {
  it("refuses nothing at 70 % load", () => {
    const served = simulateLoop({ durationMs: 12_000, rateAt: () => 700, arrivalOf: plain, control: true });
    expect(admitted(served)).toHaveLength(served.length);
  });

  it("refuses nothing for a single pause of 60 ms", () => {
    let count = 0;
    const arrivalOf = (): Arrival => ({ costMs: ++count === 3000 ? 60 : 1 });
    const served = simulateLoop({ durationMs: 10_000, rateAt: () => 500, arrivalOf, control: true });
    expect(admitted(served)).toHaveLength(served.length);
  });

  it.each([
    { costMs: 15, load: 0.5 },
    { costMs: 30, load: 0.3 },
    { costMs: 30, load: 0.5 },
    { costMs: 60, load: 0.5 },
    { costMs: 150, load: 0.5 },
  ])("refuses nothing at a load of $load when requests of $costMs ms meet by chance", ({ costMs, load }) => {
    const rateAt = (): number => (load * 1000) / costMs;
    const served = simulateLoop({ durationMs: 60_000, rateAt, arrivalOf: () => ({ costMs }), control: true });
    expect(admitted(served)).toHaveLength(served.length);
  });

  it("answers in time what it takes of requests of 30 ms at ten times the load", () => {
    const arrivalOf = (): Arrival => ({ costMs: 30 });
    const served = simulateLoop({ durationMs: 20_000, rateAt: () => 333, arrivalOf, control: true });
    const steady = admitted(between(served, 4_000, 20_000));
    expect((steady.length * 30) / 16_000).toBeGreaterThan(0.8);
    expect(percentile(waitsOf(steady), 0.99)).toBeLessThan(400);
  });

  it("answers in time what it takes at ten times the load, and takes about what it manages", () => {
    const served = simulateLoop({ durationMs: 12_000, rateAt: () => 10_000, arrivalOf: plain, control: true });
    const steady = admitted(between(served, 4_000, 12_000));
    expect(steady.length / 8).toBeGreaterThan(700);
    expect(percentile(waitsOf(steady), 0.99)).toBeLessThan(200);
  });

  it("without it every answer comes too late", () => {
    const served = simulateLoop({ durationMs: 12_000, rateAt: () => 10_000, arrivalOf: plain, control: false });
    expect(percentile(waitsOf(between(served, 4_000, 12_000)), 0.01)).toBeGreaterThan(5_000);
  });

  it("serves the highest priority at ten times the load", () => {
    const served = simulateLoop({ durationMs: 12_000, rateAt: () => 10_000, arrivalOf: mixed, control: true });
    const top = between(served, 2_000, 12_000).filter(({ request }) => request.priority === 100);
    expect(shareOf(admitted(top), top)).toBeGreaterThan(0.99);
    const low = between(served, 2_000, 12_000).filter(({ request }) => request.priority === 20);
    expect(shareOf(admitted(low), low)).toBeLessThan(0.01);
  });

  it("refuses nothing 5 s after the overload", () => {
    const rateAt = (ms: number): number => (ms < 10_000 ? 10_000 : 700);
    const served = simulateLoop({ durationMs: 25_000, rateAt, arrivalOf: plain, control: true });
    const after = between(served, 15_000, 25_000);
    expect(admitted(after)).toHaveLength(after.length);
    expect(percentile(waitsOf(after), 0.99)).toBeLessThan(50);
  });

  it.each([
    { load: 300, atMost: 0 },
    { load: 500, atMost: 0 },
    { load: 700, atMost: 0.4 },
  ])(
    "of what a stall of 0.4 s holds up at $load/s it refuses at most a share of $atMost, and none 1.5 s after",
    (row) => {
      const stallMs = 400;
      const stalledAt = row.load * 4;
      let count = 0;
      const arrivalOf = (): Arrival => ({ costMs: ++count === stalledAt ? stallMs : 1 });
      const served = simulateLoop({ durationMs: 12_000, rateAt: () => row.load, arrivalOf, control: true });
      const resumedMs = served.find(({ request }) => request.costMs === stallMs)?.doneMs ?? 0;
      const refused = served.filter(({ isAdmitted }) => !isAdmitted);
      expect(resumedMs).toBeGreaterThan(4_000);
      expect(refused.length).toBeLessThanOrEqual((row.atMost * row.load * stallMs) / 1000);
      // Draining what was held up takes 0.93 s at 700/s: 280 requests, 300/s faster than new ones come.
      expect(refused.filter(({ request }) => request.arrivedMs > resumedMs + 1_500)).toEqual([]);
    },
  );
});
