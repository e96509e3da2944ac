import type { HopRecord } from "@msec/protocol";
import { describe, expect, it } from "vitest";
import { HopThinning } from "./hop-thinning.js";

const plain = {
  service: "Test.echo",
  method: "t.Echo.Say",
  err: 0,
  attempt: 0,
  coloring: false,
  calls: [],
  costUs: 900,
};

function hopsOf(count: number, rest: Partial<HopRecord> = {}): HopRecord[] {
  return Array.from({ length: count }, (_, n) => ({ ...plain, flowIdLow: n, ...rest }) as HopRecord);
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

  it.each([
    { name: "failed", rest: { err: -10 } },
    {
      name: "with an attempt that failed",
      rest: { calls: [{ err: 0 }, { err: -10 }] as unknown as HopRecord["calls"] },
    },
    { name: "repeated", rest: { attempt: 1 } },
    { name: "slow for their method", rest: { costUs: 12_000 } },
  ])("keeps records of requests that are $name, even in the second in which a burst begins", ({ rest }) => {
    const thinning = create(1_000);
    expect(thinning.select(hopsOf(5_000))).toHaveLength(2_000);
    expect(thinning.select(hopsOf(20, rest))).toHaveLength(20);
    expect(thinning.select(hopsOf(200, { coloring: true }))).toHaveLength(200);
  });

  it("keeps coloured ones when everything fails, and thins failures by flow id too", () => {
    const [busy, calm] = [create(500), create(2_000)];
    const failing = hopsOf(20_000, { err: -10 });
    for (const thinning of [busy, calm]) thinning.select(failing);
    expect(busy.select(hopsOf(200, { coloring: true }))).toHaveLength(200);
    nowMs += 1_000;
    const ofBusy = busy.select(failing);
    const ofCalm = new Set(calm.select(failing).map((hop) => hop.flowIdLow));
    expect(ofBusy.length).toBeGreaterThan(400);
    expect(ofBusy.length).toBeLessThan(600);
    expect(ofBusy.every((hop) => ofCalm.has(hop.flowIdLow))).toBe(true);
  });

  it("does not take a method for slow that always was, nor one that became so", () => {
    const thinning = create(100);
    const byNature = { method: "t.Echo.Report", costUs: 900_000 };
    thinning.select(hopsOf(50_000, byNature));
    expect(thinning.select(hopsOf(50, byNature))).toHaveLength(0);
    nowMs += 1_000;
    thinning.select(hopsOf(2_000));
    thinning.select(hopsOf(2_000, { costUs: 50_000 }));
    nowMs += 1_000;
    const kept = thinning.select(hopsOf(2_000, { costUs: 50_000 }));
    expect(kept.length).toBeLessThan(150);
  });
});
