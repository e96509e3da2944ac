import { describe, expect, it } from "vitest";
import { policies } from "./policies/registry.js";
import type { SimPolicy } from "./policies/sim-policy.js";
import type { Scenario } from "./scenario.js";
import { WELL } from "./sim-instance.js";
import { simulate } from "./simulation.js";
import { arrivals } from "./workload.js";

const instance = { cores: 2, speed: 1, queueLimit: 6 };
/** Everything that can go wrong, within three seconds and at three quarters of the capacity. */
const TROUBLED: Scenario = {
  name: "troubled",
  about: "",
  fleet: [instance, instance, instance, instance],
  clients: { machines: 2, processesPerMachine: 2, timeoutMs: 60 },
  load: [{ fromMs: 0, callsPerSec: 600 }],
  work: { meanMs: 10, sigma: 0.6 },
  changes: [
    { atMs: 500, slots: [0], condition: { presence: "silent" } },
    { atMs: 800, slots: [1], condition: { presence: "down" } },
    { atMs: 1_000, slots: [2], condition: { failureRatio: 0.3, slowness: 3 } },
    { atMs: 1_500, slots: [3], condition: { fastFailureRatio: 0.2 } },
    { atMs: 2_000, slots: [0, 1, 2, 3], condition: WELL },
  ],
  recoveries: [],
  phases: { warmUpMs: 0, endMs: 3_000 },
};

/** Notes each pick and each report of a policy. */
function watched(policy: SimPolicy) {
  const open = new Map<number, number>();
  const seen = { picks: 0, reports: 0, mostOpen: 0 };
  const watching: SimPolicy = {
    ...policy,
    openMachine: (context) => {
      const machine = policy.openMachine(context);
      return {
        openProcess: (index) => {
          const picker = machine.openProcess(index);
          return {
            pick: (nowMs) => {
              const slot = picker.pick(nowMs);
              seen.picks += 1;
              open.set(slot, (open.get(slot) ?? 0) + 1);
              return slot;
            },
            report: (slot, end, latencyMs, nowMs) => {
              seen.reports += 1;
              open.set(slot, (open.get(slot) ?? 0) - 1);
              picker.report(slot, end, latencyMs, nowMs);
            },
          };
        },
      };
    },
  };
  return { watching, seen, open };
}

describe.each(policies().map((policy) => ({ name: policy.name, policy })))("$name", ({ policy }) => {
  it("ends each call exactly once, in one of six ways", () => {
    const { watching, seen, open } = watched(policy);
    const figures = simulate({ scenario: TROUBLED, policy: watching, seed: 9 });
    const asked = [...arrivals(TROUBLED, 9)].length;
    expect(seen).toMatchObject({ picks: asked, reports: asked });
    expect([...open.values()].every((count) => count === 0)).toBe(true);
    expect(figures.calls).toBe(asked);
    expect(figures.picks.reduce((sum, count) => sum + count, 0)).toBe(asked);
    expect(figures.latenciesMs).toHaveLength(figures.endCounts.success + figures.endCounts.timeout);
    const { success, timeout, reset, error } = figures.endCounts;
    expect(Math.min(success, timeout, reset, error)).toBeGreaterThan(0);
  });

  it("does the same again with the same seed, and something else with another", () => {
    const once = (seed: number) => simulate({ scenario: TROUBLED, policy, seed });
    const first = once(9);
    expect(once(9)).toEqual(first);
    expect(once(10)).not.toEqual(first);
  });
});

it("waits as long as the formula of Pollaczek and Khinchine says, from arrival to answer", () => {
  const [cores, meanMs, sigma, ratio] = [1, 10, 0.6, 0.6];
  const scenario: Scenario = {
    ...TROUBLED,
    fleet: [{ cores, speed: 1, queueLimit: 1e9 }],
    clients: { machines: 1, processesPerMachine: 1, timeoutMs: 1e6 },
    load: [{ fromMs: 0, callsPerSec: (1_000 / meanMs) * ratio }],
    work: { meanMs, sigma },
    changes: [],
    phases: { warmUpMs: 10_000, endMs: 2_000_000 },
  };
  const figures = simulate({ scenario, policy: policies()[0]!, seed: 3 });
  const wait = (ratio * meanMs * Math.exp(sigma * sigma)) / (2 * (1 - ratio));
  const mean = figures.latenciesMs.reduce((sum, value) => sum + value, 0) / figures.latenciesMs.length;
  const roundTripMs = 0.4;
  expect(Math.abs(mean / (wait + meanMs + roundTripMs) - 1)).toBeLessThan(0.03); // 120,000 calls
});
