import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Balancer } from "./balancer.js";
import { type CallOutcome, HEALTH_FIELD as F } from "./health-table.js";
import { MemberView } from "./member-view.js";
import { MemoryHealthTable } from "./memory-health-table.js";
import { reportOutcome } from "./report-outcome.js";
import { seededRandom } from "./seeded-random.js";
import { DEFAULT_SETTINGS } from "./settings.js";

function setUp(count: number, opts: { seed?: number; weights?: readonly number[] } = {}) {
  const members = Array.from({ length: count }, (_, i) => ({
    address: `10.0.0.${i + 1}:80`,
    weight: opts.weights?.[i] ?? 100,
  }));
  const table = new MemoryHealthTable(members);
  const clock = { nowMs: 1_000 };
  const random = seededRandom(opts.seed ?? 1);
  const balancer = new Balancer(table, { nowMs: () => clock.nowMs, random });
  const call = (slot: number, outcome: CallOutcome, latencyMs = 1) =>
    balancer.report({ slot, generation: table.generation(slot), outcome, latencyMs });
  return { table, clock, balancer, call, random };
}

/** Sends calls one after the other; `serve` says how each instance answers. */
function run(
  world: ReturnType<typeof setUp>,
  calls: number,
  serve: (slot: number) => { outcome: CallOutcome; latencyMs: number },
) {
  const picks: number[] = new Array(world.table.count).fill(0);
  for (let n = 0; n < calls; n += 1) {
    const slot = world.balancer.pick([]);
    picks[slot] = (picks[slot] ?? 0) + 1;
    const { outcome, latencyMs } = serve(slot);
    world.clock.nowMs += latencyMs;
    world.call(slot, outcome, latencyMs);
  }
  return picks;
}

const fine = { outcome: "success", latencyMs: 1 } as const;

describe("picking", () => {
  it("gives -1 for an empty table, and nothing to explain", () => {
    const { balancer } = setUp(0);
    expect(balancer.pick([])).toBe(-1);
    expect(balancer.explain()).toBeUndefined();
  });

  it("avoids tried addresses while others are left, then uses them again", () => {
    const { balancer, table } = setUp(3);
    const tried: string[] = [];
    for (let n = 0; n < 3; n += 1) tried.push(table.address(balancer.pick(tried)));
    expect(new Set(tried).size).toBe(3);
    expect(balancer.pick(tried)).toBeGreaterThanOrEqual(0);
  });

  it("counts calls in flight and forgets reports of a former owner of the slot", () => {
    const { balancer, table, call } = setUp(1);
    const slot = balancer.pick([]);
    const generation = table.generation(slot);
    expect(table.get(slot, F.inFlight)).toBe(1);
    table.setMembers([{ address: "10.9.9.9:80", weight: 100 }]);
    balancer.pick([]);
    balancer.report({ slot, generation, outcome: "refused", latencyMs: 0 });
    expect(table.get(slot, F.inFlight)).toBe(1);
    expect(table.get(slot, F.failureTotal)).toBe(0);
    call(slot, "success");
    expect(table.get(slot, F.inFlight)).toBe(0);
  });

  it("gives one with many calls in flight less", () => {
    const world = setUp(2);
    for (let n = 0; n < 10; n += 1) world.table.begin(0);
    const picks = run(world, 200, () => fine);
    expect(picks[1]).toBeGreaterThan(190);
  });

  it("takes turns while nothing speaks against anyone", () => {
    const picks = run(setUp(7), 700, () => fine);
    expect(Math.min(...picks)).toBeGreaterThanOrEqual(96);
    expect(Math.max(...picks)).toBeLessThanOrEqual(104);
  });

  it("bounds what a replacement of the whole membership costs", () => {
    const world = setUp(4, { seed: 9 });
    run(world, 500, () => fine);
    world.table.setMembers([5, 6, 7].map((n) => ({ address: `10.0.0.${n}:80`, weight: 100 })));
    const picks = run(world, 3_000, () => fine);
    expect(Math.min(...picks.slice(0, 3))).toBeGreaterThan(700);
  });

  it("gives one that is ten times slower less than a tenth, but does not forget it", () => {
    const world = setUp(3, { seed: 3 });
    const picks = run(world, 30_000, (slot) => ({ outcome: "success", latencyMs: slot === 1 ? 10 : 1 }));
    expect(picks[1]).toBeLessThan(1_000);
    expect(picks[1]).toBeGreaterThanOrEqual(2);
  });
});

describe("explaining", () => {
  it("is a pick, and tells the candidates, their costs and why one was taken", () => {
    const world = setUp(3);
    run(world, 30, (slot) => ({ outcome: "success", latencyMs: slot === 0 ? 20 : 2 }));
    const before = world.table.get(1, F.inFlight) + world.table.get(2, F.inFlight);
    const told = world.balancer.explain();
    expect(told?.policy).toBe("adaptive");
    expect(told?.candidates.filter(({ verdict }) => verdict === "taken").map(({ slot }) => slot)).toEqual([told?.slot]);
    expect(told?.candidates.length).toBeGreaterThan(1);
    expect(told?.text).toMatch(/^best of \d: 10\.0\.0\.\d:80 costs [34]\.\d ms, /);
    expect(world.table.get(1, F.inFlight) + world.table.get(2, F.inFlight)).toBe(before + 1);
    for (const { costMs, parts, verdict } of told?.candidates ?? []) {
      const { latencyMs, inFlight, perCall, penalty, suspicionMs } = parts;
      expect(costMs).toBeCloseTo((latencyMs + 1) * penalty * (1 + inFlight * perCall) + suspicionMs, 1);
      expect(["taken", "costlier"]).toContain(verdict);
    }
  });

  it("names trials, instances that are out, and those tried before", () => {
    const world = setUp(3);
    world.call(0, "refused", 0);
    world.clock.nowMs += 50;
    const verdicts = Array.from({ length: 12 }, () => world.balancer.explain(["10.0.0.2:80"])?.candidates ?? [])
      .flat()
      .map(({ slot, verdict }) => `${slot} ${verdict}`);
    expect(verdicts).toContain("0 out");
    expect(verdicts).toContain("1 tried before");
    expect(verdicts).toContain("2 taken");
    world.clock.nowMs += 1_000;
    expect(world.balancer.explain()).toMatchObject({
      slot: 0,
      text: expect.stringMatching(/^trial of 10\.0\.0\.1:80: /),
    });
  });
});

describe("properties", () => {
  const outcomes: readonly CallOutcome[] = ["success", "refused", "reset", "timeout", "error", "busy", "cancelled"];
  const step = fc.record({
    outcome: fc.constantFrom(...outcomes),
    latencyMs: fc.integer({ min: 0, max: 5_000 }),
    pauseMs: fc.integer({ min: 0, max: 40_000 }),
  });

  it("always picks a member, and calls in flight come back to zero", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(step, { maxLength: 120 }),
        fc.integer(),
        (count, steps, seed) => {
          const world = setUp(count, { seed });
          for (const { outcome, latencyMs, pauseMs } of steps) {
            const slot = world.balancer.pick([]);
            expect(slot).toBeGreaterThanOrEqual(0);
            expect(slot).toBeLessThan(count);
            world.clock.nowMs += pauseMs;
            world.call(slot, outcome, latencyMs);
          }
          for (let slot = 0; slot < count; slot += 1) expect(world.table.get(slot, F.inFlight)).toBe(0);
        },
      ),
    );
  });

  it("never makes an instance cheaper by failing than by succeeding", () => {
    const failure = fc.constantFrom<CallOutcome>("refused", "reset", "timeout", "error");
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        failure,
        fc.integer({ min: 0, max: 2_000 }),
        (history, outcome, latencyMs) => {
          const costs = (["success", outcome] as const).map((last) =>
            costAfter([...history, { outcome: last, latencyMs, pauseMs: 0 }]),
          );
          expect(costs[1]).toBeGreaterThanOrEqual((costs[0] ?? 0) - 1e-9);
        },
      ),
    );
  });

  /** What one more call to an instance is expected to cost after all this; ejected, it gets none. */
  function costAfter(history: readonly { outcome: CallOutcome; latencyMs: number; pauseMs: number }[]): number {
    const table = new MemoryHealthTable([{ address: "10.0.0.1:80", weight: 100 }]);
    const view = new MemberView(table, { settings: DEFAULT_SETTINGS, random: () => 0.5 });
    let nowMs = 1_000;
    for (const { outcome, latencyMs, pauseMs } of history) {
      nowMs += pauseMs;
      table.begin(0);
      reportOutcome(view, { slot: 0, generation: 1, outcome, latencyMs, nowMs });
    }
    view.update(nowMs);
    if (view.states[0] !== 0) return Number.POSITIVE_INFINITY;
    return view.costs.costOf(view, 0);
  }
});
