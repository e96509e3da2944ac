/** Instances of the caller's rack and zone first; farther ones when the near ones can't take it all. Virtual time, four processes. */
import { describe, expect, it } from "vitest";
import { type Answer, failed, type Scene, SimulatedFleet, served, sum } from "./fleet-fixture.js";
import type { Nearness } from "./health-table.js";

/** Two in the rack, two more in the zone, four elsewhere, 1 ms farther. */
const NEARNESS: readonly Nearness[] = [2, 2, 1, 1, 0, 0, 0, 0];

function fleetOf(answer: (call: Parameters<Scene["answer"]>[0]) => Answer | undefined, opts: Partial<Scene> = {}) {
  return new SimulatedFleet({
    instances: 8,
    nearness: NEARNESS,
    ...opts,
    answer: (call) => answer(call) ?? served(call.slot < 4 ? 5 : 6),
  });
}

const part = (picks: readonly number[], from: number, end: number) => sum(picks.slice(from, end)) / sum(picks);

describe.each(["adaptive", "standard"])("near instances with %s", (policy) => {
  it("take all calls while they are well", () => {
    const fleet = fleetOf(() => undefined, { policy });
    fleet.run(1);
    expect(part(fleet.run(5).picks, 0, 2)).toBe(1);
  });

  it("hand over as far as they are out, nearest first", () => {
    const fleet = fleetOf(({ slot }) => (slot === 0 ? failed("refused", 0.2) : undefined), { policy });
    fleet.run(2);
    const { picks } = fleet.run(5);
    expect(part(picks, 1, 2)).toBeGreaterThan(0.6); // one of two in use: 0.5 × 1.4, and its part of what is spilled
    expect(part(picks, 1, 2)).toBeLessThan(0.85);
    expect(part(picks, 4, 8)).toBe(0); // the zone can take the rest
  });

  it("hand over all when none is left, also beyond the zone", () => {
    const fleet = fleetOf(({ slot }) => (slot < 4 ? failed("refused", 0.2) : undefined), { policy });
    fleet.run(2);
    const { picks, lost } = fleet.run(10);
    expect(part(picks, 4, 8)).toBeGreaterThan(0.99);
    expect(lost).toBeLessThan(30);
  });
});

describe("near instances that are busy", () => {
  it("spill over when they take several times as long, and have all again when they are quick", () => {
    // each instance serves 4 calls at a time; the two in the rack and the two in the zone together are too few
    const slowness = (load: number) => served(5 * Math.max(1, load / 4));
    const fleet = fleetOf(({ load, atMs }) => (atMs < 10_000 ? slowness(load) : undefined), { callsPerSec: 5_000 });
    fleet.run(5);
    const { picks } = fleet.run(5);
    expect(part(picks, 4, 8)).toBeGreaterThan(0.2);
    expect(part(picks, 0, 4)).toBeGreaterThan(0.4);
    fleet.run(5);
    expect(part(fleet.run(5).picks, 0, 2)).toBeGreaterThan(0.95);
  });

  it("spill over when they refuse as busy", () => {
    const fleet = fleetOf(({ slot, random }) => (slot < 4 && random < 0.5 ? failed("busy", 0.2) : undefined));
    fleet.run(3);
    const { lost, calls } = fleet.run(10);
    expect(lost / calls).toBeLessThan(0.3); // half of all calls if none were sent farther
    expect(fleet.ejected).toEqual([]);
  });

  it("are never more than an even share when they fail as much as the others", () => {
    const fleet = fleetOf(({ random }) => (random < 0.02 ? failed("error", 5) : undefined));
    fleet.run(3);
    expect(part(fleet.run(5).picks, 0, 2)).toBeGreaterThan(0.9);
  });
});
