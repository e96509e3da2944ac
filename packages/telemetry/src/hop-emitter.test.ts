import type { Clock } from "@msec/core";
import { decodeHopBatch, decodeLogEvent, type HopFacts, type HopRecord } from "@msec/protocol";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HopEmitter } from "./hop-emitter.js";

const request: HopFacts = {
  ...{ flowIdHigh: 0, flowIdLow: 0, spanIdHigh: 1, spanIdLow: 2, parentSpanIdHigh: 0, parentSpanIdLow: 0 },
  ...{ service: "Flight.query", method: "a.B.C", caller: "Web.front", protocol: "srpc", coloring: false, attempt: 0 },
  ...{ clientAddress: "127.0.0.1:1", serverAddress: "127.0.0.2:2", startedMs: 500, costMs: 1.5, err: 0, reason: "" },
  calls: [],
};
const clock: Clock = { nowMs: () => 1_700_000_001_000, monotonicMs: () => 1_000, sleep: () => Promise.resolve() };

describe("HopEmitter", () => {
  const frames: Uint8Array[] = [];
  let emitter: HopEmitter;
  const records = (): HopRecord[] => frames.flatMap((frame) => decodeHopBatch(decodeLogEvent(frame, 4).hops!));

  beforeEach(() => {
    vi.useFakeTimers();
    frames.length = 0;
    emitter = new HopEmitter({ writeHops: (frame) => frames.push(frame) }, clock);
  });
  afterEach(() => {
    emitter.stop();
    vi.useRealTimers();
  });

  it("sends what gathered in 100 ms as one batch, with one timer", () => {
    for (let n = 0; n < 10; n++) emitter.onRequest({ ...request, flowIdLow: n });
    expect(vi.getTimerCount()).toBe(1);
    expect(frames).toHaveLength(0);
    vi.advanceTimersByTime(100);
    expect(frames).toHaveLength(1);
    expect(records().map(({ flowIdLow }) => flowIdLow)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("turns monotonic time into time of day", () => {
    emitter.onRequest(request);
    emitter.flush();
    expect(records()).toMatchObject([{ startedAtUs: 1_700_000_000_500_000, costUs: 1_500 }]);
  });

  it("sends a full batch at once and loses nothing", () => {
    for (let n = 0; n < 5_000; n++) emitter.onRequest({ ...request, flowIdLow: n });
    expect(frames.length).toBeGreaterThan(5);
    emitter.stop();
    expect(records().map(({ flowIdLow }) => flowIdLow)).toEqual(Array.from({ length: 5_000 }, (_, n) => n));
    expect(frames.every((frame) => frame.length < 64 << 10)).toBe(true);
  });

  it("has nothing to send without requests", () => {
    emitter.flush();
    emitter.stop();
    expect(frames).toHaveLength(0);
  });
});
