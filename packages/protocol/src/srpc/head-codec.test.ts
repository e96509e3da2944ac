import { isAppError } from "@msec/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProtoWriter } from "../protobuf/writer.js";
import { createHead, type RpcHead } from "./head.js";
import { decodeAnswerHead, decodeHead, encodeHead } from "./head-codec.js";

function decode(bytes: Uint8Array): { head: RpcHead; echo: number } {
  const head = createHead();
  // Not at the start of its buffer, and with bytes behind it that must not be read.
  const padded = Uint8Array.of(0x50, ...bytes, 0x50, 0x29);
  const echo = decodeHead(padded, 1, 1 + bytes.length, head);
  return { head, echo: echo === 0 ? 0 : echo - 1 };
}

const original = (): ProtoWriter =>
  new ProtoWriter().uint32(0x50).varint64(0x8000_0001, 7).uint32(0x192).string("a.b").uint32(0x19a).string("p.S.M");

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const headOf = fc.record({
  sequenceHigh: uint32,
  sequenceLow: uint32,
  coloring: uint32,
  colorIdHigh: uint32,
  colorIdLow: uint32,
  flowIdHigh: uint32,
  flowIdLow: uint32,
  err: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  result: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  errMsg: fc.string(),
  caller: fc.string({ unit: "grapheme-composite" }).filter((text) => !text.endsWith("\0")),
  methodName: fc.string({ unit: "grapheme" }),
  timeoutMs: uint32,
  attempt: uint32,
  spanIdHigh: uint32,
  spanIdLow: uint32,
  parentSpanIdHigh: uint32,
  parentSpanIdLow: uint32,
  reason: fc.string(),
  priority: uint32,
  userHash: uint32,
  capabilities: uint32,
  cancel: uint32,
});

describe("decodeHead", () => {
  it("reads what encodeHead wrote", () => {
    fc.assert(
      fc.property(headOf, (head) => {
        const writer = new ProtoWriter(1);
        encodeHead(head, writer);
        expect(decode(writer.finish()).head).toEqual(head);
      }),
    );
  });

  it("throws nothing but AppErrors on arbitrary bytes, and never reads past the end", () => {
    const good = original().uint32(0x331).fixed64Halves(1, 2).finish();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(good.length), (noise, cut) => {
        for (const bytes of [noise, Uint8Array.of(...good.subarray(0, cut), ...noise)]) {
          const head = createHead();
          try {
            decodeHead(bytes, 0, bytes.length, head);
          } catch (error) {
            expect(isAppError(error)).toBe(true);
          }
        }
      }),
    );
  });

  it("refuses every head that was cut inside a field", () => {
    const fields = [
      original(),
      new ProtoWriter().uint32(0x331).fixed64Halves(1, 2),
      new ProtoWriter().uint32(0x320).uint32(300),
    ];
    const bytes = Uint8Array.from(fields.flatMap((field) => [...field.finish()]));
    const whole = [fields[0]!.length, fields[0]!.length + fields[1]!.length, bytes.length];
    const accepted: number[] = [];
    for (let size = 0; size <= bytes.length; size++) {
      try {
        decode(bytes.subarray(0, size));
        accepted.push(size);
      } catch (error) {
        expect(isAppError(error)).toBe(true);
      }
    }
    expect(accepted).toEqual(whole);
  });

  it("reads tags and varints that are longer than needed", () => {
    const bytes = Uint8Array.of(
      0xd0,
      0x80,
      0x00,
      0x85,
      0x80,
      0x80,
      0x80,
      0x80,
      0x80,
      0x80,
      0x80,
      0x80,
      0x00,
      0x9a,
      0x83,
      0x00,
      0x01,
      0x4d,
    );
    expect(decode(bytes).head).toEqual({ ...createHead(), sequenceLow: 5, methodName: "M" });
    const long = Uint8Array.of(0x50, ...new Uint8Array(10).fill(0x80), 0x00, 0x9a, 0x03, 0x00);
    expect(() => decode(long)).toThrow("a varint is longer than 10 bytes");
  });

  it.each([
    { name: "field number 0", bytes: [0x00, 0x00] },
    { name: "wire type 6", bytes: [0x0e, 0x00] },
    { name: "the end of a group that did not begin", bytes: [0x0c] },
  ])("refuses $name", ({ bytes }) => {
    const head = Uint8Array.of(...original().finish(), ...bytes);
    expect(() => decode(head)).toThrow(expect.objectContaining({ reason: "PROTO_MESSAGE_MALFORMED" }));
  });
});

/** What `read` makes of bytes: a head, or that it refused them. */
function outcomeOf(read: (bytes: Uint8Array, start: number, end: number, into: RpcHead) => unknown, bytes: Uint8Array) {
  const head = createHead();
  const padded = Uint8Array.of(0x50, ...bytes, 0x50, 0x29);
  try {
    read(padded, 1, 1 + bytes.length, head);
    return { head };
  } catch (error) {
    return { reason: isAppError(error) ? error.reason : String(error) };
  }
}

/** What callers look at. */
function toldBy({ head }: ReturnType<typeof outcomeOf>): unknown {
  if (head === undefined) return undefined;
  const { sequenceHigh, sequenceLow, err, result, errMsg, reason, capabilities } = head;
  return { sequenceHigh, sequenceLow, err, result, errMsg, reason, capabilities };
}

describe("decodeAnswerHead", () => {
  it("tells callers what decodeHead does, and refuses the same bytes", () => {
    const good = original().uint32(0xf0).varint64(1, 2).finish();
    const rare = fc.constantFrom(
      new Uint8Array(0),
      new ProtoWriter().uint32(0x140).int32(-7).uint32(0x342).string("WHY").finish(),
      new ProtoWriter().uint32(0x358).uint32(1).finish(),
      new ProtoWriter().uint32(0x7fff8).uint32(1).finish(), // unknown, with a tag of three bytes
      Uint8Array.of(0xd0, 0x80, 0x00, 0x05), // the sequence again, by a tag that is longer than needed
    );
    let refused = 0;
    fc.assert(
      fc.property(rare, fc.uint8Array({ maxLength: 12 }), fc.nat(good.length), (more, noise, cut) => {
        for (const bytes of [
          Uint8Array.of(...good, ...more),
          Uint8Array.of(...more, ...good),
          Uint8Array.of(...good.subarray(0, cut), ...more, ...noise),
          Uint8Array.of(...good, ...noise),
        ]) {
          const whole = outcomeOf(decodeHead, bytes);
          const quick = outcomeOf(decodeAnswerHead, bytes);
          expect(quick.reason).toBe(whole.reason);
          expect(toldBy(quick)).toEqual(toldBy(whole));
          if (whole.reason !== undefined) refused++;
        }
      }),
      { numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});

describe("the part that an answer may repeat", () => {
  const size = original().length;
  it.each([
    { name: "all of an old head", bytes: original(), want: size },
    {
      name: "all before our own fields",
      bytes: original().uint32(0x320).uint32(9).uint32(0x328).uint32(1),
      want: size,
    },
    { name: "nothing when a field of the answer is set", bytes: original().uint32(0x140).int32(-1), want: 0 },
    { name: "nothing when unknown fields are mixed in", bytes: original().uint32(0x1e2).string("stack"), want: 0 },
    {
      name: "nothing when our own fields are mixed in",
      bytes: new ProtoWriter().uint32(0x320).uint32(9).raw(original().finish()),
      want: 0,
    },
  ])("is $name", ({ bytes, want }) => {
    expect(decode(bytes.finish()).echo).toBe(want);
  });
});
