import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Pending, PendingRing } from "./pending-ring.js";

const entry = (): Pending => ({ sequence: 0 });

describe("PendingRing", () => {
  it("finds each entry once, whatever the order, past the wrap of the numbers", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), fc.array(fc.nat(), { maxLength: 2000 }), (first, plan) => {
        const ring = new PendingRing<Pending>(first);
        const waiting = new Map<number, Pending>();
        for (const step of plan) {
          if (step % 3 > 0 || waiting.size === 0) {
            const added = entry();
            expect(waiting.has(ring.add(added))).toBe(false);
            waiting.set(added.sequence, added);
          } else {
            const sequence = [...waiting.keys()][step % waiting.size]!;
            expect(ring.take(sequence)).toBe(waiting.get(sequence));
            expect(ring.take(sequence)).toBeUndefined();
            waiting.delete(sequence);
          }
          expect(ring.size).toBe(waiting.size);
        }
        expect(new Set(ring.drain())).toEqual(new Set(waiting.values()));
        expect(ring.size).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it("passes over a number that a slow call still holds", () => {
    const ring = new PendingRing<Pending>(0);
    const slow = entry();
    ring.add(slow);
    for (let i = 0; i < 1000; i++) {
      const quick = entry();
      ring.add(quick);
      expect(ring.take(quick.sequence)).toBe(quick);
    }
    expect(ring.take(slow.sequence)).toBe(slow);
  });

  it("knows nobody for numbers it never gave, 0 included", () => {
    const ring = new PendingRing<Pending>(5);
    expect(ring.take(0)).toBeUndefined();
    expect(ring.take(77)).toBeUndefined();
  });
});
