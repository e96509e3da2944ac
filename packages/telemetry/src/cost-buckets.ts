/** Steps in which costs are counted. Lower bounds are inclusive. */

/** Costs of calls, as the original named them. */
export const CALL_COST_BUCKETS = [
  ...["0~1ms", "1~2ms", "2~5ms", "5~10ms", "10~20ms", "20~50ms"],
  ...["50~100ms", "100~200ms", "200~500ms", "500~1s", "1s+"],
] as const;

/** Costs of requests: most of them take less than a millisecond, so the first bucket is split. */
export const REQUEST_COST_BUCKETS = [
  ...["0~0.1ms", "0.1~0.2ms", "0.2~0.5ms", "0.5~1ms"],
  ...CALL_COST_BUCKETS.slice(1),
] as const;

/** Queue delays, as the original named them: there the upper bound was inclusive from the second one on. */
export const DELAY_BUCKETS = ["[0~1ms]", "(1~10ms]", "(10~50ms]", "(50~100ms]", "(100+ms)"] as const;

/** Number of the bucket of a call. Comparisons, since nearly all calls end at the first ones. */
export function callCostBucket(costMs: number): number {
  if (costMs < 10) {
    if (costMs < 1) return 0;
    if (costMs < 2) return 1;
    return costMs < 5 ? 2 : 3;
  }
  if (costMs < 100) {
    if (costMs < 20) return 4;
    return costMs < 50 ? 5 : 6;
  }
  if (costMs < 200) return 7;
  if (costMs < 500) return 8;
  return costMs < 1_000 ? 9 : 10;
}

/** Number of the bucket of a request. */
export function requestCostBucket(costMs: number): number {
  if (costMs >= 1) return callCostBucket(costMs) + 3;
  if (costMs < 0.1) return 0;
  if (costMs < 0.2) return 1;
  return costMs < 0.5 ? 2 : 3;
}

export function delayBucket(delayMs: number): number {
  if (delayMs <= 1) return 0;
  if (delayMs <= 10) return 1;
  if (delayMs <= 50) return 2;
  return delayMs <= 100 ? 3 : 4;
}

/** Lower bounds of the steps of `totals()`, ms: 20 ms each to 100, 50 ms each to 500, then all above. */
export const TOTAL_COST_STEPS_MS: readonly number[] = [
  ...[0, 20, 40, 60, 80, 100],
  ...[150, 200, 250, 300, 350, 400, 450, 500],
];

/** Number of the step of a cost in {@link TOTAL_COST_STEPS_MS}. */
export function totalCostStep(costMs: number): number {
  if (costMs < 100) return Math.floor(Math.max(0, costMs) / 20);
  return costMs < 500 ? 3 + Math.floor(costMs / 50) : TOTAL_COST_STEPS_MS.length - 1;
}
