/** The options of `npm run bench -- lb`, and what they ask for. */
import { parseArgs } from "node:util";
import { type BalancerSettings, DEFAULT_SETTINGS } from "@msec/balancer";
import { policies } from "./policies/registry.js";
import type { SimPolicy } from "./policies/sim-policy.js";
import type { Scenario } from "./scenario.js";
import { REPORTING, type ScenarioSet, TUNING } from "./scenario-set.js";
import { scenariosOf } from "./scenarios.js";

export interface Plan {
  readonly set: ScenarioSet;
  readonly seeds: readonly number[];
  readonly scenarios: readonly Scenario[];
  readonly policies: readonly SimPolicy[];
  readonly isFrontier: boolean;
  /** Times per pick and report. Not for a part of the table. */
  readonly hasSpeed: boolean;
  readonly isTold: boolean;
  readonly isKept: boolean;
}

export function planOf(args: readonly string[]): Plan {
  const flag = { type: "boolean", default: false } as const;
  const list = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: flag,
      simulation: flag,
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
    hasSpeed: !tune && !values.simulation && isWhole,
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
