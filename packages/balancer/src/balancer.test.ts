import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Balancer } from "./balancer.js";
import { describeInstance } from "./describe-instance.js";
import { admission, readmit, reportProbe, tryClaimTrial } from "./ejection.js";
import { type CallOutcome, EJECT_REASON, HEALTH_FIELD as F } from "./health-table.js";
import { MemberView } from "./member-view.js";
import { MemoryHealthTable } from "./memory-health-table.js";
import { hashKey } from "./policies/consistent-hash.js";
import { POLICIES, policyName, tryPolicyId } from "./policies/registry.js";
import { reportOutcome } from "./report-outcome.js";
import { expectedCost } from "./score.js";
import { seededRandom } from "./seeded-random.js";
import { DEFAULT_SETTINGS } from "./settings.js";

const S = DEFAULT_SETTINGS;

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
  it("gives -1 for an empty table", () => {
    expect(setUp(0).balancer.pick([])).toBe(-1);
  });

  it.each([
    { policy: "adaptive", weights: [100, 300], least: 0.22, most: 0.28 },
    { policy: "wrr", weights: [100, 300], least: 0.22, most: 0.28 },
    { policy: "adaptive", weights: [100, 100], least: 0.45, most: 0.55 },
  ])("follows weights $weights with $policy", ({ policy, weights, least, most }) => {
    const world = setUp(2, { weights });
    world.balancer.usePolicy(tryPolicyId(policy) ?? -1);
    const [first = 0] = run(world, 8_000, () => fine);
    expect(first / 8_000).toBeGreaterThan(least);
    expect(first / 8_000).toBeLessThan(most);
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

  it("gives a busy instance less", () => {
    const world = setUp(2);
    for (let n = 0; n < 10; n += 1) world.table.begin(0);
    const picks = run(world, 200, () => fine);
    expect(picks[1]).toBeGreaterThan(190);
  });

  it("keeps a key on one instance, and moves only the keys of one that is out", () => {
    const world = setUp(5);
    world.balancer.usePolicy(tryPolicyId("consistent hash") ?? -1);
    const owners = () =>
      Array.from({ length: 200 }, (_, k) => {
        const slot = world.balancer.pick([], hashKey(`user-${k}`));
        world.call(slot, "success");
        return slot;
      });
    const before = owners();
    expect(new Set(before).size).toBe(5);
    world.call(2, "refused", 0);
    world.clock.nowMs += 100;
    const after = owners();
    before.forEach((owner, k) => {
      expect(owner === 2 ? after[k] !== 2 : after[k] === owner).toBe(true);
    });
  });
});

describe("ejection", () => {
  it("doubles from 1 s to 30 s for an instance that goes on refusing", () => {
    const { table, clock } = setUp(2);
    const lengths: number[] = [];
    for (let n = 0; n < 7; n += 1) {
      reportOutcome(table, { slot: 0, generation: 1, outcome: "refused", latencyMs: 0, nowMs: clock.nowMs });
      lengths.push(table.get(0, F.ejectedUntil) - clock.nowMs);
      clock.nowMs = table.get(0, F.ejectedUntil) + 1;
    }
    expect(lengths).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it("counts refusals of calls that were under way together once", () => {
    const { table, clock } = setUp(2);
    for (let n = 0; n < 20; n += 1) {
      reportOutcome(table, { slot: 0, generation: 1, outcome: "refused", latencyMs: 1, nowMs: clock.nowMs });
    }
    expect(table.get(0, F.ejectStreak)).toBe(1);
  });

  it.each([
    {
      why: "three failures in a row",
      outcomes: ["timeout", "reset", "error"],
      reason: EJECT_REASON.consecutiveFailures,
    },
    { why: "less than 60 % of ten", outcomes: [..."ssfsfsffsf"], reason: EJECT_REASON.lowSuccess },
  ])("ejects after $why", ({ outcomes, reason }) => {
    const { table, call } = setUp(3);
    const words: Record<string, CallOutcome> = { s: "success", f: "error" };
    for (const outcome of outcomes) call(0, words[outcome] ?? (outcome as CallOutcome));
    expect(table.get(0, F.ejectReason)).toBe(reason);
    expect(table.get(0, F.ejectedUntil)).not.toBe(0);
  });

  it("ejects at most half of the members for failing calls, and one alone never", () => {
    for (const { count, most } of [
      { count: 1, most: 0 },
      { count: 2, most: 1 },
      { count: 5, most: 2 },
    ]) {
      const world = setUp(count);
      for (let n = 0; n < 500; n += 1) {
        for (let slot = 0; slot < count; slot += 1) world.call(slot, "timeout", 1);
        world.clock.nowMs += 100;
      }
      const out = Array.from({ length: count }, (_, slot) => world.table.get(slot, F.ejectedUntil)).filter(
        (t) => t !== 0,
      );
      expect(out.length).toBe(most);
    }
  });

  it("does not eject for calls the caller gave up", () => {
    const { table, call } = setUp(2);
    for (let n = 0; n < 50; n += 1) call(0, "cancelled");
    expect(table.get(0, F.ejectedUntil)).toBe(0);
    expect(table.get(0, F.failures)).toBe(0);
  });

  it("takes all when all refuse, and prefers failing ones over refusing ones", () => {
    const world = setUp(4);
    for (const slot of [0, 1, 2]) world.call(slot, "refused", 0);
    expect(run(world, 50, () => fine)).toEqual([0, 0, 0, 50]);
    for (let n = 0; n < 3; n += 1) world.call(3, "error", 0);
    world.call(3, "refused", 0);
    world.clock.nowMs += 50;
    const picks = run(world, 400, () => ({ outcome: "cancelled", latencyMs: 0 }));
    expect(picks.every((n) => n > 30)).toBe(true);
  });

  it("treats a time that no ejection can have as over (other boot, stray write)", () => {
    const { table } = setUp(1);
    table.set(0, F.ejectedUntil, 0x7fff_0000);
    expect(admission(table, 0, 1_000, S)).toBe("due");
  });

  it("works across the wrap of the clock", () => {
    const { table } = setUp(2);
    const nowMs = 0x7fff_ffff - 200;
    reportOutcome(table, { slot: 0, generation: 1, outcome: "refused", latencyMs: 0, nowMs });
    expect(admission(table, 0, (nowMs + 900) | 0, S)).toBe("ejected");
    expect(admission(table, 0, (nowMs + 1_001) | 0, S)).toBe("due");
  });
});

describe("return of an instance", () => {
  it("lets exactly one caller try it", () => {
    const { table, clock } = setUp(2);
    reportOutcome(table, { slot: 0, generation: 1, outcome: "refused", latencyMs: 0, nowMs: clock.nowMs });
    const now = clock.nowMs + 1_500;
    expect(tryClaimTrial(table, 0, clock.nowMs + 500, S)).toBe(false);
    expect([1, 2, 3].map(() => tryClaimTrial(table, 0, now, S))).toEqual([true, false, false]);
    expect(tryClaimTrial(table, 0, now + S.trialTimeoutMs + 1, S)).toBe(true);
  });

  it("ignores a late answer from before the ejection", () => {
    const { table, clock } = setUp(2);
    reportOutcome(table, { slot: 0, generation: 1, outcome: "refused", latencyMs: 0, nowMs: clock.nowMs });
    reportOutcome(table, { slot: 0, generation: 1, outcome: "success", latencyMs: 400, nowMs: clock.nowMs + 300 });
    expect(table.get(0, F.ejectedUntil)).not.toBe(0);
    reportOutcome(table, { slot: 0, generation: 1, outcome: "success", latencyMs: 100, nowMs: clock.nowMs + 300 });
    expect(table.get(0, F.ejectedUntil)).toBe(0);
  });

  it("follows probes: out for longer, or back in", () => {
    const { table, clock } = setUp(2);
    reportOutcome(table, { slot: 0, generation: 1, outcome: "refused", latencyMs: 0, nowMs: clock.nowMs });
    reportProbe(table, 0, { answered: false, nowMs: clock.nowMs + 1_100, settings: S });
    expect(table.get(0, F.ejectReason)).toBe(EJECT_REASON.probeFailed);
    expect(table.get(0, F.ejectStreak)).toBe(2);
    reportProbe(table, 0, { answered: true, nowMs: clock.nowMs + 1_200, settings: S });
    expect(table.get(0, F.ejectedUntil)).toBe(0);
    expect(readmit(table, 0, 5)).toBe(false);
  });
});

describe("simulation", () => {
  it("loses few calls to one refusing instance of two, and gives it its share back", () => {
    const world = setUp(2, { seed: 7 });
    run(world, 1_000, () => fine);
    const startedMs = world.clock.nowMs;
    const dead = run(world, 20_000, (slot) => (slot === 0 ? { outcome: "refused", latencyMs: 0 } : fine));
    const seconds = (world.clock.nowMs - startedMs) / 1_000;
    expect(seconds).toBeGreaterThan(19);
    expect(dead[0]).toBeLessThanOrEqual(6); // 1 + trials after 1, 3, 7, 15 s
    const downMs = S.ejectMaxMs / 2 + S.rampMs;
    run(world, downMs, () => fine); // 1 ms each
    const back = run(world, 2_000, () => fine);
    expect(back[0]).toBeGreaterThan(800);
  });

  it("gives an instance that is ten times slower less than a tenth, but does not forget it", () => {
    const world = setUp(3, { seed: 3 });
    const picks = run(world, 30_000, (slot) => ({ outcome: "success", latencyMs: slot === 1 ? 10 : 1 }));
    expect(picks[1]).toBeLessThan(3_000);
    expect(picks[1]).toBeGreaterThan(2);
  });

  it("keeps one that times out from looking better than one that answers", () => {
    const world = setUp(3, { seed: 5 });
    const picks = run(world, 5_000, (slot) =>
      slot === 2 ? { outcome: "timeout", latencyMs: 20 } : { outcome: "success", latencyMs: 20 },
    );
    expect(picks[2]).toBeLessThan(50);
  });

  it("bounds what a replacement of the whole membership costs", () => {
    const world = setUp(4, { seed: 9 });
    run(world, 500, () => fine);
    world.table.setMembers([5, 6, 7].map((n) => ({ address: `10.0.0.${n}:80`, weight: 100 })));
    const picks = run(world, 3_000, () => fine);
    expect(Math.min(...picks.slice(0, 3))).toBeGreaterThan(700);
  });
});

describe("properties", () => {
  const outcomes: readonly CallOutcome[] = ["success", "refused", "reset", "timeout", "error", "cancelled"];
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
          const costs = (["success", outcome] as const).map((last) => {
            const world = setUp(1);
            for (const past of history)
              world.call(0, past.outcome === "refused" ? "error" : past.outcome, past.latencyMs);
            world.call(0, last, latencyMs);
            const view = new MemberView(world.table, { settings: S, random: () => 0 });
            view.update(world.clock.nowMs);
            return expectedCost(view, 0);
          });
          expect(costs[1]).toBeGreaterThanOrEqual(costs[0] ?? 0);
        },
      ),
    );
  });
});

describe("describeInstance", () => {
  it.each([
    { name: "unused", prepare: () => undefined, state: "unused", text: "in use: not called from this machine yet" },
    {
      name: "ejected",
      prepare: (w: ReturnType<typeof setUp>) => {
        for (let n = 0; n < 5; n += 1) {
          w.call(0, "refused", 0);
          w.clock.nowMs += n === 4 ? 12_000 : 30_000;
        }
      },
      state: "ejected",
      text: "ejected 12 s ago: refused connections; next trial in 4 s",
    },
  ])("tells $name in words", ({ prepare, state, text }) => {
    const world = setUp(2);
    prepare(world);
    const told = describeInstance(world.table, 0, { nowMs: world.clock.nowMs });
    expect(told).toMatchObject({ state, text, address: "10.0.0.1:80" });
  });

  it("tells a working one with figures", () => {
    const world = setUp(1);
    run(world, 10, () => ({ outcome: "success", latencyMs: 2 }));
    const told = describeInstance(world.table, 0, { nowMs: world.clock.nowMs });
    expect(told.text).toBe("in use: 100 % ok, 2.0 ms");
    expect(told.facts).toMatchObject({
      windowSuccesses: 10,
      pickedTotal: 10,
      share: 1,
      inFlight: 0,
      ejectReason: "none",
    });
  });
});

describe("policy registry", () => {
  it("has each id and name once, and a default for unknown ids", () => {
    expect(new Set(POLICIES.map((row) => row.id)).size).toBe(POLICIES.length);
    expect(new Set(POLICIES.map((row) => row.name)).size).toBe(POLICIES.length);
    expect(policyName(99)).toBe("adaptive");
    expect(tryPolicyId("nope")).toBeUndefined();
  });
});
