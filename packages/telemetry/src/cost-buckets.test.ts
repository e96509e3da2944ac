import { describe, expect, it } from "vitest";
import {
  CALL_COST_BUCKETS,
  callCostBucket,
  REQUEST_COST_BUCKETS,
  requestCostBucket,
  TOTAL_COST_STEPS_MS,
  totalCostStep,
} from "./cost-buckets.js";

describe("requestCostBucket", () => {
  it.each([
    [0, "0~0.1ms"],
    [0.1, "0.1~0.2ms"],
    [0.2, "0.2~0.5ms"],
    [0.5, "0.5~1ms"],
    [0.999, "0.5~1ms"],
    [1, "1~2ms"],
    [1e9, "1s+"],
  ])("puts %d ms into %s: below a millisecond it is finer", (costMs, name) => {
    expect(REQUEST_COST_BUCKETS[requestCostBucket(costMs)]).toBe(name);
  });
});

describe("callCostBucket", () => {
  it.each([
    [0, "0~1ms"],
    [0.99, "0~1ms"],
    [1, "1~2ms"],
    [2, "2~5ms"],
    [5, "5~10ms"],
    [10, "10~20ms"],
    [20, "20~50ms"],
    [50, "50~100ms"],
    [100, "100~200ms"],
    [200, "200~500ms"],
    [500, "500~1s"],
    [999.9, "500~1s"],
    [1_000, "1s+"],
    [1e9, "1s+"],
  ])("puts %d ms into %s: lower bounds belong to the bucket", (costMs, name) => {
    expect(CALL_COST_BUCKETS[callCostBucket(costMs)]).toBe(name);
  });
});

describe("totalCostStep", () => {
  it("finds the step that begins at or below a cost", () => {
    for (let costMs = 0; costMs < 600; costMs += 0.5) {
      expect(totalCostStep(costMs)).toBe(TOTAL_COST_STEPS_MS.findLastIndex((fromMs) => fromMs <= costMs));
    }
    expect(totalCostStep(1e9)).toBe(TOTAL_COST_STEPS_MS.length - 1);
    expect(totalCostStep(-1)).toBe(0);
  });
});
