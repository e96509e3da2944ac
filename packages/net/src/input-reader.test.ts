import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Consume, InputReader } from "./input-reader.js";

/** Messages of one length byte and that many bytes. */
function lengthPrefixed(into: number[][]): Consume {
  return (bytes, start, end) => {
    let at = start;
    while (at < end && at + 1 + bytes[at]! <= end) {
      into.push([...bytes.subarray(at + 1, at + 1 + bytes[at]!)]);
      at += 1 + bytes[at]!;
    }
    return at - start;
  };
}

describe("InputReader", () => {
  it("gives the same messages however the bytes are cut", () => {
    const anyMessages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
    const anyCuts = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 60 });
    fc.assert(
      fc.property(anyMessages, anyCuts, (messages, cuts) => {
        const wire = Uint8Array.from(messages.flatMap((message) => [message.length, ...message]));
        const seen: number[][] = [];
        const reader = new InputReader(lengthPrefixed(seen), 1024);
        let at = 0;
        for (const cut of [...cuts, wire.length]) {
          const chunk = wire.slice(at, at + cut);
          reader.push(chunk, 0, chunk.length);
          chunk.fill(255); // the chunk's memory is reused by the socket
          at = Math.min(wire.length, at + cut);
        }
        expect(seen).toEqual(messages.map((message) => [...message]));
        expect(reader.heldBytes).toBe(0);
      }),
    );
  });

  it("refuses to keep more than the limit", () => {
    const reader = new InputReader(() => 0, 10);
    reader.push(new Uint8Array(10), 0, 10);
    expect(() => reader.push(new Uint8Array(1), 0, 1)).toThrow(
      expect.objectContaining({ reason: "NET_INPUT_TOO_LARGE" }),
    );
  });

  it("keeps everything while blocked and goes on afterwards", () => {
    const seen: number[][] = [];
    const reader = new InputReader(lengthPrefixed(seen), 1024);
    reader.block();
    reader.push(Uint8Array.of(1, 7, 1), 0, 3);
    reader.push(Uint8Array.of(8), 0, 1);
    expect(seen).toEqual([]);
    reader.unblock();
    expect(seen).toEqual([[7], [8]]);
  });
});
