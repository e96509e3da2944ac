import { describe, expect, it } from "vitest";
import { LIVE_WINDOW_MS, LiveWindow } from "./live-window.js";
import type { Series } from "./series-directory.js";

const counter: Series = { seriesId: 1, service: "A.a", attribute: "usr.n", kind: "add", machine: "127.0.0.2" };
const gauge: Series = { ...counter, seriesId: 2, kind: "set" };
const START_SEC = 1_700_000_000;

function read(live: LiveWindow, series: Series, fromSec: number, toSec: number): [number, number][] {
  const found: [number, number][] = [];
  live.visit(series, { fromMs: fromSec * 1_000, toMs: toSec * 1_000 }, (atMs, value) =>
    found.push([atMs / 1_000 - START_SEC, value]),
  );
  return found;
}

describe("LiveWindow", () => {
  it("sums counters in buckets of 5 s and keeps the last value of gauges", () => {
    const live = new LiveWindow(10);
    for (const [sec, value] of [
      [0, 1],
      [4, 2],
      [5, 4],
      [11, 8],
    ] as const) {
      live.record(counter, START_SEC + sec, value);
      live.record(gauge, START_SEC + sec, value);
    }
    expect(read(live, counter, START_SEC, START_SEC + 60)).toEqual([
      [0, 3],
      [5, 4],
      [10, 8],
    ]);
    expect(read(live, gauge, START_SEC, START_SEC + 60)).toEqual([
      [0, 2],
      [5, 4],
      [10, 8],
    ]);
    expect(read(live, counter, START_SEC + 5, START_SEC + 10)).toEqual([[5, 4]]);
  });

  it("takes late values, and forgets what is older than the window", () => {
    const live = new LiveWindow(10);
    const windowSec = LIVE_WINDOW_MS / 1_000;
    live.record(counter, START_SEC, 1);
    live.record(counter, START_SEC + windowSec - 5, 2);
    live.record(counter, START_SEC + 5, 3);
    expect(read(live, counter, START_SEC, START_SEC + windowSec)).toEqual([
      [0, 1],
      [5, 3],
      [windowSec - 5, 2],
    ]);
    live.record(counter, START_SEC + windowSec, 9);
    live.record(counter, START_SEC, 100);
    expect(read(live, counter, START_SEC - 60, START_SEC + 2 * windowSec)).toEqual([
      [5, 3],
      [windowSec - 5, 2],
      [windowSec, 9],
    ]);
  });

  it("clears the ring after a long silence", () => {
    const live = new LiveWindow(10);
    live.record(counter, START_SEC, 1);
    live.record(counter, START_SEC + 86_400, 2);
    expect(read(live, counter, START_SEC, START_SEC + 90_000)).toEqual([[86_400, 2]]);
  });

  it("has a maximum of series, and room again when one is idle", () => {
    const live = new LiveWindow(1);
    live.record(counter, START_SEC, 1);
    live.record(gauge, START_SEC, 1);
    expect(read(live, gauge, START_SEC, START_SEC + 5)).toEqual([]);
    live.forgetIdle(START_SEC * 1_000 + LIVE_WINDOW_MS + 5_000);
    live.record(gauge, START_SEC, 1);
    expect(read(live, gauge, START_SEC, START_SEC + 5)).toEqual([[0, 1]]);
  });
});
