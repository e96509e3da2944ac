import { describe, expect, it } from "vitest";
import { DEFAULT_PRIORITY, priorityOfWire, userHashOf, wirePriorityOf } from "./call-priority.js";

describe("priority in a head", () => {
  it("brings every priority to the other side", () => {
    const all = Array.from({ length: 128 }, (_, priority) => priority);
    expect(all.map((priority) => priorityOfWire(wirePriorityOf(priority)))).toEqual(all);
  });

  it.each([
    { name: "the default is not told", priority: DEFAULT_PRIORITY, wire: 0 },
    { name: "below the range", priority: -5, wire: 1 },
    { name: "above the range", priority: 1000, wire: 128 },
    { name: "a fraction", priority: 7.9, wire: 8 },
    { name: "no number", priority: Number.NaN, wire: 1 },
  ])("$name: $priority is sent as $wire", ({ priority, wire }) => {
    expect(wirePriorityOf(priority)).toBe(wire);
  });

  it("takes a hostile number for the highest", () => {
    expect(priorityOfWire(0xffff_ffff)).toBe(127);
  });
});

describe("hash of a user", () => {
  it("is never 0, repeats, and spreads similar names evenly", () => {
    const buckets = new Array<number>(16).fill(0);
    for (let i = 0; i < 16_000; i++) {
      const hash = userHashOf(`user-${i}`);
      expect(hash).toBeGreaterThan(0);
      expect(hash).toBe(userHashOf(`user-${i}`));
      buckets[hash >>> 28]! += 1;
    }
    expect(Math.min(...buckets)).toBeGreaterThan(850);
    expect(Math.max(...buckets)).toBeLessThan(1150);
    expect(userHashOf("")).toBeGreaterThan(0);
  });
});
