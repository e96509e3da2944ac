import { describe, expect, it } from "vitest";
import { Balancer } from "./balancer.js";
import { admission, eject, isRefusing, readmit, reportProbe, tryClaimTrial } from "./ejection.js";
import { type CallOutcome, EJECT_REASON, HEALTH_FIELD as F } from "./health-table.js";
import { MemoryHealthTable } from "./memory-health-table.js";
import { seededRandom } from "./seeded-random.js";
import { DEFAULT_SETTINGS } from "./settings.js";

const settings = DEFAULT_SETTINGS;

function setUp(count: number) {
  const members = Array.from({ length: count }, (_, i) => ({ address: `10.0.0.${i + 1}:80`, weight: 100 }));
  const table = new MemoryHealthTable(members);
  const clock = { nowMs: 1_000 };
  const open = (seed: number) => {
    const balancer = new Balancer(table, { nowMs: () => clock.nowMs, random: seededRandom(seed) });
    const call = (slot: number, outcome: CallOutcome, latencyMs = 1) =>
      balancer.report({ slot, generation: table.generation(slot), outcome, latencyMs });
    return { balancer, call };
  };
  return { table, clock, open, ...open(1) };
}

function pickMany(world: ReturnType<typeof setUp>, calls: number): number[] {
  const picks = new Array<number>(world.table.count).fill(0);
  for (let n = 0; n < calls; n += 1) {
    const slot = world.balancer.pick([]);
    picks[slot]! += 1;
    world.call(slot, "cancelled", 0);
  }
  return picks;
}

describe("ejection", () => {
  it("doubles from 1 s to 4 s for an instance that goes on refusing", () => {
    const { table, clock, call } = setUp(2);
    const lengths: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      call(0, "refused", 0);
      lengths.push(table.get(0, F.ejectedUntil) - clock.nowMs);
      clock.nowMs = table.get(0, F.ejectedUntil) + 1;
    }
    expect(lengths).toEqual([1_000, 2_000, 4_000, 4_000, 4_000]);
  });

  it("counts refusals of calls that were under way together once", () => {
    const { table, call } = setUp(2);
    for (let n = 0; n < 20; n += 1) call(0, "refused", 1);
    expect(table.get(0, F.ejectStreak)).toBe(1);
  });

  it.each([
    { why: "failures in a row", outcomes: "ffff", reason: EJECT_REASON.consecutiveFailures },
    { why: "failing more than the others", outcomes: "sfsffsfsffssff", reason: EJECT_REASON.lowSuccess },
  ])("happens after $why", ({ outcomes, reason }) => {
    const { table, call, clock } = setUp(3);
    for (const letter of outcomes) {
      clock.nowMs += 5;
      call(0, letter === "s" ? "success" : "error");
    }
    expect(table.get(0, F.ejectReason)).toBe(reason);
    expect(table.get(0, F.ejectedUntil)).not.toBe(0);
  });

  it("takes a connection that was lost with many calls on it as one event", () => {
    const { table, clock, call } = setUp(3);
    clock.nowMs += 100;
    for (let n = 0; n < 50; n += 1) call(0, "reset", 20);
    expect(table.get(0, F.ejectedUntil)).toBe(0);
  });

  it.each(["cancelled", "busy"] as const)("does not happen for calls that ended as %s", (outcome) => {
    const { table, call } = setUp(2);
    for (let n = 0; n < 50; n += 1) call(0, outcome);
    expect(table.get(0, F.ejectedUntil)).toBe(0);
    expect(table.get(0, F.failureTotal)).toBe(0);
  });

  it("leaves all in use when all refuse, and prefers failing ones over refusing ones", () => {
    const world = setUp(4);
    for (const slot of [0, 1, 2]) world.call(slot, "refused", 0);
    expect(pickMany(world, 50)).toEqual([0, 0, 0, 50]);
    for (let n = 0; n < 20; n += 1) world.call(3, "error", 0);
    expect(pickMany(world, 50)).toEqual([0, 0, 0, 50]);
    world.call(3, "refused", 0);
    world.clock.nowMs += 50;
    expect(Math.min(...pickMany(world, 400).slice(0, 3))).toBeGreaterThan(30);
  });

  it("treats a time that no ejection can have as over (other boot, stray write)", () => {
    const { table } = setUp(1);
    table.set(0, F.ejectedUntil, 0x7fff_0000);
    expect(admission(table, 0, 1_000, { settings })).toBe("due");
  });

  it("works across the wrap of the clock", () => {
    const { table } = setUp(2);
    const now = 0x7fff_ffff - 200;
    eject(table, 0, { reason: EJECT_REASON.refused, now, settings });
    expect(admission(table, 0, (now + 900) | 0, { settings })).toBe("ejected");
    expect(admission(table, 0, (now + 1_001) | 0, { settings })).toBe("due");
  });
});

describe("what one process alone says", () => {
  it("is looked at by another one at once, and holds until then", () => {
    const { table, clock, call, open } = setUp(4);
    const other = open(7);
    call(0, "refused", 0);
    expect(table.get(0, F.accuser)).not.toBe(0);
    clock.nowMs += 1;
    expect(other.balancer.pick([])).toBe(0);
    other.call(0, "success");
    expect(table.get(0, F.ejectedUntil)).toBe(0);
    expect(table.get(0, F.rampStart)).toBe(0); // as if nothing had been
  });

  it("is confirmed when the other one fails as well, for the time it had", () => {
    const { table, clock, call, open } = setUp(4);
    const other = open(7);
    call(0, "refused", 0);
    const until = table.get(0, F.ejectedUntil);
    clock.nowMs += 1;
    expect(other.balancer.pick([])).toBe(0);
    other.call(0, "refused", 0);
    expect(table.get(0, F.accuser)).toBe(0);
    expect(table.get(0, F.ejectedUntil)).toBe(until);
    expect(Array.from({ length: 50 }, () => open(9).balancer.pick([]))).not.toContain(0);
  });

  it("concerns only itself when the others are served there", () => {
    const { table, clock, call, open, balancer } = setUp(4);
    const other = open(7);
    for (let n = 0; n < 40; n += 1) {
      clock.nowMs += 2;
      call(0, "error");
      for (let k = 0; k < 5; k += 1) other.call(0, "success");
    }
    expect(table.get(0, F.ejectedUntil)).toBe(0);
    expect(Array.from({ length: 50 }, () => balancer.pick([]))).not.toContain(0);
    expect(Array.from({ length: 50 }, () => other.balancer.pick([]))).toContain(0);
  });
});

describe("return of an instance", () => {
  it("lets exactly one caller try it", () => {
    const { table, clock, call } = setUp(2);
    call(0, "refused", 0);
    table.set(0, F.accuser, 0);
    const now = clock.nowMs + 1_500;
    const claim = (at: number) => tryClaimTrial(table, 0, at, { settings, tag: 5 });
    expect(claim(clock.nowMs + 500)).toBe(false);
    expect([1, 2, 3].map(() => claim(now))).toEqual([true, false, false]);
    expect(claim(now + settings.trialTimeoutMs + 1)).toBe(true);
  });

  it("ignores a late answer from before the ejection", () => {
    const { table, clock, call } = setUp(2);
    call(0, "refused", 0);
    clock.nowMs += 300;
    call(0, "success", 400);
    expect(table.get(0, F.ejectedUntil)).not.toBe(0);
    call(0, "success", 100);
    expect(table.get(0, F.ejectedUntil)).toBe(0);
  });

  it("is over sooner for one with a past: a failure or two send it back", () => {
    const { table, clock, call } = setUp(4);
    for (let n = 0; n < 4; n += 1) call(0, "error");
    clock.nowMs = table.get(0, F.ejectedUntil) + 1;
    call(0, "success");
    expect(table.get(0, F.ejectedUntil)).toBe(0);
    clock.nowMs += 100;
    call(0, "error");
    call(0, "error");
    expect(table.get(0, F.ejectedUntil) - clock.nowMs).toBe(2_000);
  });
});

describe("who is dialled by the agent", () => {
  it.each([
    { reason: EJECT_REASON.refused, isDialled: true },
    { reason: EJECT_REASON.probeFailed, isDialled: true },
    { reason: EJECT_REASON.consecutiveFailures, isDialled: false },
    { reason: EJECT_REASON.lowSuccess, isDialled: false },
  ])("is out, and for refusing connections (reason $reason)", ({ reason, isDialled }) => {
    const table = new MemoryHealthTable([1, 2].map((n) => ({ address: `10.0.0.${n}:80`, weight: 100 })));
    expect(isRefusing(table, 0)).toBe(false);
    eject(table, 0, { reason, now: 1_000, settings: DEFAULT_SETTINGS });
    expect([isRefusing(table, 0), isRefusing(table, 1)]).toEqual([isDialled, false]);
    readmit(table, 0, 2_000, { settings: DEFAULT_SETTINGS });
    expect(isRefusing(table, 0)).toBe(false);
  });
});

describe("probes", () => {
  it("keep an instance out for longer, or let it back in", () => {
    const { table, clock, call } = setUp(2);
    call(0, "refused", 0);
    reportProbe(table, 0, { answered: false, nowMs: clock.nowMs + 1_100, settings });
    expect(table.get(0, F.ejectReason)).toBe(EJECT_REASON.probeFailed);
    expect(table.get(0, F.ejectStreak)).toBe(2);
    reportProbe(table, 0, { answered: true, nowMs: clock.nowMs + 1_200, settings });
    expect(table.get(0, F.ejectedUntil)).toBe(0);
    expect(readmit(table, 0, 5, { settings })).toBe(false);
  });

  it("eject one that nobody calls after two that failed, not one that answers calls", () => {
    const { table, clock, call } = setUp(3);
    const probe = (slot: number) => reportProbe(table, slot, { answered: false, nowMs: clock.nowMs, settings });
    for (let n = 0; n < 2; n += 1) {
      expect([0, 1].map((slot) => table.get(slot, F.ejectedUntil))).toEqual([0, 0]);
      clock.nowMs += 1_000;
      call(1, "success");
      clock.nowMs += 10;
      probe(0);
      probe(1);
    }
    expect(table.get(0, F.ejectReason)).toBe(EJECT_REASON.probeFailed);
    expect(table.get(1, F.ejectedUntil)).toBe(0);
  });
});
