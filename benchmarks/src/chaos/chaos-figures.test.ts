import { describe, expect, it } from "vitest";
import { BUCKET_MS, type CallRecord, type FailedCall } from "./call-record.js";
import { figuresOf } from "./chaos-figures.js";

const PER_SEC = 1000 / BUCKET_MS;
const VICTIM = "127.0.0.1:1";
const times = { victim: VICTIM, faultAtMs: 2_000, wellAtMs: 6_000, endAtMs: 16_000 };

/** A client for 16 s; `victimOf` gives how many of the 20 attempts of a second's bucket go to the victim. */
function record(victimOf: (second: number) => number, failed: readonly FailedCall[] = []): CallRecord {
  const counts = (of: (second: number) => number) =>
    Array.from({ length: 16 * PER_SEC }, (_, i) => of(Math.floor(i / PER_SEC)));
  return {
    startedAtMs: 0,
    attempts: { [VICTIM]: counts(victimOf), "127.0.0.1:2": counts((second) => 20 - victimOf(second)) },
    failed,
    answered: { beganMs: [1_000, 3_000, 4_000], tookMs: [1, 2, 4] },
    skipped: 0,
    lateMs: 3,
  };
}

describe("figures of a chaos run", () => {
  it("tells when nothing went to the victim any more, and when it had its share again", () => {
    const victimOf = (second: number): number => (second < 2 || second >= 9 ? 10 : second < 3 ? 5 : 0);
    const figures = figuresOf([record(victimOf), record(victimOf)], times);
    expect(figures).toMatchObject({ stopMs: 1_000, shareLeft: 0.125, restoreMs: 3_400 });
  });

  it("says null for what did not come about", () => {
    const figures = figuresOf([record((second) => (second < 2 ? 10 : 6))], times);
    expect(figures).toMatchObject({ stopMs: null, shareLeft: 0.6, restoreMs: null });
  });

  it("does not take single trial calls for traffic", () => {
    const trials = record((second) => (second < 2 || second >= 6 ? 10 : 1));
    expect(figuresOf([trials], times)).toMatchObject({ stopMs: 0, restoreMs: 500 });
  });

  it("counts failed calls by when they began and ended", () => {
    const failed = [
      { beganMs: 1_000, endedMs: 1_500, reason: "NOISE" },
      { beganMs: 1_900, endedMs: 2_700, reason: "RPC_TIMEOUT" },
      { beganMs: 2_600, endedMs: 3_400, reason: "RPC_TIMEOUT" },
      { beganMs: 4_000, endedMs: 4_800, reason: "RPC_TIMEOUT" },
    ];
    const figures = figuresOf([record(() => 10, failed)], times);
    expect(figures).toMatchObject({ calls: 7, failed: 3, failedAfterFirst: 1, failedBefore: 1 });
    expect(figures.reasons).toEqual({ NOISE: 1, RPC_TIMEOUT: 3 });
  });

  it("takes latencies of calls that began during the fault", () => {
    expect(figuresOf([record(() => 10)], times)).toMatchObject({ p50Ms: 2, p99Ms: 2, maxMs: 4 });
  });
});
