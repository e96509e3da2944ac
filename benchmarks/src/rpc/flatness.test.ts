import { expect, it } from "vitest";
import { judgeGrowth, type MemorySample, settled, slopeErrorOf, slopeOf } from "./flatness.js";

const MB = 1 << 20;

/** Samples each 5 s for 10 minutes. */
function samplesOf(mbAt: (minutes: number) => number): readonly MemorySample[] {
  return Array.from({ length: 121 }, (_, i) => {
    const bytes = mbAt(i / 12) * MB;
    return { atMs: i * 5_000, rssBytes: bytes * 2, heapBytes: bytes / 2, externalBytes: bytes / 2 };
  });
}

it("fits a line", () => {
  expect(slopeOf([0, 1, 2, 3].map((x) => [x, 3 * x + 7]))).toBeCloseTo(3);
  expect(slopeOf([[5, 1]])).toBe(0);
});

it("knows how uncertain the line is", () => {
  expect(slopeErrorOf([0, 1, 2, 3].map((x) => [x, 3 * x + 7]))).toBeCloseTo(0);
  // Four points of y = 0, 1, 0, 1: slope 0.2, residuals -0.2, 0.6, -0.6, 0.2, so sqrt(0.8 / 2 / 5).
  expect(slopeErrorOf([0, 1, 2, 3].map((x) => [x, x % 2]))).toBeCloseTo(Math.sqrt(0.08));
});

it("leaves the warm-up out: a fifth, at least 15 s", () => {
  expect(settled(samplesOf(() => 1))[0]?.atMs).toBe(120_000);
  expect(settled(samplesOf(() => 1).slice(0, 7))[0]?.atMs).toBe(15_000);
});

it.each([
  { name: "steady", mbAt: () => 50, isFlat: true },
  { name: "a saw-tooth", mbAt: (minutes: number) => 50 + (Math.round(minutes * 12) % 2) * 5, isFlat: true },
  { name: "much in the warm-up, then steady", mbAt: (minutes: number) => (minutes < 1.9 ? 10 : 50), isFlat: true },
  { name: "a leak of 0.5 MB a minute", mbAt: (minutes: number) => 50 + minutes * 0.5, isFlat: false },
  {
    name: "a leak of 1 MB a minute in a saw-tooth",
    mbAt: (minutes: number) => 50 + minutes + (Math.round(minutes * 12) % 2) * 5,
    isFlat: false,
  },
])("$name", ({ mbAt, isFlat }) => {
  expect(judgeGrowth(samplesOf(mbAt)).heap.isFlat).toBe(isFlat);
});

it("tells the growth per hour", () => {
  const { heap, resident } = judgeGrowth(samplesOf((minutes) => 50 + minutes));
  expect(heap.mbPerHour).toBeCloseTo(30);
  expect(resident.mbPerHour).toBeCloseTo(120);
});
