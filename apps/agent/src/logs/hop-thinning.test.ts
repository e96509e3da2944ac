import type { HopRecord } from "@msec/protocol";
import { describe, expect, it } from "vitest";
import { HopThinning } from "./hop-thinning.js";

function hopsOf(count: number, rest: Partial<HopRecord> = {}): HopRecord[] {
  return Array.from({ length: count }, (_, n) => ({ flowIdLow: n, err: 0, coloring: false, ...rest }) as HopRecord);
}

describe("HopThinning", () => {
  let nowMs = 0;
  const create = (ratePerSec: number) => new HopThinning({ ratePerSec, nowMs: () => nowMs });
  /** Ten batches in a second of `count` records. */
  function second(thinning: HopThinning, count: number): number[] {
    const kept: number[] = [];
    for (let part = 0; part < 10; part++) {
      const hops = hopsOf(count / 10).map((hop) => ({ ...hop, flowIdLow: hop.flowIdLow * 10 + part }));
      kept.push(...thinning.select(hops).map((hop) => hop.flowIdLow));
      nowMs += 100;
    }
    return kept;
  }

  it("keeps all below the rate, and always with rate 0", () => {
    const thinning = create(1_000);
    for (let n = 0; n < 3; n++) expect(second(thinning, 900)).toHaveLength(900);
    expect(thinning.thinned).toBe(0);
    expect(second(create(0), 100_000)).toHaveLength(100_000);
  });

  it("keeps about the rate above it, never more than twice as much, and counts the rest", () => {
    const thinning = create(1_000);
    expect(second(thinning, 20_000)).toHaveLength(2_000);
    const kept = second(thinning, 20_000).length;
    expect(kept).toBeGreaterThan(800);
    expect(kept).toBeLessThan(1_200);
    expect(thinning.thinned).toBe(40_000 - 2_000 - kept);
    second(thinning, 100);
    expect(second(thinning, 100)).toHaveLength(100);
  });

  it("chooses the same requests on all machines: those of the busier one are a part of the others", () => {
    const [busy, calm] = [create(500), create(2_000)];
    for (const thinning of [busy, calm]) second(thinning, 20_000);
    const ofBusy = second(busy, 20_000);
    const ofCalm = new Set(second(calm, 20_000));
    expect(ofBusy.length).toBeGreaterThan(400);
    expect(ofBusy.every((flow) => ofCalm.has(flow))).toBe(true);
  });

  it("keeps records of failed and coloured requests first", () => {
    const thinning = create(1_000);
    second(thinning, 100_000);
    expect(thinning.select(hopsOf(200, { err: -10 }))).toHaveLength(200);
    expect(thinning.select(hopsOf(200, { coloring: true }))).toHaveLength(200);
    expect(thinning.select(hopsOf(5_000, { err: -10 }))).toHaveLength(1_600);
  });
});
