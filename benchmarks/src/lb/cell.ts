/** One cell of the table: a scenario under a policy, all seeds together. */
import { quantile, type RunFigures } from "./measurements.js";
import type { SimPolicy } from "./policies/sim-policy.js";
import type { Scenario } from "./scenario.js";
import type { CallEnd } from "./sim-call.js";
import { simulate } from "./simulation.js";

export interface Cell {
  readonly scenario: string;
  readonly policy: string;
  readonly calls: number;
  readonly failedPercent: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the slowest instance with the worst seed; `undefined`: nothing to restore; `null`: not within the run. */
  readonly restoredSec?: number | null;
  readonly endCounts: Readonly<Record<CallEnd, number>>;
}

export function runCell(scenario: Scenario, policy: SimPolicy, seeds: readonly number[]): Cell {
  return cellOf(
    { scenario: scenario.name, policy: policy.name },
    seeds.map((seed) => simulate({ scenario, policy, seed })),
  );
}

function cellOf(names: Pick<Cell, "scenario" | "policy">, runs: readonly RunFigures[]): Cell {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const calls = sum(runs.map((run) => run.calls));
  const latencies = Float64Array.from(runs.flatMap((run) => [...run.latenciesMs])).sort();
  const restored = runs.flatMap(({ restoredSec }) => restoredSec ?? []);
  const worst = Math.max(...restored);
  const ends = Object.keys(runs[0]!.endCounts) as CallEnd[];
  return {
    ...names,
    calls,
    failedPercent: round((100 * sum(runs.map((run) => run.failed))) / calls, 1_000),
    p50Ms: round(quantile(latencies, 0.5), 100),
    p99Ms: round(quantile(latencies, 0.99), 100),
    ...(restored.length > 0 && { restoredSec: Number.isFinite(worst) ? worst : null }),
    endCounts: Object.fromEntries(ends.map((end) => [end, sum(runs.map((run) => run.endCounts[end]))])) as Record<
      CallEnd,
      number
    >,
  };
}

function round(value: number, steps: number): number {
  return Math.round(value * steps) / steps;
}
