/** Calls, failures and latency percentiles from the framework's attributes. Pure. */

const PREFIX = "frm.rpc request cost [";
/** Bounds of the framework's cost buckets in ms, lower inclusive; the last one is open. */
const BUCKETS = [
  { name: "0~0.1ms", fromMs: 0, toMs: 0.1 },
  { name: "0.1~0.2ms", fromMs: 0.1, toMs: 0.2 },
  { name: "0.2~0.5ms", fromMs: 0.2, toMs: 0.5 },
  { name: "0.5~1ms", fromMs: 0.5, toMs: 1 },
  { name: "1~2ms", fromMs: 1, toMs: 2 },
  { name: "2~5ms", fromMs: 2, toMs: 5 },
  { name: "5~10ms", fromMs: 5, toMs: 10 },
  { name: "10~20ms", fromMs: 10, toMs: 20 },
  { name: "20~50ms", fromMs: 20, toMs: 50 },
  { name: "50~100ms", fromMs: 50, toMs: 100 },
  { name: "100~200ms", fromMs: 100, toMs: 200 },
  { name: "200~500ms", fromMs: 200, toMs: 500 },
  { name: "500~1s", fromMs: 500, toMs: 1_000 },
  { name: "1s+", fromMs: 1_000, toMs: 1_000 },
] as const;

export const REQUESTS = "frm.rpc requests";
export const REQUESTS_FAILED = "frm.rpc requests failed";
/** Attributes of the cost buckets, fastest first. */
export const COST_ATTRIBUTES: readonly string[] = BUCKETS.map(({ name }) => `${PREFIX}${name}]`);
/** All that {@link callCurves} reads. */
export const CALL_ATTRIBUTES: readonly string[] = [REQUESTS, REQUESTS_FAILED, ...COST_ATTRIBUTES];

export type Values = readonly (number | null)[];

export interface CallCurveValues {
  readonly callsPerSec: (number | null)[];
  readonly failuresPerSec: (number | null)[];
  readonly p50Ms: (number | null)[];
  readonly p95Ms: (number | null)[];
  readonly p99Ms: (number | null)[];
}

/**
 * @param values counts per step by attribute; what is missing was not reported
 * @param seconds how long each step is, as far as it is over; 0 = not begun
 */
export function callCurves(values: ReadonlyMap<string, Values>, seconds: readonly number[]): CallCurveValues {
  const at = (attribute: string, step: number): number | null => values.get(attribute)?.[step] ?? null;
  const curves: CallCurveValues = { callsPerSec: [], failuresPerSec: [], p50Ms: [], p95Ms: [], p99Ms: [] };
  seconds.forEach((duration, step) => {
    const calls = at(REQUESTS, step);
    const isKnown = calls !== null && duration > 0;
    curves.callsPerSec.push(isKnown ? calls / duration : null);
    curves.failuresPerSec.push(isKnown ? (at(REQUESTS_FAILED, step) ?? 0) / duration : null);
    const counts = COST_ATTRIBUTES.map((attribute) => at(attribute, step) ?? 0);
    curves.p50Ms.push(percentileMs(counts, 0.5));
    curves.p95Ms.push(percentileMs(counts, 0.95));
    curves.p99Ms.push(percentileMs(counts, 0.99));
  });
  return curves;
}

/**
 * The cost that the share `ratio` of calls does not exceed, linear inside a bucket. 1000 means "a second or more": the last bucket
 * has no end.
 *
 * @param counts calls per cost bucket, fastest first
 * @returns null when there was no call
 */
export function percentileMs(counts: readonly number[], ratio: number): number | null {
  const total = counts.reduce((sum, count) => sum + Math.max(0, count), 0);
  if (total === 0) return null;
  let below = 0;
  for (const [index, bucket] of BUCKETS.entries()) {
    const count = Math.max(0, counts[index] ?? 0);
    if (count > 0 && below + count >= ratio * total)
      return bucket.fromMs + ((bucket.toMs - bucket.fromMs) * (ratio * total - below)) / count;
    below += count;
  }
  return 1_000;
}
