/**
 * Traps that balancers fall into, each as a test in virtual time: real code over one table that four processes share, 2,000 calls/s.
 * docs/reference/fault-tolerance.md tells the reasoning.
 */
import { describe, expect, it } from "vitest";
import { failed, SimulatedFleet, served, sum } from "./fleet-fixture.js";
import { HEALTH_FIELD as F } from "./health-table.js";

/** Time a call takes: 4 to 12 ms, so that averages differ by chance. */
const work = (random: number, slowness = 1) => served((4 + 8 * random) * slowness);

describe("an instance that fails fast", () => {
  it("attracts no traffic, though it is the first to be free again", () => {
    const fleet = new SimulatedFleet({
      instances: 5,
      answer: ({ slot, random }) => (slot === 2 ? failed("error", 0.1) : work(random)),
    });
    const { picks, calls } = fleet.run(20);
    expect((picks[2] ?? 0) / calls).toBeLessThan(0.001);
  });

  it("attracts none when it fails a third of its calls only", () => {
    const fleet = new SimulatedFleet({
      instances: 5,
      answer: ({ slot, random }) => (slot === 2 && random < 0.33 ? failed("error", 0.1) : work(random)),
    });
    const { lost, calls } = fleet.run(20);
    expect(lost / calls).toBeLessThan(0.002); // a fifth of a third of all calls, 6.6 %, if nothing were done
  });
});

describe("several dead instances at once", () => {
  it.each([
    { how: "refuse", answer: failed("refused", 0.2), most: 40 },
    { how: "never answer", answer: failed("timeout", 300), most: 400 },
  ])("that $how cost a few calls each, not a share of all", ({ answer, most }) => {
    const fleet = new SimulatedFleet({
      instances: 8,
      answer: ({ slot, atMs, random }) => (slot < 3 && atMs > 3_000 ? answer : work(random)),
    });
    expect(fleet.run(3).lost).toBe(0);
    expect(fleet.run(20).lost).toBeLessThan(most); // of 40,000
  });

  it("leave the rest in use when all but one are dead", () => {
    const fleet = new SimulatedFleet({
      instances: 6,
      callsPerSec: 500,
      answer: ({ slot, atMs, random }) => (slot !== 4 && atMs > 3_000 ? failed("refused", 0.2) : work(random)),
    });
    fleet.run(4);
    const { lost, calls } = fleet.run(20);
    expect(lost / calls).toBeLessThan(0.01);
  });
});

describe("the cap on ejections", () => {
  it.each([1, 2, 3, 5, 8])("holds for %i instances that all fail their calls", (instances) => {
    const fleet = new SimulatedFleet({ instances, answer: () => failed("timeout", 50) });
    for (let n = 0; n < 30; n += 1) {
      fleet.run(0.5);
      expect(fleet.ejected.length).toBeLessThanOrEqual(Math.floor(instances / 2));
    }
  });

  it("holds for two when one fails and then the other", () => {
    const fleet = new SimulatedFleet({
      instances: 2,
      answer: ({ slot, atMs, random }) => {
        return slot === 0 || atMs > 2_500 ? failed("error", 1) : work(random);
      },
    });
    fleet.run(2);
    expect(fleet.ejected).toEqual([0]);
    for (let n = 0; n < 20; n += 1) {
      fleet.run(0.5);
      expect(fleet.ejected.length).toBeLessThanOrEqual(1);
    }
  });
});

describe("a brown-out", () => {
  it("is not made worse by ejecting most of the fleet: the well ones keep their queues short", () => {
    // three of five fail 60 % of their calls; the other two could not serve all calls
    const fleet = new SimulatedFleet({
      instances: 5,
      callsPerSec: 2_500,
      answer: ({ slot, random, load }) => {
        const latencyMs = 5 * Math.max(1, load / 6);
        return slot < 3 && random < 0.6 ? failed("error", latencyMs) : served(latencyMs);
      },
    });
    fleet.run(5);
    const { lost, calls, picks } = fleet.run(15);
    expect(lost / calls).toBeLessThan(0.33); // 36 % if spread evenly
    expect(sum(picks.slice(0, 3)) / calls).toBeGreaterThan(0.1); // and some of what the two can't take goes to the three
    expect(Math.max(fleet.field(3, F.inFlight), fleet.field(4, F.inFlight))).toBeLessThan(60);
  });

  it("of all instances ejects nobody and keeps all in use", () => {
    const fleet = new SimulatedFleet({
      instances: 6,
      answer: ({ atMs, random }) => (atMs > 3_000 && random < 0.5 ? failed("error", 5) : served(5)),
    });
    fleet.run(6);
    for (let n = 0; n < 20; n += 1) {
      const { picks, calls } = fleet.run(0.5);
      expect(Math.min(...picks) / calls).toBeGreaterThan(0.08); // even: 0.17
    }
  });

  it("that refuses as busy ejects nobody, and the least busy ones take more", () => {
    const fleet = new SimulatedFleet({
      instances: 4,
      answer: ({ slot, random }) => (random < (slot === 0 ? 0.7 : 0.2) ? failed("busy", 0.2) : work(random)),
    });
    fleet.run(2);
    const { picks, calls } = fleet.run(10);
    expect(fleet.ejected).toEqual([]);
    expect((picks[0] ?? 0) / calls).toBeLessThan(0.15);
    expect(picks[0]).toBeGreaterThan(0);
  });
});

describe("background errors of 1 %", () => {
  it("stay about 1 %, and nobody is ejected for them", () => {
    const fleet = new SimulatedFleet({
      instances: 10,
      answer: ({ random }) => (random < 0.01 ? failed("error", 4) : work(random)),
    });
    let lost = 0;
    let calls = 0;
    for (let n = 0; n < 40; n += 1) {
      const tally = fleet.run(1);
      lost += tally.lost;
      calls += tally.calls;
      expect(fleet.ejected).toEqual([]);
    }
    expect(lost / calls).toBeLessThan(0.012);
    expect(lost / calls).toBeGreaterThan(0.008);
  });

  it("don't hide one instance that fails 15 %", () => {
    const fleet = new SimulatedFleet({
      instances: 10,
      answer: ({ slot, random }) => (random < (slot === 7 ? 0.15 : 0.01) ? failed("error", 4) : work(random)),
    });
    fleet.run(10);
    const { lost, calls } = fleet.run(20);
    expect(lost / calls).toBeLessThan(0.014); // 2.4 % if it kept its share
  });
});

describe("idle estimates", () => {
  it("decay: an instance that was slow is looked at again, and soon has its share back", () => {
    const fleet = new SimulatedFleet({
      instances: 5,
      answer: ({ slot, atMs, random }) => work(random, slot === 1 && atMs < 10_000 ? 20 : 1),
    });
    fleet.run(2);
    const slow = fleet.run(8);
    expect((slow.picks[1] ?? 0) / slow.calls).toBeLessThan(0.01);
    fleet.run(8);
    const after = fleet.run(4);
    expect((after.picks[1] ?? 0) / after.calls).toBeGreaterThan(0.15);
  });

  it("don't decay while calls wait for an answer: silence does not look better with time", () => {
    const fleet = new SimulatedFleet({
      instances: 4,
      answer: ({ slot, atMs, random }) => (slot === 3 && atMs > 2_000 ? failed("timeout", 8_000) : work(random)),
    });
    fleet.run(2.5);
    expect(fleet.run(7).picks[3]).toBeLessThan(20); // of 14,000, all before the first timeout
  });
});

describe("half of the fleet permanently slower", () => {
  it("still serves, with less, and is not ejected", () => {
    const fleet = new SimulatedFleet({
      instances: 8,
      answer: ({ slot, random, load }) => work(random, (slot < 4 ? 2 : 1) * Math.max(1, load / 4)),
    });
    fleet.run(3);
    const { picks, calls, lost } = fleet.run(15);
    const slow = sum(picks.slice(0, 4)) / calls;
    expect(slow).toBeGreaterThan(0.02);
    expect(slow).toBeLessThan(0.4);
    expect(lost).toBe(0);
    expect(fleet.ejected).toEqual([]);
  });
});

describe("an instance that is well again", () => {
  it.each([
    { was: "refused, with an agent that dials", answer: failed("refused", 0.2), hasAgent: true },
    { was: "refused", answer: failed("refused", 0.2), hasAgent: false },
    { was: "silent", answer: failed("timeout", 300), hasAgent: false },
    { was: "failing", answer: failed("error", 3), hasAgent: false },
    { was: "very slow", answer: served(300), hasAgent: false },
  ])("has its share back within 10 s after it was $was", ({ answer, hasAgent }) => {
    const isTroubled = (atMs: number) => atMs > 3_000 && atMs < 23_000;
    const fleet = new SimulatedFleet({
      instances: 5,
      answer: ({ slot, atMs, random }) => (slot === 0 && isTroubled(atMs) ? answer : work(random)),
      ...(hasAgent && { dial: (_slot, atMs) => !isTroubled(atMs) }),
    });
    fleet.run(23);
    fleet.run(10);
    const { picks, calls } = fleet.run(2);
    expect((picks[0] ?? 0) / calls).toBeGreaterThan(0.18); // a fifth is its share
  });
});

describe("a new instance", () => {
  it("warms up: it gets its share bit by bit, all of it within 10 s", () => {
    const fleet = new SimulatedFleet({ instances: 4, answer: ({ random }) => work(random) });
    fleet.run(3);
    fleet.table.setMembers([1, 2, 3, 9].map((n) => ({ address: `10.0.0.${n}:80`, weight: 100 })));
    const [first, , , , , , , , , , last] = Array.from({ length: 11 }, () => fleet.run(1).picks[3] ?? 0);
    expect(first).toBeLessThan(250); // of 2,000; 500 is its share
    expect(first).toBeGreaterThan(5);
    expect(last).toBeGreaterThan(430);
  });
});

describe("one process with bad luck", () => {
  it.each([
    { how: "refused", answer: failed("refused", 0.2) },
    { how: "failing", answer: failed("error", 2) },
    { how: "timing out", answer: failed("timeout", 100) },
  ])("$how at one instance stays away from it by itself, and the others keep it", ({ answer }) => {
    const fleet = new SimulatedFleet({
      instances: 4,
      answer: ({ slot, process, random }) => (slot === 1 && process === 2 ? answer : work(random)),
    });
    fleet.run(3);
    const { picksBy, failedBy } = fleet.run(20);
    for (const process of [0, 1, 3]) {
      const own = picksBy[process] ?? [];
      expect((own[1] ?? 0) / sum(own)).toBeGreaterThan(0.2); // a quarter is its share
    }
    expect(failedBy[2]?.[1]).toBeLessThan(30); // of 10,000 calls
  });

  it("and evidence of others does eject for all", () => {
    const fleet = new SimulatedFleet({
      instances: 4,
      answer: ({ slot, random }) => (slot === 1 ? failed("error", 2) : work(random)),
    });
    fleet.run(1);
    expect(fleet.ejected).toEqual([1]);
    expect(fleet.field(1, F.accuser)).toBe(0);
    expect(fleet.run(20).lost).toBeLessThan(60);
  });

  it("and no other process has to suffer more than one call to find out that it is true", () => {
    const fleet = new SimulatedFleet({
      instances: 4,
      processes: 16,
      answer: ({ slot, random }) => (slot === 1 ? failed("refused", 0.2) : work(random)),
    });
    expect(fleet.run(0.9).lost).toBeLessThanOrEqual(4); // those under way at once, and one second opinion
  });
});
