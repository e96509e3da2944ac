/** Points of a chart, pure: times in seconds as uPlot wants them, gaps as null. */

export type Value = number | null;

export interface Curve {
  readonly label: string;
  readonly values: readonly Value[];
  readonly colour?: string;
  readonly fill?: boolean;
}

export interface CurveFacts {
  readonly last: Value;
  readonly min: Value;
  readonly max: Value;
}

/** Times of `count` points, in seconds. */
export function pointTimes(fromMs: number, stepMs: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => (fromMs + index * stepMs) / 1000);
}

/** What the legend tells. `last` is the last value that was reported. */
export function curveFacts(values: readonly Value[]): CurveFacts {
  let last: Value = null;
  let min: Value = null;
  let max: Value = null;
  for (const value of values) {
    if (value === null) continue;
    last = value;
    min = min === null ? value : Math.min(min, value);
    max = max === null ? value : Math.max(max, value);
  }
  return { last, min, max };
}

/** Top of an axis that starts at zero: a little above the largest value, never zero. */
export function axisTop(max: number | null): number {
  return max === null || max <= 0 ? 1 : max * 1.1;
}

/** Curves of several answers may begin at different moments; brings them onto the times of the first. */
export function alignValues(values: readonly Value[], offsetPoints: number, count: number): Value[] {
  return Array.from({ length: count }, (_, index) => values[index + offsetPoints] ?? null);
}
