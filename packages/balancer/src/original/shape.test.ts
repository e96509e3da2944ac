/** What the vectors in tests/conformance/nlb/shaping.json don't say: odd tables, sizes, and what must hold for any counts. */
import { findServer, ipKeyOf, NLB_WORD, type NlbServer, type NlbService } from "@msec/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shapeTables } from "./shape.js";
import { createMemoryTables, currentTable } from "./tables.js";

const rows = (count: number, weight = 1_000): NlbServer[] =>
  Array.from({ length: count }, (_, n) => ({
    host: `10.0.${n >> 8}.${n & 255}`,
    ports: [80],
    transport: "all",
    weight,
  }));
const service = (servers: readonly NlbServer[]): NlbService => ({ policy: "standard", tuning: {}, servers });

describe("shaping", () => {
  it("refuses a list that does not fit, and leaves the tables as they were", () => {
    const tables = createMemoryTables(service(rows(2)), 4);
    const shape = (): unknown => shapeTables(tables, { nowMs: 1, compat: "fixed", service: service(rows(5)) });
    expect(shape).toThrow(expect.objectContaining({ reason: "LB_ORIGINAL_TABLE_FULL" }));
    expect([tables.meta.index, currentTable(tables).serverCount]).toEqual([0, 2]);
  });

  it("empties a table, and fills it again", () => {
    const tables = createMemoryTables(service(rows(2)));
    shapeTables(tables, { nowMs: 1, compat: "fixed", service: service([]) });
    const head = [NLB_WORD.weightTotal, NLB_WORD.deadNum, NLB_WORD.deadRetryTimes];
    expect([currentTable(tables).serverCount, ...head.map((word) => currentTable(tables).word(word))]).toEqual([
      0, 0, 0, 0,
    ]);
    shapeTables(tables, { nowMs: 2, compat: "fixed", service: service(rows(3)) });
    expect(currentTable(tables).word(NLB_WORD.weightTotal)).toBe(3_000);
  });

  it("gives a table of another version the default tuning", () => {
    const tables = createMemoryTables({ ...service(rows(1)), tuning: { shaping_request_min: 77 } });
    currentTable(tables).setWord(NLB_WORD.version, 0);
    shapeTables(tables, { nowMs: 1, compat: "as-shipped" });
    const view = currentTable(tables);
    expect(view.tuning().shaping_request_min).toBe(10);
    expect([view.word(NLB_WORD.version), view.word(NLB_WORD.weightStaticTotal)]).toEqual([1, 0]);
  });

  it("takes a number of servers beyond the table as the room there is", () => {
    const tables = createMemoryTables(service(rows(2)), 2);
    currentTable(tables).setWord(NLB_WORD.serverNum, 0xffff_ffff);
    shapeTables(tables, { nowMs: 1, compat: "as-shipped" });
    expect(currentTable(tables).word(NLB_WORD.serverNum)).toBe(2);
  });

  it("keeps counts that arrive while it works", () => {
    const tables = createMemoryTables(service(rows(1)));
    const old = currentTable(tables);
    old.addCounters(0, { success: 100, failed: 0, cost: 5n });
    const swap = old.swapCounters.bind(old);
    old.swapCounters = (server) => {
      const taken = swap(server);
      old.addCounters(server, { success: 3, failed: 1, cost: 7n });
      return taken;
    };
    shapeTables(tables, { nowMs: 1, compat: "fixed" });
    const view = currentTable(tables);
    expect([view.success(0), view.failed(0), view.cost(0)]).toEqual([3, 1, 7n]);
  });

  it("counts a machine that is listed twice once", () => {
    const [row] = rows(1) as [NlbServer];
    const tables = createMemoryTables(service([row, { ...row, ports: [81] }]));
    const late = { success: 5, failed: 0, cost: 0n };
    currentTable(tables).addCounters(0, late);
    shapeTables(tables, { nowMs: 1, compat: "fixed" });
    const view = currentTable(tables);
    expect([view.success(0), view.success(1)]).toEqual([5, 0]);
  });

  it.each(["fixed", "as-shipped"] as const)("%s: any counts leave a table that can be searched", (compat) => {
    const window = fc.array(fc.tuple(fc.nat(200), fc.nat(200)), { minLength: 6, maxLength: 6 });
    const check = (windows: (readonly [number, number])[][]): void => {
      const tables = createMemoryTables(service(rows(6)), 6);
      for (const [n, counts] of windows.entries()) {
        for (const [server, [success, failed]] of counts.entries()) {
          const view = currentTable(tables);
          view.addCounters(findServer(view, ipKeyOf(`10.0.0.${server}`)), { success, failed, cost: 0n });
        }
        shapeTables(tables, { nowMs: 1 + n, compat });
        checkTable(tables);
      }
    };
    fc.assert(fc.property(fc.array(window, { minLength: 1, maxLength: 8 }), check), { numRuns: 60 });
  });

  function checkTable(tables: ReturnType<typeof createMemoryTables>): void {
    const view = currentTable(tables);
    const live = view.serverCount - view.deadCount;
    let sum = 0;
    for (let server = 0; server < view.serverCount; server += 1) {
      expect(view.dynamicWeight(server)).toBeLessThanOrEqual(view.staticWeight(server));
      expect(findServer(view, view.ipKey(server))).toBe(server);
      if (server >= live) continue;
      expect([view.deadAtMs(server), view.weightBase(server)]).toEqual([0, sum]);
      expect(view.dynamicWeight(server)).toBeGreaterThan(0);
      sum += view.dynamicWeight(server);
    }
    expect(view.word(NLB_WORD.weightDeadBase)).toBe(sum);
  }
});
