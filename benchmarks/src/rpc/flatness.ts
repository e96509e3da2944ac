/**
 * When memory counts as flat. A line is fitted to the samples of the second part of a run (the first fifth, at least 15 s, is for
 * warming up); live memory (heap + external, after a garbage collection) may grow by 1 MiB or 2 % over the fitted window, whichever is
 * more, resident memory by 8 MiB or 5 %.
 */
import type { MemoryUse } from "./bench-process.js";

export interface MemorySample extends MemoryUse {
  readonly atMs: number;
}

export interface Growth {
  readonly firstMb: number;
  readonly lastMb: number;
  readonly mbPerHour: number;
  /** What the fitted line gains over the window. */
  readonly windowMb: number;
  readonly allowedMb: number;
  readonly isFlat: boolean;
}

const MB = 1 << 20;
const SETTLE_SHARE = 0.2;
const MIN_SETTLE_MS = 15_000;

/** Slope of the least-squares line. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [meanX, meanY] = [mean(([x]) => x), mean(([, y]) => y)];
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}

function growthOf(
  samples: readonly MemorySample[],
  of: (sample: MemorySample) => number,
  allowance: { readonly mb: number; readonly share: number },
): Growth {
  const points = samples.map((sample): [number, number] => [sample.atMs, of(sample) / MB]);
  const [first, last] = [points[0]!, points.at(-1)!];
  const slope = slopeOf(points);
  const windowMb = slope * (last[0] - first[0]);
  const allowedMb = Math.max(allowance.mb, first[1] * allowance.share);
  const round = (value: number): number => Math.round(value * 100) / 100;
  return {
    firstMb: round(first[1]),
    lastMb: round(last[1]),
    mbPerHour: round(slope * 3_600_000),
    windowMb: round(windowMb),
    allowedMb: round(allowedMb),
    isFlat: windowMb <= allowedMb,
  };
}

/** Samples that count: those after the warm-up. */
export function settled(samples: readonly MemorySample[]): readonly MemorySample[] {
  const lastMs = samples.at(-1)?.atMs ?? 0;
  const fromMs = Math.max(MIN_SETTLE_MS, lastMs * SETTLE_SHARE);
  return samples.filter((sample) => sample.atMs >= fromMs);
}

/** @param samples of one process, in order */
export function judgeGrowth(samples: readonly MemorySample[]): { readonly live: Growth; readonly resident: Growth } {
  const window = settled(samples);
  return {
    live: growthOf(window, (sample) => sample.heapBytes + sample.externalBytes, { mb: 1, share: 0.02 }),
    resident: growthOf(window, (sample) => sample.rssBytes, { mb: 8, share: 0.05 }),
  };
}
