import type { Health } from "@msec/api-schema";

/** Calls of one service in the last minute. */
export interface CallRates {
  readonly callsPerSec: number;
  readonly failuresPerSec: number;
  readonly p99Ms: number | null;
}

export interface HealthText {
  readonly health: Health;
  readonly text: string;
}

/** From this share of failed calls on a service is degraded, failing. */
const DEGRADED_RATIO = 0.01;
const FAILING_RATIO = 0.2;
/** Fewer failures in the minute say nothing. */
const LEAST_FAILURES = 3;

/** Worst first; what is unknown is no worse than well. */
export const SEVERITY: Readonly<Record<Health, number>> = { failing: 0, degraded: 1, unknown: 2, well: 3 };

export function failureRatio({ callsPerSec, failuresPerSec }: CallRates): number {
  return callsPerSec > 0 ? Math.min(1, failuresPerSec / callsPerSec) : 0;
}

/** The worse of what the instances and what the calls say. */
export function joinHealth(instances: HealthText, rates: CallRates): HealthText {
  const ratio = failureRatio(rates);
  const calls = callHealth(ratio, rates.failuresPerSec * 60);
  if (calls === "well") return instances;
  const text = `${percent(ratio)} of the calls of the last minute failed`;
  const isInstanceTrouble = instances.health === "failing" || instances.health === "degraded";
  const health = SEVERITY[calls] < SEVERITY[instances.health] ? calls : instances.health;
  return { health, text: isInstanceTrouble ? `${instances.text}; ${text}` : text };
}

function callHealth(ratio: number, failures: number): Health {
  if (failures < LEAST_FAILURES || ratio < DEGRADED_RATIO) return "well";
  return ratio >= FAILING_RATIO ? "failing" : "degraded";
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toFixed(ratio < 0.1 ? 1 : 0))} %`;
}
