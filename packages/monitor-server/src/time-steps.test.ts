import { describe, expect, it } from "vitest";
import { MAX_STEPS, timeSteps } from "./time-steps.js";

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

describe("timeSteps", () => {
  it.each([
    { name: "5 s when live", range: [0, 15 * MINUTE], isLive: true, stepMs: undefined, want: [0, 5_000, 180] },
    { name: "a minute else", range: [0, 15 * MINUTE], isLive: false, stepMs: 5_000, want: [0, MINUTE, 15] },
    {
      name: "the wanted step, in whole units",
      range: [0, 60 * MINUTE],
      isLive: false,
      stepMs: 90_000,
      want: [0, 2 * MINUTE, 30],
    },
    {
      name: "the start of the first step",
      range: [MINUTE + 1, 4 * MINUTE],
      isLive: false,
      stepMs: undefined,
      want: [MINUTE, MINUTE, 3],
    },
    { name: "a day in minutes", range: [1, DAY + 1], isLive: false, stepMs: undefined, want: [0, MINUTE, 1_441] },
  ])("takes $name", ({ range: [fromMs = 0, toMs = 0], isLive, stepMs, want }) => {
    const steps = timeSteps({ fromMs, toMs }, isLive, stepMs);
    expect([steps.fromMs, steps.stepMs, steps.count]).toEqual(want);
  });

  it.each([2, 7, 30, 399])("raises the step for %i days", (days) => {
    const steps = timeSteps({ fromMs: 12_345, toMs: 12_345 + days * DAY }, false, 5_000);
    expect(steps.count).toBeLessThanOrEqual(MAX_STEPS);
    expect(steps.fromMs + steps.count * steps.stepMs).toBeGreaterThanOrEqual(12_345 + days * DAY);
  });
});
