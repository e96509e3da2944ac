import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeLinkFrame,
  encodeLinkFrame,
  encodeLinkRequest,
  type LinkHeader,
  linkFrameSize,
  MAX_LINK_FRAME_BYTES,
} from "./frame.js";

const request: LinkHeader = { kind: "request", id: 1, method: "challenge", params: { agentId: "a" } };

function prefix(restLength: number, headerLength: number): Uint8Array {
  const out = new Uint8Array(8);
  const view = new DataView(out.buffer);
  view.setUint32(0, restLength);
  view.setUint32(4, headerLength);
  return out;
}

function withHeader(header: Uint8Array | string): Uint8Array {
  const bytes = typeof header === "string" ? new TextEncoder().encode(header) : header;
  return Buffer.concat([prefix(4 + bytes.length, bytes.length), bytes]);
}

describe("link frames", () => {
  it("are two lengths, a JSON header and raw bytes", () => {
    const wire = Buffer.from(encodeLinkFrame({ kind: "reply", id: 2, result: {} }, new Uint8Array([1, 2])));
    const json = '{"kind":"reply","id":2,"result":{}}';
    expect(wire.subarray(0, 8).toString("hex")).toBe("0000002900000023");
    expect(wire.subarray(8, 8 + json.length).toString()).toBe(json);
    expect([...wire.subarray(-2)]).toEqual([1, 2]);
  });

  it("come back as they went, between other bytes", () => {
    const headers = fc.oneof(
      fc.record({ kind: fc.constant("request" as const), id: fc.nat(), method: fc.string(), params: fc.jsonValue() }),
      fc.record({ kind: fc.constant("reply" as const), id: fc.nat(), result: fc.jsonValue() }),
      fc.record({ kind: fc.constant("failure" as const), id: fc.nat(), error: fc.jsonValue() }),
    );
    const bytes = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(headers, bytes, bytes, bytes, (header, payload, before, after) => {
        const wire = encodeLinkFrame(header, payload);
        const buf = Buffer.concat([before, wire, after]);
        const read = decodeLinkFrame(buf, before.length, buf.length);
        expect(read?.usedBytes).toBe(wire.length);
        expect(read?.frame.header).toEqual(JSON.parse(JSON.stringify(header)));
        expect([...(read?.frame.payload ?? [])]).toEqual([...payload]);
      }),
    );
  });

  it("of requests can be made of parameters that are JSON text already, in shared pieces", () => {
    const shared = new TextEncoder().encode('"b":[2,"é"]}');
    const pieces = encodeLinkRequest(7, "naming.apply", [new TextEncoder().encode('{"a":1,'), shared]);
    expect(pieces).toContain(shared);
    const header = { kind: "request", id: 7, method: "naming.apply", params: { a: 1, b: [2, "é"] } } as const;
    expect(Buffer.concat(pieces)).toEqual(Buffer.from(encodeLinkFrame(header)));
    const large = new Uint8Array(MAX_LINK_FRAME_BYTES);
    expect(() => encodeLinkRequest(7, "naming.apply", [large])).toThrow(
      expect.objectContaining({ reason: "PROTO_LINK_FRAME_TOO_LARGE" }),
    );
  });

  it("need all their bytes", () => {
    const wire = encodeLinkFrame(request, new Uint8Array(3));
    for (let end = 0; end < wire.length; end++) expect(decodeLinkFrame(wire, 0, end)).toBeUndefined();
    expect(decodeLinkFrame(wire, 0, wire.length)?.usedBytes).toBe(wire.length);
    expect(linkFrameSize(wire, 0)).toBe(wire.length);
    expect(linkFrameSize(wire.subarray(0, 7), 0)).toBeUndefined();
  });

  it("have a largest size, told before the rest arrives", () => {
    const overhead = encodeLinkFrame(request).length;
    const room = MAX_LINK_FRAME_BYTES - overhead;
    expect(encodeLinkFrame(request, new Uint8Array(room)).length).toBe(MAX_LINK_FRAME_BYTES);
    expect(() => encodeLinkFrame(request, new Uint8Array(room + 1))).toThrow(
      `link frame of ${MAX_LINK_FRAME_BYTES + 1} B exceeds the limit of ${MAX_LINK_FRAME_BYTES} B`,
    );
    expect(linkFrameSize(prefix(MAX_LINK_FRAME_BYTES - 4, 2), 0)).toBe(MAX_LINK_FRAME_BYTES);
    const tooLarge = { reason: "PROTO_LINK_FRAME_TOO_LARGE" };
    for (const restLength of [MAX_LINK_FRAME_BYTES - 3, 0xffff_ffff])
      expect(() => decodeLinkFrame(prefix(restLength, 2), 0, 8)).toThrow(expect.objectContaining(tooLarge));
    expect(() => linkFrameSize(prefix(97, 2), 0, 100)).toThrow("link frame of 101 B exceeds the limit of 100 B");
  });

  it.each([
    ["a rest too short for the second length", 3, 0],
    ["no rest", 0, 0],
    ["a header longer than the rest", 10, 7],
    ["a header of 4 GiB", 10, 0xffff_ffff],
  ])("are refused with %s", (_, restLength, headerLength) => {
    expect(() => decodeLinkFrame(prefix(restLength, headerLength), 0, 8)).toThrow("its lengths disagree");
  });

  it.each([
    ["no JSON", "{"],
    ["an empty header", ""],
    ["bytes that are no UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
  ])("are refused with %s", (_, header) => {
    const wire = withHeader(header);
    expect(() => decodeLinkFrame(wire, 0, wire.length)).toThrow("its header is no JSON");
  });

  it.each([
    "null",
    "[]",
    "7",
    '{"kind":"request","id":1,"method":"x"}',
    '{"kind":"request","id":1,"params":{}}',
    '{"kind":"request","id":1.5,"method":"x","params":{}}',
    '{"kind":"request","id":1e300,"method":"x","params":{}}',
    '{"kind":"reply","id":1}',
    '{"kind":"reply","id":"1","result":{}}',
    '{"kind":"failure","id":1}',
    '{"kind":"shout","id":1,"params":{},"result":{},"error":{},"method":""}',
  ])("are refused with the header %s", (header) => {
    const wire = withHeader(header);
    expect(() => decodeLinkFrame(wire, 0, wire.length)).toThrow("its header is no request, reply or failure");
  });

  it("of any bytes are read, awaited or refused with a reason of this protocol", () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .tuple(fc.integer({ min: 0, max: 64 }), fc.integer({ min: 0, max: 64 }), fc.uint8Array({ maxLength: 64 }))
        .map(([rest, header, bytes]) => new Uint8Array(Buffer.concat([prefix(rest, header), bytes]))),
      fc.string().map((text) => new Uint8Array(withHeader(text))),
    );
    fc.assert(
      fc.property(hostile, (bytes) => {
        let outcome: string;
        try {
          outcome = decodeLinkFrame(bytes, 0, bytes.length) ? "frame" : "more";
        } catch (error) {
          outcome = String((error as { reason?: string }).reason);
        }
        expect(["frame", "more", "PROTO_LINK_FRAME_TOO_LARGE", "PROTO_LINK_FRAME_INVALID"]).toContain(outcome);
      }),
      { numRuns: 2000 },
    );
  });
});
