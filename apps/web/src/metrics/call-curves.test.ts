import type { CallCurves } from "@msec/api-schema";
import { expect, it } from "vitest";
import { curveTimes, fieldCurves, hasValues } from "./call-curves.js";

const curves = (machine: string, fromMs: number, callsPerSec: (number | null)[]): CallCurves => ({
  fromMs,
  stepMs: 5000,
  machine,
  callsPerSec,
  failuresPerSec: callsPerSec.map(() => null),
  p50Ms: [],
  p95Ms: [],
  p99Ms: [],
});

it("draws machines that began later on the times of the first", () => {
  const answer = [curves("a", 0, [1, 2, 3]), curves("b", 5000, [7, 8])];
  expect(curveTimes(answer)).toEqual({ fromMs: 0, stepMs: 5000, count: 3 });
  expect(fieldCurves(answer, "callsPerSec", (curve) => curve.machine)).toEqual([
    { label: "a", values: [1, 2, 3] },
    { label: "b", values: [null, 7, 8] },
  ]);
});

it("knows an answer without any value", () => {
  expect([hasValues([]), hasValues([curves("a", 0, [null])]), hasValues([curves("a", 0, [0])])]).toEqual([
    false,
    false,
    true,
  ]);
});
