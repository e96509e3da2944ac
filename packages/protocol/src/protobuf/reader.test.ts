import { describe, expect, it } from "vitest";
import { MAX_MESSAGE_VALUES, ProtoReader } from "./reader.js";
import { MAX_MESSAGE_DEPTH } from "./writer.js";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const malformed = expect.objectContaining({ reason: "PROTO_MESSAGE_MALFORMED" });

describe("ProtoReader", () => {
  it.each<[string, string, (r: ProtoReader) => unknown, unknown]>([
    ["uint32", "ffffffff0f", (r) => r.uint32(), 4294967295],
    ["uint32 cut from 64 bits", "ffffffffffffffffff01", (r) => r.uint32(), 4294967295],
    ["int32 in ten bytes", "ffffffffffffffffff01", (r) => r.int32(), -1],
    ["sint32 smallest", "ffffffff0f", (r) => r.sint32(), -2147483648],
    ["sint32 largest", "feffffff0f", (r) => r.sint32(), 2147483647],
    ["uint64 largest", "ffffffffffffffffff01", (r) => r.uint64(), 2n ** 64n - 1n],
    ["uint64 of one byte", "05", (r) => r.uint64(), 5n],
    ["uint64 2^35-1", "ffffffff7f", (r) => r.uint64(), 2n ** 35n - 1n],
    ["int64 smallest", "80808080808080808001", (r) => r.int64(), -(2n ** 63n)],
    ["sint64 -1", "01", (r) => r.sint64(), -1n],
    ["sint64 smallest", "ffffffffffffffffff01", (r) => r.sint64(), -(2n ** 63n)],
    ["fixed32", "04030201", (r) => r.fixed32(), 0x01020304],
    ["fixed32 largest", "ffffffff", (r) => r.fixed32(), 4294967295],
    ["sfixed32", "feffffff", (r) => r.sfixed32(), -2],
    ["fixed64", "0807060504030201", (r) => r.fixed64(), 0x0102030405060708n],
    ["sfixed64", "feffffffffffffff", (r) => r.sfixed64(), -2n],
    ["float", "0000c03f", (r) => r.float(), 1.5],
    ["double", "00000000000002c0", (r) => r.double(), -2.25],
    ["bool", "01", (r) => r.bool(), true],
    ["bool from a large varint", "8080808010", (r) => r.bool(), true],
    ["bool false", "00", (r) => r.bool(), false],
    ["string", "0361c3a9", (r) => r.string(), "aé"],
    ["string with BOM", "03efbbbf", (r) => r.string(), "\ufeff"],
    ["string of bad UTF-8, leniently", "0261ff", (r) => r.lenientString(), "a\ufffd"],
    ["bytes", "020102", (r) => r.bytes(), Uint8Array.of(1, 2)],
    ["tag of three bytes", "c0bb01", (r) => r.tag(), 24000],
  ])("reads %s", (_name, hex, read, want) => {
    // At the end of the buffer, and with bytes around that must not matter.
    const alone = new ProtoReader(bytes(hex));
    expect(read(alone)).toEqual(want);
    expect(alone.pos).toBe(hex.length / 2);
    const inside = new ProtoReader(bytes(`ff${hex}ffffffffffffffffffff`), 1, 1 + hex.length / 2);
    expect(read(inside)).toEqual(want);
    expect(inside.pos).toBe(inside.end);
  });

  it.each<[string, string, (r: ProtoReader) => unknown]>([
    ["varint without end", "ff", (r) => r.uint32()],
    ["nothing", "", (r) => r.uint32()],
    ["varint of eleven bytes", "8080808080808080808000", (r) => r.uint64()],
    ["fixed32 cut off", "010203", (r) => r.fixed32()],
    ["fixed64 cut off", "01020304050607", (r) => r.fixed64()],
    ["float cut off", "010203", (r) => r.float()],
    ["double cut off", "01020304050607", (r) => r.double()],
    ["string cut off", "0361", (r) => r.string()],
    ["bytes cut off", "03ffff", (r) => r.bytes()],
    ["string of 4 GiB", "ffffffff0f", (r) => r.string()],
    ["string with a surrogate", "03eda080", (r) => r.string()],
    ["overlong UTF-8", "02c080", (r) => r.string()],
    ["long string of bad UTF-8", `28${"61".repeat(39)}ff`, (r) => r.string()],
    ["part past the end", "0501", (r) => r.beginMessage()],
    ["tag 0", "00", (r) => r.tag()],
    ["wire type 7", "0f", (r) => r.tag()],
  ])("refuses %s", (_name, hex, read) => {
    const reader = new ProtoReader(bytes(`ff${hex}ffffffffffffffffffff`), 1, 1 + hex.length / 2);
    expect(() => read(reader)).toThrow(malformed);
  });

  it("gives 64-bit values as halves", () => {
    const reader = new ProtoReader(bytes("808080801007060504030201ff"));
    reader.varint64();
    expect([reader.high, reader.low]).toEqual([1, 0]);
    reader.fixed64Halves();
    expect([reader.high, reader.low]).toEqual([0xff010203, 0x04050607]);
  });

  it("enters and leaves parts", () => {
    const reader = new ProtoReader(bytes("020102030405"));
    const outer = reader.beginMessage();
    expect([reader.pos, reader.end]).toEqual([1, 3]);
    expect(() => reader.fixed32()).toThrow(malformed);
    reader.endMessage(outer);
    expect([reader.pos, reader.end]).toEqual([3, 6]);
  });

  it("refuses parts nested too deep, and works again after a reset", () => {
    const deep = new Uint8Array(500).map((_, index) => Math.min(127, 499 - index));
    const reader = new ProtoReader(deep, 400);
    expect(() => {
      for (;;) reader.beginMessage();
    }).toThrow(malformed);
    reader.reset(bytes("0100"));
    expect(reader.beginMessage()).toBe(2);
    expect(MAX_MESSAGE_DEPTH).toBeLessThan(deep.length);
  });

  it.each([
    ["varint", "08ff01"],
    ["64 bits", `09${"00".repeat(8)}`],
    ["bytes", "0a03616263"],
    ["32 bits", "0d00000000"],
    ["group", "0b10051803130a0161140c"],
  ])("skips %s", (_name, hex) => {
    const reader = new ProtoReader(bytes(`${hex}2a`));
    reader.skip(reader.tag());
    expect(reader.pos).toBe(hex.length / 2);
  });

  it("reads floats of a view that does not start at its buffer", () => {
    const whole = bytes("ffffff0000c03f");
    expect(new ProtoReader(whole.subarray(3)).float()).toBe(1.5);
  });

  it("names offset and problem", () => {
    expect(() => new ProtoReader(bytes("00ff"), 1).uint32()).toThrow(
      "malformed protobuf message at byte 2: it ends inside a varint",
    );
  });

  it("copies bytes, whatever they were read from", () => {
    const source = Buffer.from("03010203", "hex");
    const copy = new ProtoReader(source).bytes();
    source.fill(0xff);
    expect(copy).toEqual(Uint8Array.of(1, 2, 3));
  });

  it.each<[string, (r: ProtoReader) => void]>([
    ["sub-messages", (r) => r.endMessage(r.beginMessage())],
    ["texts", (r) => void r.string()],
    ["bytes", (r) => void r.bytes()],
    ["64-bit integers", (r) => void r.uint64()],
  ])("limits how many %s a message may have, until it is reset", (_name, read) => {
    const source = new Uint8Array(MAX_MESSAGE_VALUES + 1);
    const reader = new ProtoReader(source);
    for (let i = 0; i < MAX_MESSAGE_VALUES; i++) read(reader);
    expect(reader.pos).toBe(MAX_MESSAGE_VALUES);
    expect(() => read(reader)).toThrow(malformed);
    reader.reset(source);
    read(reader);
    expect(reader.pos).toBe(1);
  });
});
