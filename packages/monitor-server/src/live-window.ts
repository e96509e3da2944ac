/** The last 16 minutes in buckets of 5 seconds, in memory only. */
import type { Series } from "./series-directory.js";

export const LIVE_STEP_MS = 5_000;
/** A minute above what is promised, so that a question for 15 minutes that is on its way for some seconds still fits. */
export const LIVE_WINDOW_MS = 960_000;
const SLOTS = LIVE_WINDOW_MS / LIVE_STEP_MS;

interface LiveSeries {
  /** Ring by bucket number; NaN = nothing was reported. */
  readonly values: Float64Array;
  newestBucket: number;
}

const bucketOf = (atMs: number): number => Math.floor(atMs / LIVE_STEP_MS);

export class LiveWindow {
  readonly #series = new Map<number, LiveSeries>();
  readonly #maxSeries: number;

  /** @param maxSeries series above it have no live values, only minutes; one costs 1.5 KiB */
  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  get size(): number {
    return this.#series.size;
  }

  record(series: Series, atSec: number, value: number): void {
    const bucket = bucketOf(atSec * 1_000);
    const live = this.#open(series.seriesId, bucket);
    if (!live || bucket <= live.newestBucket - SLOTS) return;
    if (bucket > live.newestBucket) advance(live, bucket);
    const slot = bucket % SLOTS;
    const known = live.values[slot] ?? Number.NaN;
    live.values[slot] = series.kind === "set" || Number.isNaN(known) ? value : known + value;
  }

  /** Calls `visit` for each bucket of the series from `fromMs` (inclusive) to `toMs` that has a value, oldest first. */
  visit(series: Series, range: { fromMs: number; toMs: number }, visit: (atMs: number, value: number) => void): void {
    const live = this.#series.get(series.seriesId);
    if (!live) return;
    const first = Math.max(bucketOf(range.fromMs), live.newestBucket - SLOTS + 1);
    const end = Math.min(Math.ceil(range.toMs / LIVE_STEP_MS), live.newestBucket + 1);
    for (let bucket = first; bucket < end; bucket += 1) {
      const value = live.values[bucket % SLOTS] ?? Number.NaN;
      if (!Number.isNaN(value)) visit(bucket * LIVE_STEP_MS, value);
    }
  }

  /** Forgets series that nobody reported in the window. */
  forgetIdle(nowMs: number): void {
    const oldest = bucketOf(nowMs - LIVE_WINDOW_MS);
    for (const [seriesId, live] of this.#series) if (live.newestBucket < oldest) this.#series.delete(seriesId);
  }

  #open(seriesId: number, bucket: number): LiveSeries | undefined {
    const known = this.#series.get(seriesId);
    if (known || this.#series.size >= this.#maxSeries) return known;
    const live = { values: new Float64Array(SLOTS).fill(Number.NaN), newestBucket: bucket };
    this.#series.set(seriesId, live);
    return live;
  }
}

function advance(live: LiveSeries, bucket: number): void {
  const from = Math.max(live.newestBucket + 1, bucket - SLOTS + 1);
  for (let passed = from; passed <= bucket; passed += 1) live.values[passed % SLOTS] = Number.NaN;
  live.newestBucket = bucket;
}
