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
  let done: (frame: Uint8Array) => void;
  const records = (): HopRecord[] => frames.flatMap((frame) => decodeHopBatch(decodeLogEvent(frame, 4).hops!));

  beforeEach(() => {
    vi.useFakeTimers();
    frames.length = 0;
    done = () => undefined;
    const logs = {
      writeHops: (frame: Uint8Array) => void frames.push(frame),
      set onHopsDone(recycle: (frame: Uint8Array) => void) {
        done = recycle;
      },
    };
    emitter = new HopEmitter(logs, clock);
  });
  afterEach(() => {
    emitter.stop();
    vi.useRealTimers();
  });

  it("uses the memory of frames that were sent again, and leaves that of waiting ones alone", () => {
    const fill = (): void => {
      const before = frames.length;
      for (let n = 0; frames.length === before; n++) emitter.onRequest({ ...request, flowIdLow: n });
    };
    fill();
    fill();
    const [first, second] = frames as [Uint8Array, Uint8Array];
    const copies = [first.slice(), second.slice()];
    done(first);
    fill();
    fill();
    expect(frames[3]?.buffer).toBe(first.buffer);
    expect(new Set(frames.slice(1).map(({ buffer }) => buffer)).size).toBe(3);
    expect(second).toEqual(copies[1]);
    expect(decodeHopBatch(decodeLogEvent(frames[3]!, 4).hops!)).toEqual(
      decodeHopBatch(decodeLogEvent(copies[0]!, 4).hops!),
    );
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
