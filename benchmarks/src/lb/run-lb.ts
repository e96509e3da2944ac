/**
 * `npm run bench -- lb`: the simulator's table, and which bars are missed.
 *
 *   --simulation        without times per pick and report and the agent's costs, which need a quiet machine
 *   --quick             one seed; no result file
 *   --tune              the tuning set instead of the reporting one; no result file
 *   --scenario a,b      these scenarios; no result file
 *   --policy a,b        these policies; no result file
 *   --set key=1,key=2   settings of our balancer other than the defaults, with --tune only
 *   --load 0.5          another usual load than the set's, as part of the capacity; no result file
 *   --frontier          what an oracle could do in the brown-outs, instead of all that
 *   --json              no tables
 */
import { measureAgent } from "../naming/measure-agent.js";
import { writeResult } from "../result.js";
import { type Bar, barsOf } from "./bars.js";
import { type Cell, runCell } from "./cell.js";
import { frontierOf } from "./frontier.js";
import { type Plan, planOf } from "./lb-plan.js";
import { formatBars, formatScenario, formatSpeed } from "./lb-tables.js";
import { OWN_POLICY } from "./policies/registry.js";
import type { Scenario } from "./scenario.js";
import { measureSpeed } from "./speed.js";

/** The agent's load that the bars speak of: at most 2 % of a core and 150 MB. */
const AGENT = { services: 500, instances: 100, seconds: 20 };

export async function runLbBenchmark(args: readonly string[]): Promise<void> {
  const plan = planOf(args);
  if (plan.isFrontier) {
    tellFrontier(plan);
    return;
  }
  // First, for the simulation makes the balancer's code less specialised.
  const speed = plan.hasSpeed ? await measureSpeed({ isQuick: !plan.isKept }) : undefined;
  if (speed) tell(plan, formatSpeed(speed));
  const agent = plan.hasSpeed && plan.isKept ? await measureAgent(AGENT, (text) => tell(plan, text)) : undefined;
  const beganMs = performance.now();
  const cells = plan.scenarios.flatMap((scenario) => runScenario(plan, scenario));
  const seconds = Math.round((performance.now() - beganMs) / 100) / 10;
  const bars = barsOf(cells, OWN_POLICY);
  const { name: set, instances, clients } = plan.set;
  tell(plan, `${set} set, seeds ${plan.seeds.join(" ")}, ${seconds} s\n${formatBars(bars)}\n`);
  const facts = { set, seeds: plan.seeds, seconds, instances, clients };
  const frontier = plan.isKept ? frontierCells(plan) : [];
  const lists = { policies: plan.policies.map(namesOf), scenarios: plan.scenarios.map(namesOf), cells, frontier };
  const line = { ...facts, ...summaryOf(bars), ours: oursOf(cells), ...(speed && { speed }), ...(agent && { agent }) };
  await writeResult("lb", { ...line, ...lists, bars }, { line, isKept: plan.isKept });
}

function frontierCells({ scenarios, seeds }: Plan): readonly Cell[] {
  return scenarios
    .filter(({ name }) => name.startsWith("brown-out"))
    .flatMap((scenario) => frontierOf(scenario, seeds));
}

function tellFrontier(plan: Plan): void {
  const cells = frontierCells(plan);
  for (const scenario of plan.scenarios) {
    const own = cells.filter((cell) => cell.scenario === scenario.name);
    if (own.length > 0) process.stderr.write(`${formatScenario(scenario, own)}\n`);
  }
  process.stdout.write(`${JSON.stringify({ benchmark: "lb frontier", cells })}\n`);
}

function namesOf({ name, about }: { name: string; about: string }): { name: string; about: string } {
  return { name, about };
}

function runScenario(plan: Plan, scenario: Scenario): Cell[] {
  const cells = plan.policies.map((policy) => runCell(scenario, policy, plan.seeds));
  tell(plan, formatScenario(scenario, cells));
  return cells;
}

function summaryOf(bars: readonly Bar[]): { bars: number; missed: readonly string[] } {
  const missed = bars.filter((bar) => !bar.isMet);
  return { bars: bars.length, missed: missed.map(({ scenario, bar }) => `${scenario}: ${bar}`) };
}

/** By scenario: failed %, p50 ms, p99 ms, and where something was out the seconds until it was restored. */
function oursOf(cells: readonly Cell[]): Readonly<Record<string, readonly (number | null)[]>> {
  const own = cells.filter((cell) => cell.policy === OWN_POLICY);
  return Object.fromEntries(
    own.map(({ scenario, failedPercent, p50Ms, p99Ms, restoredSec }) => {
      return [scenario, [failedPercent, p50Ms, p99Ms, ...(restoredSec === undefined ? [] : [restoredSec])]];
    }),
  );
}

function tell({ isTold }: Plan, text: string): void {
  if (isTold) process.stderr.write(`${text}\n`);
}
