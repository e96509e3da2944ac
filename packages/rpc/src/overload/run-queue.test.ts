import { describe, expect, it } from "vitest";
import { RunQueue, SLICE_MS } from "./run-queue.js";

/** A queue whose entries take `costMs` each, on a clock and a loop of the test's own. */
function createQueue(costMs: number) {
  const started: { entry: number; atMs: number }[] = [];
  let nowMs = 0;
  let slice: (() => void) | undefined;
  const queue = new RunQueue<number>({
    nowMs: () => nowMs,
    start: (entry, atMs) => {
      started.push({ entry, atMs });
      nowMs += costMs;
    },
    schedule: (work) => {
      slice = work;
    },
  });
  /** One turn of the event loop. */
  const turn = (): boolean => {
    const work = slice;
    slice = undefined;
    work?.();
    return work !== undefined;
  };
  return { queue, started, turn };
}

describe("RunQueue", () => {
  it("starts nothing at once, and all in order", () => {
    const { queue, started, turn } = createQueue(0.1);
    for (let n = 0; n < 500; n++) queue.push(n);
    expect(started).toEqual([]);
    expect(queue.length).toBe(500);
    while (turn());
    expect(started.map(({ entry }) => entry)).toEqual(Array.from({ length: 500 }, (_, n) => n));
    expect(queue.length).toBe(0);
  });

  it("lets go of the processor after each slice", () => {
    const { queue, started, turn } = createQueue(3);
    for (let n = 0; n < 20; n++) queue.push(n);
    turn();
    expect(started.length).toBe(Math.ceil(SLICE_MS / 3));
    turn();
    expect(started.length).toBe(2 * Math.ceil(SLICE_MS / 3));
  });

  it("takes what is pushed while it works", () => {
    const { queue, started, turn } = createQueue(1);
    queue.push(1);
    turn();
    queue.push(2);
    turn();
    expect(started.map(({ entry }) => entry)).toEqual([1, 2]);
    expect(turn()).toBe(false);
  });
});
