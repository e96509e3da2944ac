/** What each policy promises, in virtual time over one table that four processes share. */
import { describe, expect, it } from "vitest";
import { Balancer } from "./balancer.js";
import { failed, SimulatedFleet, served, sum } from "./fleet-fixture.js";
import { hashKey } from "./hash-key.js";
import { HEALTH_FIELD as F } from "./health-table.js";
import { MemoryHealthTable } from "./memory-health-table.js";
import { tryPolicyId } from "./policies/registry.js";
import { seededRandom } from "./seeded-random.js";

const share = (picks: readonly number[], slot: number) => (picks[slot] ?? 0) / sum(picks);

describe.each(["adaptive", "standard", "dynamic wrr", "wrr", "odd", "consistent hash"])("%s", (policy) => {
  it("follows weights while all is well", () => {
    const fleet = new SimulatedFleet({ instances: 3, policy, weights: [100, 300, 600], answer: () => served(2) });
    const { picks } = fleet.run(5);
    const off = [0.1, 0.3, 0.6].map((wanted, slot) => Math.abs(share(picks, slot) - wanted));
    expect(Math.max(...off)).toBeLessThan(policy === "adaptive" ? 0.08 : 0.02); // which also looks at what is in flight
  });

  it("sends next to nothing to an instance that refuses connections, and gives it its share back", () => {
    const isDown = (atMs: number) => atMs > 1_000 && atMs < 11_000;
    const fleet = new SimulatedFleet({
      instances: 4,
      policy,
      answer: ({ slot, atMs }) => (slot === 2 && isDown(atMs) ? failed("refused", 0.2) : served(4)),
      dial: (_slot, atMs) => !isDown(atMs),
    });
    fleet.run(1);
    expect(fleet.run(10).lost).toBeLessThan(40); // of 20,000
    fleet.run(10);
    expect(share(fleet.run(3).picks, 2)).toBeGreaterThan(0.23);
  });
});

/** One of four fails 40 % of its calls, another one is five times slower. */
const troubled = (policy: string) => {
  const fleet = new SimulatedFleet({
    instances: 4,
    policy,
    answer: ({ slot, random }) => (slot === 0 && random < 0.4 ? failed("error", 4) : served(slot === 1 ? 20 : 4)),
  });
  fleet.run(5);
  return fleet;
};

describe("an instance that fails 40 %, and one that is slow", () => {
  it("are nothing to wrr: weights alone count", () => {
    const fleet = troubled("wrr");
    const { picks } = fleet.run(5);
    expect([0, 1, 2, 3].map((slot) => Math.round(share(picks, slot) * 100))).toEqual([25, 25, 25, 25]);
    expect(fleet.ejected).toEqual([]);
  });

  it.each(["dynamic wrr", "odd"])(
    "have their weights times success squared with %s, and nobody is ejected",
    (policy) => {
      const fleet = troubled(policy);
      const { picks } = fleet.run(5);
      expect(share(picks, 0) / share(picks, 2)).toBeGreaterThan(0.3);
      expect(share(picks, 0) / share(picks, 2)).toBeLessThan(0.45); // 0.6²
      expect(share(picks, 1)).toBeCloseTo(share(picks, 2), 1);
      expect(fleet.ejected).toEqual([]);
    },
  );

  it("is ejected by standard, which takes the slow one as any other", () => {
    const { picks } = troubled("standard").run(10);
    expect(share(picks, 0)).toBeLessThan(0.02);
    expect(share(picks, 1)).toBeCloseTo(share(picks, 2), 1);
  });

  it("both get little with adaptive", () => {
    const { picks } = troubled("adaptive").run(10);
    expect(share(picks, 0)).toBeLessThan(0.02);
    expect(share(picks, 1)).toBeLessThan(0.12);
  });
});

it("odd lets one that refused come back without a trial call, since a foreign caller may never report", () => {
  const table = new MemoryHealthTable([1, 2].map((n) => ({ address: `10.0.0.${n}:80`, weight: 100 })));
  const clock = { nowMs: 1_000 };
  const balancer = new Balancer(table, { nowMs: () => clock.nowMs, random: seededRandom(1) });
  balancer.usePolicy(tryPolicyId("odd") ?? -1);
  balancer.report({ slot: 0, generation: table.generation(0), outcome: "refused", latencyMs: 0 });
  const picksOf = () => Array.from({ length: 100 }, () => balancer.pick([]));
  expect(new Set(picksOf())).toEqual(new Set([1]));
  clock.nowMs += 1_100;
  picksOf(); // none of these is reported
  clock.nowMs += 4_000;
  expect(picksOf().filter((slot) => slot === 0).length).toBeGreaterThan(40);
});

describe("consistent hash", () => {
  function keyed(count: number) {
    const table = new MemoryHealthTable(
      Array.from({ length: count }, (_, n) => ({ address: `10.0.0.${n + 1}:80`, weight: 100 })),
    );
    const balancer = new Balancer(table, { nowMs: () => 1_000, random: seededRandom(1) });
    balancer.usePolicy(tryPolicyId("consistent hash") ?? -1);
    return { table, balancer };
  }

  it("keeps a key on one instance, and moves only the keys of one that is out", () => {
    const { table, balancer } = keyed(5);
    const owners = () =>
      Array.from({ length: 200 }, (_, k) => {
        const slot = balancer.pick([], hashKey(`user-${k}`));
        balancer.report({ slot, generation: table.generation(slot), outcome: "success", latencyMs: 1 });
        return slot;
      });
    const before = owners();
    expect(new Set(before).size).toBe(5);
    balancer.report({ slot: 2, generation: table.generation(2), outcome: "refused", latencyMs: 0 });
    const after = owners();
    expect(before.filter((owner, k) => owner !== after[k]).every((owner) => owner === 2)).toBe(true);
    expect(after).not.toContain(2);
  });

  it("lets nobody have more than 1.25 times the average load, however hot a key is", () => {
    const { table, balancer } = keyed(8);
    for (let n = 0; n < 800; n += 1) balancer.pick([], n % 4 === 0 ? hashKey(`user-${n}`) : hashKey("hot"));
    const loads = Array.from({ length: 8 }, (_, slot) => table.get(slot, F.inFlight));
    expect(sum(loads)).toBe(800);
    expect(Math.max(...loads)).toBeLessThanOrEqual(Math.ceil(1.25 * 100) + 1);
  });

  it("takes an instance at random for a call without a key", () => {
    const { balancer } = keyed(3);
    expect(new Set(Array.from({ length: 60 }, () => balancer.pick([]))).size).toBe(3);
  });
});
