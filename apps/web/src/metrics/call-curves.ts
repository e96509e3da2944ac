import type { CallCurves } from "@msec/api-schema";
import { alignValues, type Curve, type Value } from "../chart/curves.js";

type Field = "callsPerSec" | "failuresPerSec" | "p50Ms" | "p95Ms" | "p99Ms";

export interface CurveSet {
  readonly fromMs: number;
  readonly stepMs: number;
  readonly count: number;
}

/** The times that all curves of an answer are drawn on: those of the first. */
export function curveTimes(curves: readonly CallCurves[]): CurveSet | undefined {
  const first = curves[0];
  return first && { fromMs: first.fromMs, stepMs: first.stepMs, count: first.callsPerSec.length };
}

/** One curve per machine (or the sum) of one field. */
export function fieldCurves(
  curves: readonly CallCurves[],
  field: Field,
  label: (curve: CallCurves) => string,
): Curve[] {
  const times = curveTimes(curves);
  if (!times) return [];
  return curves.map((curve) => ({
    label: label(curve),
    values: alignValues(curve[field], Math.round((times.fromMs - curve.fromMs) / times.stepMs), times.count),
  }));
}

/** Whether anything was reported at all. */
export function hasValues(curves: readonly CallCurves[]): boolean {
  const some = (values: readonly Value[]) => values.some((value) => value !== null);
  return curves.some((curve) => some(curve.callsPerSec) || some(curve.failuresPerSec));
}
