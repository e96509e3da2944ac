/**
 * When memory counts as flat. A line is fitted to the samples of the second part of a run (the first fifth, at least 15 s, is for
 * warming up). The heap after a garbage collection may grow by 1 MiB or 2 % over the fitted window, whichever is more, memory outside of
 * it (buffers) by 4 MiB or 5 %, resident memory by 8 MiB or 5 %. Buffers come and go by megabytes between two samples, so what a line
 * gains also has to be more than three standard errors of that gain: less can't be told from chance.
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
  /** Standard error of `windowMb`. */
  readonly errorMb: number;
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

/** Standard error of the slope: how far chance alone, by the scatter around the line, would take it. */
export function slopeErrorOf(points: readonly (readonly [x: number, y: number])[]): number {
  if (points.length < 3) return 0;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const slope = slopeOf(points);
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const rest = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  return Math.sqrt(rest / (points.length - 2) / spread);
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
  const errorMb = slopeErrorOf(points) * (last[0] - first[0]);
  const allowedMb = Math.max(allowance.mb, first[1] * allowance.share);
  const round = (value: number): number => Math.round(value * 100) / 100;
  return {
    firstMb: round(first[1]),
    lastMb: round(last[1]),
    mbPerHour: round(slope * 3_600_000),
    windowMb: round(windowMb),
    errorMb: round(errorMb),
    allowedMb: round(allowedMb),
    isFlat: windowMb <= Math.max(allowedMb, 3 * errorMb),
  };
}

/** Samples that count: those after the warm-up. */
export function settled(samples: readonly MemorySample[]): readonly MemorySample[] {
  const lastMs = samples.at(-1)?.atMs ?? 0;
  const fromMs = Math.max(MIN_SETTLE_MS, lastMs * SETTLE_SHARE);
  return samples.filter((sample) => sample.atMs >= fromMs);
}

export interface ProcessGrowth {
  readonly heap: Growth;
  readonly external: Growth;
  readonly resident: Growth;
}

/** @param samples of one process, in order */
export function judgeGrowth(samples: readonly MemorySample[]): ProcessGrowth {
  const window = settled(samples);
  return {
    heap: growthOf(window, (sample) => sample.heapBytes, { mb: 1, share: 0.02 }),
    external: growthOf(window, (sample) => sample.externalBytes, { mb: 4, share: 0.05 }),
    resident: growthOf(window, (sample) => sample.rssBytes, { mb: 8, share: 0.05 }),
  };
}
