/** Cuts a range into equal steps. */
import { LIVE_STEP_MS } from "./live-window.js";

export const MINUTE_MS = 60_000;
/** Values of one series in one answer; a smaller step is raised. */
export const MAX_STEPS = 1_500;

export interface TimeRange {
  /** Inclusive. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
}

export interface TimeSteps {
  /** Start of the first step, a multiple of `stepMs`. */
  readonly fromMs: number;
  readonly stepMs: number;
  readonly count: number;
}

/**
 * @param isLive steps may be multiples of 5 s; else of minutes
 * @param stepMs wanted step; raised to what is stored, and until there are at most {@link MAX_STEPS}
 */
export function timeSteps(range: TimeRange, isLive: boolean, stepMs = 0): TimeSteps {
  const unitMs = isLive ? LIVE_STEP_MS : MINUTE_MS;
  const leastMs = Math.max(stepMs, unitMs, (range.toMs - range.fromMs) / (MAX_STEPS - 1));
  const chosenMs = Math.ceil(leastMs / unitMs) * unitMs;
  const fromMs = Math.floor(range.fromMs / chosenMs) * chosenMs;
  return { fromMs, stepMs: chosenMs, count: Math.max(1, Math.ceil((range.toMs - fromMs) / chosenMs)) };
}
