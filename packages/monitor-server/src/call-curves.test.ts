import { describe, expect, it } from "vitest";
import {
  CALL_ATTRIBUTES,
  COST_ATTRIBUTES,
  callCurves,
  percentileMs,
  REQUESTS,
  REQUESTS_FAILED,
} from "./call-curves.js";

/** Counts by bucket, e.g. `{ "2~5ms": 50 }`. */
const counts = (filled: Readonly<Record<string, number>>): number[] =>
  COST_ATTRIBUTES.map((attribute) => filled[/\[(.*)\]/.exec(attribute)?.[1] ?? ""] ?? 0);

describe("percentileMs", () => {
  it.each([
    { name: "no calls", counts: counts({}), ratio: 0.5, want: null },
    { name: "half of the first bucket", counts: counts({ "0~0.1ms": 10 }), ratio: 0.5, want: 0.05 },
    { name: "end of a bucket", counts: counts({ "2~5ms": 50, "5~10ms": 50 }), ratio: 0.5, want: 5 },
    { name: "inside the second of two", counts: counts({ "2~5ms": 50, "5~10ms": 50 }), ratio: 0.95, want: 9.5 },
    { name: "empty buckets in between", counts: counts({ "0~0.1ms": 99, "200~500ms": 1 }), ratio: 0.99, want: 0.1 },
    { name: "behind empty buckets", counts: counts({ "0~0.1ms": 98, "200~500ms": 2 }), ratio: 0.99, want: 350 },
    { name: "the open bucket", counts: counts({ "1s+": 4 }), ratio: 0.99, want: 1_000 },
    { name: "all of them", counts: counts({ "1~2ms": 3 }), ratio: 1, want: 2 },
  ])("$name", ({ counts: given, ratio, want }) => {
    expect(percentileMs(given, ratio)).toEqual(want);
  });

  it("never falls when the share grows", () => {
    const given = counts({ "0~0.1ms": 5, "5~10ms": 7, "10~20ms": 1, "100~200ms": 2, "1s+": 1 });
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
      p50Ms: [0.05, null, 0.05, null],
      p95Ms: [0.095, null, 0.095, null],
      p99Ms: [0.099, null, 0.099, null],
    });
  });

  it("gives gaps only, when nothing is known", () => {
    expect(callCurves(new Map(), [60]).callsPerSec).toEqual([null]);
  });

  it("reads the attributes under the names of the framework", () => {
    expect(CALL_ATTRIBUTES).toContain("frm.rpc request cost [500~1s]");
    expect(CALL_ATTRIBUTES).toHaveLength(16);
  });
});
