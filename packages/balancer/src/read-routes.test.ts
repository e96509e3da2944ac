import { expect, it } from "vitest";
import { HEALTH_FIELD as F } from "./health-table.js";
import { MemoryHealthTable } from "./memory-health-table.js";
import { tryPolicyId } from "./policies/registry.js";
import { type RoutedTable, readRoutes } from "./read-routes.js";
import { seededRandom } from "./seeded-random.js";

const NOW_MS = 500_000;

function routed(table: MemoryHealthTable, policy: string): RoutedTable {
  const snapshot = { updatedAtMs: 7, locality: "none" as const, isPartitioned: false, otherSetsCount: 0 };
  return Object.assign(table, { policyId: tryPolicyId(policy) ?? 0, revision: 3, snapshot });
}

const member = (n: number, weight = 100) => ({ address: `10.0.0.${n}:80`, weight });
const fieldsOf = (table: MemoryHealthTable) =>
  Array.from({ length: table.count }, (_, slot) => Object.values(F).map((field) => table.get(slot, field)));

it("tells the share of each instance, and changes nothing by looking", () => {
  const table = routed(new MemoryHealthTable([member(1, 300), member(2, 100), member(3)]), "wrr") as RoutedTable &
    MemoryHealthTable;
  table.set(2, F.ejectedUntil, NOW_MS + 5_000);
  table.set(2, F.ejectedAt, NOW_MS - 1_000);
  table.set(2, F.ejectReason, 1);
  table.begin(0);
  const before = fieldsOf(table);
  const reading = readRoutes(table, { nowMs: NOW_MS, random: seededRandom(1), picks: 4_000 });
  expect(fieldsOf(table)).toEqual(before);
  expect(reading).toMatchObject({ policy: "wrr", revision: 3, updatedAtMs: 7, picks: 4_000 });
  const [one, two, three] = reading.rows;
  expect(one?.share).toBeCloseTo(0.75, 1);
  expect(two?.share).toBeCloseTo(0.25, 1);
  expect(three).toMatchObject({ address: "10.0.0.3:80", share: 0, hits: 0, state: "ejected" });
  expect(three?.why).toContain("refused connections");
  expect(one).toMatchObject({ weight: 300, inFlight: 1, successRatio: null, nearness: 0 });
  expect(reading.rows.reduce((sum, row) => sum + row.hits, 0)).toBe(4_000);
});

it("gives one pick with what it looked at", () => {
  const table = routed(new MemoryHealthTable([member(1), member(2)]), "adaptive");
  const { sample } = readRoutes(table, { nowMs: NOW_MS, random: seededRandom(2) });
  const taken = sample?.candidates.filter(({ verdict }) => verdict === "taken").map(({ address }) => address);
  expect(taken).toEqual([sample?.address]);
  expect(sample?.text).toContain(sample?.address);
});

it("says that there is nobody", () => {
  const reading = readRoutes(routed(new MemoryHealthTable([]), "adaptive"), {
    nowMs: NOW_MS,
    random: seededRandom(3),
  });
  expect([reading.rows, reading.sample]).toEqual([[], null]);
});
