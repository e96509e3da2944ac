import { expect, it } from "vitest";
import { REPORTING, TUNING } from "./scenario-set.js";
import { scenariosOf } from "./scenarios.js";
import { arrivals } from "./workload.js";

it("asks as often as the load says, before and after a step", () => {
  const scenario = scenariosOf(TUNING).find(({ name }) => name === "ten times the load")!;
  const times = [...arrivals(scenario, 5)].map((call) => call.startedMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  const [small, large] = scenario.load;
  const between = (fromMs: number, toMs: number) => times.filter((at) => at >= fromMs && at < toMs).length;
  const expected = ((large!.fromMs - small!.fromMs) / 1_000) * small!.callsPerSec;
  expect(Math.abs(between(0, large!.fromMs) - expected)).toBeLessThan(4 * Math.sqrt(expected));
  const many = 2 * large!.callsPerSec;
  expect(Math.abs(between(large!.fromMs, large!.fromMs + 2_000) - many)).toBeLessThan(4 * Math.sqrt(many));
});

it("chooses parameters on other seeds, fleets and fault sizes than it reports", () => {
  expect(TUNING.seeds.filter((seed) => REPORTING.seeds.includes(seed))).toEqual([]);
  const sizes = (set: typeof TUNING) => [set.instances, set.loadRatio, ...Object.values(set.faults)];
  const reported = sizes(REPORTING);
  for (const [i, size] of sizes(TUNING).entries()) expect(size).not.toEqual(reported[i]);
  expect(scenariosOf(TUNING).map(({ name }) => name)).toEqual(scenariosOf(REPORTING).map(({ name }) => name));
});
