import { encodeLinkFrame, type LinkHeader, MAX_LINK_FRAME_BYTES } from "@msec/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LinkFrameBuffer } from "./frame-buffer.js";

const header = (id: number): LinkHeader => ({ kind: "reply", id, result: {} });

function takeAll(buffer: LinkFrameBuffer): { id: number; payload: number[] }[] {
  const out = [];
  for (let frame = buffer.next(); frame; frame = buffer.next())
    out.push({ id: frame.header.id, payload: [...frame.payload] });
  return out;
}

describe("LinkFrameBuffer", () => {
  it("finds the frames however the bytes are cut", () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 8 });
    const cuts = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(payloads, cuts, (all, sizes) => {
        const wire = Buffer.concat(all.map((payload, id) => encodeLinkFrame(header(id), payload)));
        const buffer = new LinkFrameBuffer();
        const got = [];
        for (let at = 0, i = 0; at < wire.length; i++) {
          const chunk = Uint8Array.from(wire.subarray(at, at + (sizes[i % sizes.length] ?? 1)));
          const sent = [...chunk];
          buffer.push(chunk);
          got.push(...takeAll(buffer));
          expect([...chunk], "chunks of the socket are not written to").toEqual(sent);
          at += chunk.length;
        }
        expect(got).toEqual(all.map((payload, id) => ({ id, payload: [...payload] })));
      }),
    );
  });

  it("takes a 4 MiB frame in chunks of 16 bytes in linear time", () => {
    const frame = encodeLinkFrame(header(1), new Uint8Array(MAX_LINK_FRAME_BYTES - 100).fill(7));
    const buffer = new LinkFrameBuffer();
    const beganMs = performance.now();
    for (let at = 0; at < frame.length - 16; at += 16) {
      buffer.push(frame.subarray(at, at + 16));
      if (buffer.next()) throw new Error("too early");
    }
    buffer.push(frame.subarray(Math.floor((frame.length - 1) / 16) * 16));
    expect(buffer.next()?.payload.every((byte) => byte === 7)).toBe(true);
    // Copying everything with each chunk would move 500 GB here.
    expect(performance.now() - beganMs).toBeLessThan(5_000);
  });

  it("refuses a frame above its limit by the first 8 bytes; the limit may change", () => {
    const frame = encodeLinkFrame(header(1), new Uint8Array(200));
    const buffer = new LinkFrameBuffer(100);
    buffer.push(frame.subarray(0, 8));
    expect(() => buffer.next()).toThrow(expect.objectContaining({ reason: "PROTO_LINK_FRAME_TOO_LARGE" }));
    buffer.maxFrameBytes = 1000;
    buffer.push(frame.subarray(8));
    expect(buffer.next()?.header.id).toBe(1);
  });

  it("forgets what waits when it is cleared", () => {
    const buffer = new LinkFrameBuffer();
    buffer.push(encodeLinkFrame(header(1)).subarray(0, 10));
    buffer.clear();
    buffer.push(encodeLinkFrame(header(2)));
    expect(takeAll(buffer)).toEqual([{ id: 2, payload: [] }]);
  });
});
