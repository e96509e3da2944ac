import { NLB_WORD, type NlbService } from "@msec/protocol";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../seeded-random.js";
import { OriginalBalancer } from "./original-balancer.js";
import { routeOf, searchServer } from "./search-route.js";
import { createMemoryTables, currentTable, type OriginalTables } from "./tables.js";

const service = (weights: readonly number[], ports = [80]): NlbService => ({
  policy: "standard",
  tuning: {},
  servers: weights.map((weight, n) => ({ host: `10.0.0.${n + 1}`, ports, transport: "all", weight })),
});

function counts(tables: OriginalTables, draws: number, random = seededRandom(3)): number[] {
  const view = currentTable(tables);
  const hits = Array.from({ length: view.serverCount }, () => 0);
  for (let n = 0; n < draws; n += 1) hits[searchServer(view, random)]! += 1;
  return hits;
}

describe("route search", () => {
  it("has nothing to give for an empty table", () => {
    const balancer = new OriginalBalancer(service([]), { random: seededRandom(1) });
    expect(balancer.search()).toBeUndefined();
    expect(balancer.cycle(1)).toBe(false);
  });

  it("draws by weight, whatever the number of servers", () => {
    for (const size of [1, 2, 3, 7, 100]) {
      const weights = Array.from({ length: size }, (_, n) => 100 * (1 + (n % 3)));
      const total = weights.reduce((sum, weight) => sum + weight);
      const hits = counts(createMemoryTables(service(weights)), 20_000);
      for (const [n, weight] of weights.entries()) {
        expect(Math.abs(hits[n]! / 20_000 - weight / total), `${n} of ${size}`).toBeLessThan(0.02);
      }
    }
  });

  it("finds the server whose range holds a value at both ends", () => {
    const view = currentTable(createMemoryTables(service([100, 200, 300])));
    const at = (value: number): number => {
      const values = [0, value / 600];
      return searchServer(view, () => values.pop() ?? 0);
    };
    // No server is dead, so the first number drawn chooses.
    expect([0, 99, 100, 299, 300, 599].map(at)).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it("tries dead ones only as often as the cycle allows", () => {
    const tables = createMemoryTables(service([1_000, 1_000]));
    const view = currentTable(tables);
    view.setWord(NLB_WORD.deadNum, 1);
    view.setWord(NLB_WORD.deadRetryTimes, 3);
    view.setWord(NLB_WORD.weightDeadBase, 1_000);
    view.setWord(NLB_WORD.weightTotal, 1_500);
    expect(counts(tables, 5_000)).toEqual([4_997, 3]);
    expect(view.word(NLB_WORD.deadRetryTimes)).toBe(0);
  });

  it.each([
    { name: "all dead", word: NLB_WORD.deadNum, value: 2 },
    { name: "no live weight", word: NLB_WORD.weightDeadBase, value: 0 },
    { name: "no weight", word: NLB_WORD.weightTotal, value: 0 },
    { name: "more dead than there are", word: NLB_WORD.deadNum, value: 77 },
  ])("takes anyone: $name", ({ word, value }) => {
    const tables = createMemoryTables(service([10_000, 100]));
    currentTable(tables).setWord(word, value);
    const [, light] = counts(tables, 4_000);
    expect(light! / 4_000).toBeCloseTo(0.5, 1);
  });

  it("replaces one that fails in this window by anyone, from the least number of requests on", () => {
    const tables = createMemoryTables(service([10_000, 100]));
    const view = currentTable(tables);
    view.addCounters(0, { success: 5, failed: 4, cost: 0n });
    expect(counts(tables, 1_000)[1]).toBeLessThan(30);
    view.addCounters(0, { success: 0, failed: 1, cost: 0n });
    expect(counts(tables, 4_000)[1]! / 4_000).toBeCloseTo(0.5, 1);
  });

  it("draws a port, and gives 0 for a row without ports", () => {
    const view = currentTable(createMemoryTables(service([100], [80, 81, 82])));
    const random = seededRandom(5);
    const ports = new Set(Array.from({ length: 50 }, () => routeOf(view, 0, random).port));
    expect([...ports].toSorted()).toEqual([80, 81, 82]);
    expect(routeOf(currentTable(createMemoryTables(service([100], []))), 0, random).port).toBe(0);
  });
});

describe("reports", () => {
  it("count a failure or a success with its cost, for listed addresses only", () => {
    const balancer = new OriginalBalancer(service([100, 100]), { random: seededRandom(1) });
    expect(balancer.report("10.0.0.1", { failed: 2, costMs: 9 })).toBe(true);
    expect(balancer.report("10.0.0.2", { failed: 0, costMs: 9.4 })).toBe(true);
    expect(balancer.report("10.0.0.3", { failed: 1, costMs: 0 })).toBe(false);
    const view = currentTable(balancer.tables);
    expect([view.failed(0), view.success(0), view.cost(0)]).toEqual([2, 0, 0n]);
    expect([view.failed(1), view.success(1), view.cost(1)]).toEqual([0, 1, 9n]);
  });
});
