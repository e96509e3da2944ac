/** What is noted of one run, and what is read from it. */
import type { Scenario } from "./scenario.js";
import type { CallEnd, SimCall } from "./sim-call.js";

/** The share of an instance is looked at over this time. */
const SHARE_WINDOW_MS = 2_000;
const SHARE_STEP_MS = 250;
/** Of the share before the trouble, when it counts as restored. */
const RESTORED_RATIO = 0.9;

export interface RunFigures {
  readonly calls: number;
  readonly failed: number;
  readonly endCounts: Readonly<Record<CallEnd, number>>;
  /** Of calls that were served, and of those that timed out (the timeout), ms, ascending. */
  readonly latenciesMs: Float64Array;
  /** From the end of the trouble of an instance until it has its share, the slowest one; `undefined`: nothing to restore. Infinity: not within the run. */
  readonly restoredSec: number | undefined;
  /** Calls per instance in the measured time. */
  readonly picks: readonly number[];
}

export class Measurements {
  readonly #scenario: Scenario;
  readonly #steps: number;
  readonly #picksByStep: Int32Array;
  readonly #latenciesMs: number[] = [];
  readonly #endCounts: Record<CallEnd, number> = { success: 0, refused: 0, reset: 0, timeout: 0, error: 0, busy: 0 };

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#steps = Math.ceil(scenario.phases.endMs / SHARE_STEP_MS);
    this.#picksByStep = new Int32Array(this.#steps * scenario.fleet.length);
  }

  notePick(call: SimCall): void {
    const step = Math.floor(call.startedMs / SHARE_STEP_MS);
    this.#picksByStep[step * this.#scenario.fleet.length + call.slot]! += 1;
  }

  noteEnd(call: SimCall, end: CallEnd, latencyMs: number): void {
    if (call.startedMs < this.#scenario.phases.warmUpMs) return;
    this.#endCounts[end] += 1;
    if (end === "success" || end === "timeout") this.#latenciesMs.push(latencyMs);
  }

  figures(): RunFigures {
    const { fleet, phases } = this.#scenario;
    const calls = Object.values(this.#endCounts).reduce((sum, count) => sum + count, 0);
    return {
      calls,
      failed: calls - this.#endCounts.success,
      endCounts: { ...this.#endCounts },
      latenciesMs: Float64Array.from(this.#latenciesMs).sort(),
      restoredSec: this.#restoredSec(),
      picks: fleet.map((_, slot) => this.#picked(slot, phases.warmUpMs, phases.endMs).own),
    };
  }

  #restoredSec(): number | undefined {
    const { recoveries } = this.#scenario;
    if (recoveries.length === 0) return undefined;
    return Math.max(...recoveries.map(({ slot, atMs }) => this.#restoredAfterMs(slot, atMs))) / 1_000;
  }

  /** Until the start of the first window in which the instance has its share again. */
  #restoredAfterMs(slot: number, wellAtMs: number): number {
    const { warmUpMs, endMs } = this.#scenario.phases;
    const wanted = RESTORED_RATIO * this.#share(slot, warmUpMs / 4, warmUpMs);
    for (let fromMs = wellAtMs; fromMs + SHARE_WINDOW_MS <= endMs; fromMs += SHARE_STEP_MS) {
      if (this.#share(slot, fromMs, fromMs + SHARE_WINDOW_MS) >= wanted) return fromMs - wellAtMs;
    }
    return Number.POSITIVE_INFINITY;
  }

  #share(slot: number, fromMs: number, toMs: number): number {
    const { own, all } = this.#picked(slot, fromMs, toMs);
    return all === 0 ? 0 : own / all;
  }

  #picked(slot: number, fromMs: number, toMs: number): { own: number; all: number } {
    const count = this.#scenario.fleet.length;
    const lastStep = Math.min(this.#steps, Math.floor(toMs / SHARE_STEP_MS));
    let own = 0;
    let all = 0;
    for (let step = Math.floor(fromMs / SHARE_STEP_MS); step < lastStep; step += 1) {
      for (let other = 0; other < count; other += 1) {
        const picks = this.#picksByStep[step * count + other]!;
        all += picks;
        if (other === slot) own += picks;
      }
    }
    return { own, all };
  }
}

/** Of ascending values, by nearest rank. */
export function quantile(ascending: Float64Array, ratio: number): number {
  const index = Math.max(0, Math.ceil(ratio * ascending.length) - 1);
  return ascending[index] ?? 0;
}
