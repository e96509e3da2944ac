/** One of four instances misbehaves under load. Real processes; the console is dead from the beginning. What it costs: `npm run chaos`. */
import { type ChaosFigures, ChaosStage, FAULTS, type FaultName, runFault } from "@msec/benchmarks/chaos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const RATE_PER_SEC = 400;
const TIMING = { beforeMs: 400, lastsMs: 800, afterMs: 50 };
/** A busy machine must not look like a fault. */
const TIMEOUT_MS = 5_000;

const stage = new ChaosStage();
let victim = 0;
beforeAll(() => stage.open());
afterAll(() => stage.close());

/** Another victim each time, so that what was learned about the last one does not speak. */
function during(name: FaultName): Promise<ChaosFigures> {
  const fault = FAULTS.find((each) => each.name === name)!;
  const load = { ratePerSec: RATE_PER_SEC, retries: "safe" as const, timeoutMs: TIMEOUT_MS };
  return runFault(stage, { fault, load, timing: TIMING, victim: victim++ });
}

describe("one of four instances, seen by callers whose calls may be repeated", () => {
  it("refuses connections: no call fails, and it is left alone", async () => {
    const figures = await during("refuse");
    expect(figures).toMatchObject({ failed: 0, reasons: {} });
    expect(figures.shareLeft).toBeLessThan(0.2);
  });

  it("is slow: no call fails, and it gets a small part of the calls", async () => {
    const figures = await during("delay");
    expect(figures).toMatchObject({ failed: 0, reasons: {} });
    expect(figures.shareLeft).toBeLessThan(0.5);
  });

  it("answers that it is not available: no call fails, and it is left alone", async () => {
    const figures = await during("errors");
    expect(figures).toMatchObject({ failed: 0, reasons: {} });
    expect(figures.shareLeft).toBeLessThan(0.5);
  });

  it("loses connections with requests under way: no call fails", async () => {
    expect(await during("resets")).toMatchObject({ failed: 0, reasons: {} });
  });

  it("dies while agent and console are dead: no call fails", async () => {
    expect(await during("alone")).toMatchObject({ failed: 0, reasons: {} });
  });
});
