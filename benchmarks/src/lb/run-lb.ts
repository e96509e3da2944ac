/**
 * `npm run bench -- lb`: the simulator's table, and which bars are missed.
 *
 *   --quick             one seed; no result file
 *   --tune              the tuning set instead of the reporting one; no result file
 *   --scenario a,b      these scenarios; no result file
 *   --policy a,b        these policies; no result file
 *   --set key=1,key=2   settings of our balancer other than the defaults, with --tune only
 *   --load 0.5          another usual load than the set's, as part of the capacity; no result file
 *   --frontier          what an oracle could do in the brown-outs, instead of all that
 *   --json              no tables
 */
import { parseArgs } from "node:util";
import { type BalancerSettings, DEFAULT_SETTINGS } from "@msec/balancer";
import { writeResult } from "../result.js";
import { type Bar, barsOf } from "./bars.js";
import { type Cell, runCell } from "./cell.js";
import { frontierOf } from "./frontier.js";
import { formatBars, formatScenario, formatSpeed } from "./lb-tables.js";
import { OWN_POLICY, policies } from "./policies/registry.js";
import type { SimPolicy } from "./policies/sim-policy.js";
import type { Scenario } from "./scenario.js";
import { REPORTING, type ScenarioSet, TUNING } from "./scenario-set.js";
import { scenariosOf } from "./scenarios.js";
import { measureSpeed } from "./speed.js";

interface Plan {
  readonly set: ScenarioSet;
  readonly seeds: readonly number[];
  readonly scenarios: readonly Scenario[];
  readonly policies: readonly SimPolicy[];
  readonly isFrontier: boolean;
  /** Not for a part of the table. */
  readonly hasSpeed: boolean;
  readonly isTold: boolean;
  readonly isKept: boolean;
}

export async function runLbBenchmark(args: readonly string[]): Promise<void> {
  const plan = planOf(args);
  if (plan.isFrontier) {
    tellFrontier(plan);
    return;
  }
  // First, for the simulation makes the balancer's code less specialised.
  const speed = plan.hasSpeed ? await measureSpeed({ isQuick: !plan.isKept }) : undefined;
  const beganMs = performance.now();
  const cells = plan.scenarios.flatMap((scenario) => runScenario(plan, scenario));
  const seconds = Math.round((performance.now() - beganMs) / 100) / 10;
  const bars = barsOf(cells, OWN_POLICY);
  const { name: set, instances, clients } = plan.set;
  tell(plan, `${set} set, seeds ${plan.seeds.join(" ")}, ${seconds} s\n${formatBars(bars)}\n`);
  const facts = { set, seeds: plan.seeds, seconds, instances, clients };
  const lists = { policies: plan.policies.map(namesOf), scenarios: plan.scenarios.map(namesOf), cells };
  const line = { ...facts, ...summaryOf(bars), ...(speed && { speed }) };
  if (speed) tell(plan, formatSpeed(speed));
  await writeResult("lb", { ...line, ...lists, bars }, { line, isKept: plan.isKept });
}

function tellFrontier({ scenarios, seeds }: Plan): void {
  const cells = scenarios
    .filter(({ name }) => name.startsWith("brown-out"))
    .flatMap((scenario) => frontierOf(scenario, seeds));
  for (const scenario of scenarios) {
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

function tell({ isTold }: Plan, text: string): void {
  if (isTold) process.stderr.write(`${text}\n`);
}

function planOf(args: readonly string[]): Plan {
  const flag = { type: "boolean", default: false } as const;
  const list = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: flag,
      tune: flag,
      json: flag,
      frontier: flag,
      scenario: list,
      policy: list,
      set: list,
      load: list,
    },
  });
  const { quick, tune, json } = values;
  const named = tune ? TUNING : REPORTING;
  const set = values.load === undefined ? named : { ...named, loadRatio: Number(values.load) };
  const isWhole = [values.scenario, values.policy, values.load].every((value) => value === undefined);
  if (values.set !== undefined && !tune) throw new Error("--set is for --tune: the reporting set judges the defaults");
  return {
    set,
    seeds: quick ? set.seeds.slice(0, 1) : set.seeds,
    scenarios: chosen(scenariosOf(set), values.scenario),
    policies: chosen(policies(settingsOf(values.set)), values.policy),
    isFrontier: values.frontier,
    hasSpeed: !tune && isWhole,
    isTold: !json,
    isKept: !quick && !tune && isWhole,
  };
}

function chosen<T extends { readonly name: string }>(all: readonly T[], wanted: string | undefined): readonly T[] {
  if (wanted === undefined) return all;
  const names = wanted.split(",");
  const unknown = names.filter((name) => !all.some((each) => each.name === name));
  if (unknown.length > 0)
    throw new Error(`unknown: ${unknown.join(", ")}; there are ${all.map((each) => each.name).join(", ")}`);
  return all.filter((each) => names.includes(each.name));
}

function settingsOf(text: string | undefined): Partial<BalancerSettings> {
  const pairs = (text?.split(",") ?? []).map((pair) => pair.split("="));
  for (const [key = "", value] of pairs) {
    if (!Object.hasOwn(DEFAULT_SETTINGS, key) || !Number.isFinite(Number(value))) {
      throw new Error(`--set ${key}: keys are ${Object.keys(DEFAULT_SETTINGS).join(", ")}`);
    }
  }
  return Object.fromEntries(pairs.map(([key, value]) => [key, Number(value)]));
}
