import { describe, expect, it } from "vitest";
import {
  CALL_ATTRIBUTES,
  COST_ATTRIBUTES,
  callCurves,
  percentileMs,
  REQUESTS,
  REQUESTS_FAILED,
} from "./call-curves.js";

const counts = (filled: Readonly<Record<number, number>>): number[] =>
  COST_ATTRIBUTES.map((_, index) => filled[index] ?? 0);

describe("percentileMs", () => {
  it.each([
    { name: "no calls", counts: counts({}), ratio: 0.5, want: null },
    { name: "half of the first bucket", counts: counts({ 0: 10 }), ratio: 0.5, want: 0.5 },
    { name: "end of a bucket", counts: counts({ 2: 50, 3: 50 }), ratio: 0.5, want: 5 },
    { name: "inside the second of two", counts: counts({ 2: 50, 3: 50 }), ratio: 0.95, want: 9.5 },
    { name: "empty buckets in between", counts: counts({ 0: 99, 8: 1 }), ratio: 0.99, want: 1 },
    { name: "behind empty buckets", counts: counts({ 0: 98, 8: 2 }), ratio: 0.99, want: 350 },
    { name: "the open bucket", counts: counts({ 10: 4 }), ratio: 0.99, want: 1_000 },
    { name: "all of them", counts: counts({ 1: 3 }), ratio: 1, want: 2 },
  ])("$name", ({ counts: given, ratio, want }) => {
    expect(percentileMs(given, ratio)).toEqual(want);
  });

  it("never falls when the share grows", () => {
    const given = counts({ 0: 5, 3: 7, 4: 1, 7: 2, 10: 1 });
    const curve = Array.from({ length: 101 }, (_, percent) => percentileMs(given, percent / 100) ?? Number.NaN);
    expect(curve.toSorted((a, b) => a - b)).toEqual(curve);
  });
});

describe("callCurves", () => {
  it("divides counts by the seconds of each step and leaves gaps", () => {
    const values = new Map<string, (number | null)[]>([
      [REQUESTS, [50, null, 10, 4]],
      [REQUESTS_FAILED, [5, null, null, 4]],
      [COST_ATTRIBUTES[0] ?? "", [50, null, 10, null]],
    ]);
    expect(callCurves(values, [5, 5, 2, 0])).toEqual({
      callsPerSec: [10, null, 5, null],
      failuresPerSec: [1, null, 0, null],
      p50Ms: [0.5, null, 0.5, null],
      p95Ms: [0.95, null, 0.95, null],
      p99Ms: [0.99, null, 0.99, null],
    });
  });

  it("gives gaps only, when nothing is known", () => {
    expect(callCurves(new Map(), [60]).callsPerSec).toEqual([null]);
  });

  it("reads the attributes under the names of the framework", () => {
    expect(CALL_ATTRIBUTES).toContain("frm.rpc request cost [500~1s]");
    expect(CALL_ATTRIBUTES).toHaveLength(13);
  });
});
