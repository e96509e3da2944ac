import { describe, expect, it } from "vitest";
import { random32, randomUnit } from "./random-bits.js";

const DRAWS = 100_000;

describe("random32", () => {
  it("sets every bit about half of the time", () => {
    const ones = new Array<number>(32).fill(0);
    for (let draw = 0; draw < DRAWS; draw++) {
      const bits = random32();
      expect(Number.isInteger(bits) && bits >= 0 && bits <= 0xffff_ffff).toBe(true);
      for (let bit = 0; bit < 32; bit++) ones[bit]! += (bits >>> bit) & 1;
    }
    // 10 standard deviations of a fair coin: fails once in 10^22 runs
    for (const count of ones) expect(Math.abs(count - DRAWS / 2)).toBeLessThan(10 * Math.sqrt(DRAWS / 4));
  });

  it("repeats itself about as often as chance does", () => {
    const seen = new Set<number>();
    for (let draw = 0; draw < DRAWS; draw++) seen.add(random32());
    // expected pairs: 100,000² / 2 / 2³² = 1.2
    expect(DRAWS - seen.size).toBeLessThan(15);
  });
});

describe("randomUnit", () => {
  it("fills [0, 1) evenly", () => {
    const bins = new Array<number>(10).fill(0);
    for (let draw = 0; draw < DRAWS; draw++) {
      const value = randomUnit();
      expect(value >= 0 && value < 1).toBe(true);
      bins[Math.floor(value * 10)]!++;
    }
    const mean = DRAWS / 10;
    for (const count of bins) expect(Math.abs(count - mean)).toBeLessThan(10 * Math.sqrt(mean));
  });
});
