import { expect, it } from "vitest";
import { Measurements, quantile } from "./measurements.js";
import type { Scenario } from "./scenario.js";
import type { SimCall } from "./sim-call.js";

const spec = { cores: 1, speed: 1, queueLimit: 1 };
const scenario: Scenario = {
  name: "two",
  about: "",
  fleet: [spec, spec],
  clients: { machines: 1, processesPerMachine: 1, timeoutMs: 100 },
  load: [{ fromMs: 0, callsPerSec: 100 }],
  work: { meanMs: 1, sigma: 0 },
  changes: [],
  recoveries: [{ slot: 0, atMs: 6_000 }],
  phases: { warmUpMs: 4_000, endMs: 16_000 },
};

function measured(slotAt: (atMs: number) => number): Measurements {
  const measurements = new Measurements(scenario);
  for (let startedMs = 0; startedMs < 16_000; startedMs += 10) {
    const call: SimCall = {
      machine: 0,
      process: 0,
      startedMs,
      workMs: 1,
      roundTripMs: 0,
      dice: 0,
      slot: slotAt(startedMs),
      isEnded: true,
    };
    measurements.notePick(call);
    measurements.noteEnd(call, startedMs % 20 === 0 ? "success" : "error", 1);
  }
  return measurements;
}

const inTurn = (atMs: number): number => (atMs / 10) % 2;

it("counts calls that began after the warm-up", () => {
  const figures = measured(inTurn).figures();
  expect(figures).toMatchObject({ calls: 1_200, failed: 600, picks: [600, 600] });
  expect(figures.latenciesMs).toHaveLength(600);
});

it.each([
  { name: "was never without", backAtMs: 0, want: 0 },
  { name: "back 3 s after it was well", backAtMs: 9_000, want: 3 },
  { name: "not back within the run", backAtMs: 16_000, want: Number.POSITIVE_INFINITY },
])("share $name", ({ backAtMs, want }) => {
  const figures = measured((atMs) => (atMs > 4_000 && atMs < backAtMs ? 1 : inTurn(atMs))).figures();
  expect(Math.abs((figures.restoredSec ?? -1) - want) <= 0.25 || figures.restoredSec === want).toBe(true);
});

it("takes quantiles by nearest rank", () => {
  const values = Float64Array.from({ length: 200 }, (_, i) => i + 1);
  expect([quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1)]).toEqual([100, 198, 200]);
  expect(quantile(new Float64Array(0), 0.99)).toBe(0);
});
