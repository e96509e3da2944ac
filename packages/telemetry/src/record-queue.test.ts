import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecordQueue } from "./record-queue.js";

const record = (id: number, size = 1): Uint8Array => new Uint8Array(size).fill(id);
const idsOf = (records: readonly Uint8Array[]): (number | undefined)[] => records.map((each) => each[0]);

describe("RecordQueue", () => {
  it("drops the oldest above the number or the bytes", () => {
    const queue = new RecordQueue(3, 10);
    for (const id of [1, 2, 3, 4]) queue.push(record(id));
    expect(queue).toMatchObject({ count: 3, bytes: 3, dropped: 1 });
    queue.push(record(5, 9));
    expect(queue).toMatchObject({ count: 2, bytes: 10, dropped: 3 });
    expect(idsOf(queue.take(100))).toEqual([4, 5]);
    queue.push(record(6, 11));
    expect(queue).toMatchObject({ count: 0, bytes: 0, dropped: 4 });
  });

  it("takes whole records up to the size, at least one, and takes back what was not used", () => {
    const queue = new RecordQueue(10, 1_000);
    for (const id of [1, 2, 3, 4]) queue.push(record(id, 10));
    expect(idsOf(queue.take(5))).toEqual([1]);
    const batch = queue.take(25);
    expect(idsOf(batch)).toEqual([2, 3]);
    queue.putBack(batch);
    expect(idsOf(queue.take(1_000))).toEqual([2, 3, 4]);
    expect(queue.take(1)).toEqual([]);
  });

  it("gives each record once, in order, or counts it as dropped", () => {
    const step = fc.oneof(fc.constant("push" as const), fc.integer({ min: 1, max: 20 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const queue = new RecordQueue(50, 1_000);
        const seen: (number | undefined)[] = [];
        let pushed = 0;
        for (const each of steps) {
          if (each === "push")
            for (let n = 0; n < 40; n += 1) queue.push(new Uint8Array(new Uint32Array([pushed++]).buffer));
          else seen.push(...queue.take(each * 4).map((bytes) => new Uint32Array(bytes.buffer)[0]));
        }
        expect(seen).toEqual([...seen].sort((a, b) => (a ?? 0) - (b ?? 0)));
        expect(new Set(seen).size + queue.count + queue.dropped).toBe(pushed);
      }),
    );
  });
});
