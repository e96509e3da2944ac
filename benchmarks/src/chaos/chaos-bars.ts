/** What the figures must be. */
import type { Retries } from "./chaos-client.js";
import type { Fault } from "./chaos-faults.js";
import type { ChaosFigures } from "./chaos-figures.js";

export interface ChaosRun {
  readonly fault: Fault;
  readonly retries: Retries;
  /** Of the fault. */
  readonly lastsMs: number;
  readonly ratePerSec: number;
  readonly figures: ChaosFigures;
}

export interface Bar {
  readonly fault: string;
  readonly retries: Retries;
  readonly what: string;
  readonly value: number | null;
  readonly limit: number;
  readonly isMet: boolean;
}

const MAX_FAILED_PER_EVENT = 20;
/** Of one second's calls, after the first timeout. */
const MAX_HUNG_SHARE = 0.005;
const MAX_RESTORE_MS = 10_000;

function isKill({ name }: Fault): boolean {
  return name === "kill" || name === "crash" || name === "alone";
}

export function barsOf(runs: readonly ChaosRun[]): readonly Bar[] {
  return runs.flatMap(({ fault, retries, lastsMs, ratePerSec, figures }) => {
    const bars: Bar[] = [];
    const add = (what: string, value: number | null, limit: number): void => {
      bars.push({ fault: fault.name, retries, what, value, limit, isMet: value !== null && value <= limit });
    };
    if (isKill(fault) && retries === "safe") add("failed calls", figures.failed, 0);
    if (isKill(fault) && retries === "none")
      add("failed calls per event", figures.failed / fault.events(lastsMs), MAX_FAILED_PER_EVENT);
    if (fault.name === "stop")
      add("failed calls after the first", figures.failedAfterFirst, Math.ceil(ratePerSec * MAX_HUNG_SHARE) - 1);
    add("ms until the share is restored", figures.restoreMs, MAX_RESTORE_MS);
    return bars;
  });
}
