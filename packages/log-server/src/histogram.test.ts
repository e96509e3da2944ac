import { describe, expect, it } from "vitest";
import { histogramSteps } from "./histogram.js";

describe("histogramSteps", () => {
  it.each([
    { name: "an hour", fromMs: 30_000, toMs: 3_630_000, want: { fromMs: 0, stepMs: 120_000, count: 31 } },
    { name: "a minute", fromMs: 0, toMs: 60_000, want: { fromMs: 0, stepMs: 2_000, count: 30 } },
    { name: "a moment", fromMs: 5_500, toMs: 5_501, want: { fromMs: 5_000, stepMs: 1_000, count: 1 } },
    { name: "a day", fromMs: 0, toMs: 86_400_000, want: { fromMs: 0, stepMs: 1_800_000, count: 48 } },
  ])("cuts $name into round steps", ({ fromMs, toMs, want }) => {
    expect(histogramSteps({ fromMs, toMs })).toEqual(want);
  });

  it.each([1e3, 1e6, 1e9, 1e12, 1e15])("never has more than 60 bars over %d ms", (lengthMs) => {
    const { fromMs, stepMs, count } = histogramSteps({ fromMs: 777, toMs: 777 + lengthMs });
    expect(count).toBeLessThanOrEqual(60);
    expect(fromMs + count * stepMs).toBeGreaterThanOrEqual(777 + lengthMs);
  });
});
