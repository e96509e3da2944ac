import { describe, expect, it } from "vitest";
import { MAX_MESSAGE_DEPTH, ProtoWriter } from "./writer.js";

const hex = (writer: ProtoWriter): string => Buffer.from(writer.view()).toString("hex");

describe("ProtoWriter", () => {
  it.each<[string, (w: ProtoWriter) => unknown, string]>([
    ["uint32 0", (w) => w.uint32(0), "00"],
    ["uint32 127", (w) => w.uint32(127), "7f"],
    ["uint32 128", (w) => w.uint32(128), "8001"],
    ["uint32 largest", (w) => w.uint32(4294967295), "ffffffff0f"],
    ["int32 -1 in ten bytes", (w) => w.int32(-1), "ffffffffffffffffff01"],
    ["int32 largest", (w) => w.int32(2147483647), "ffffffff07"],
    ["sint32 -1", (w) => w.sint32(-1), "01"],
    ["sint32 smallest", (w) => w.sint32(-2147483648), "ffffffff0f"],
    ["uint64 largest", (w) => w.uint64(2n ** 64n - 1n), "ffffffffffffffffff01"],
    ["uint64 2^32", (w) => w.uint64(2n ** 32n), "8080808010"],
    ["int64 smallest", (w) => w.int64(-(2n ** 63n)), "80808080808080808001"],
    ["sint64 -1", (w) => w.sint64(-1n), "01"],
    ["sint64 smallest", (w) => w.sint64(-(2n ** 63n)), "ffffffffffffffffff01"],
    ["varint64 from halves", (w) => w.varint64(1, 0), "8080808010"],
    ["fixed32", (w) => w.fixed32(0x01020304), "04030201"],
    ["sfixed32 -2", (w) => w.sfixed32(-2), "feffffff"],
    ["fixed64", (w) => w.fixed64(0x0102030405060708n), "0807060504030201"],
    ["sfixed64 -2", (w) => w.sfixed64(-2n), "feffffffffffffff"],
    ["float", (w) => w.float(1.5), "0000c03f"],
    ["double", (w) => w.double(-2.25), "00000000000002c0"],
    ["bool", (w) => w.bool(true).bool(false), "0100"],
    ["empty string", (w) => w.string(""), "00"],
    ["string with a two-byte character", (w) => w.string("aé"), "0361c3a9"],
    ["lone surrogate becomes U+FFFD", (w) => w.string("\ud800"), "03efbfbd"],
    ["bytes", (w) => w.bytes(Uint8Array.of(1, 2)), "020102"],
    ["tag from its parts", (w) => w.tag(51, 2), "9a03"],
    ["largest tag", (w) => w.tag(536870911, 5), "fdffffff0f"],
  ])("writes %s", (_name, write, want) => {
    const writer = new ProtoWriter(1);
    write(writer);
    expect(hex(writer)).toBe(want);
  });

  it.each([39, 40, 41, 127, 128, 200, 16383, 16384, 70_000])("writes strings of %i characters", (length) => {
    for (const text of ["a".repeat(length), "a".repeat(length - 1).concat("é"), "航".repeat(length)]) {
      const content = new TextEncoder().encode(text);
      const writer = new ProtoWriter(1).string(text);
      const wanted = new ProtoWriter(1).bytes(content);
      expect(Buffer.compare(writer.view(), wanted.view())).toBe(0);
    }
  });

  it.each([0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])("closes a part of %i bytes", (size) => {
    const writer = new ProtoWriter(1).byte(7);
    const mark = writer.beginMessage();
    writer.raw(new Uint8Array(size).fill(5));
    writer.endMessage(mark).byte(9);
    const wanted = new ProtoWriter(1).byte(7).uint32(size).raw(new Uint8Array(size).fill(5)).byte(9);
    expect(Buffer.compare(writer.view(), wanted.view())).toBe(0);
  });

  it("nests parts", () => {
    const writer = new ProtoWriter();
    const outer = writer.uint32(10).beginMessage();
    const inner = writer.uint32(18).beginMessage();
    writer.uint32(24).uint32(1);
    writer.endMessage(inner).endMessage(outer);
    expect(hex(writer)).toBe("0a0412021801");
  });

  it("refuses parts nested too deep, and works again after a reset", () => {
    const writer = new ProtoWriter();
    for (let i = 0; i < MAX_MESSAGE_DEPTH; i++) writer.beginMessage();
    expect(() => writer.beginMessage()).toThrow(expect.objectContaining({ reason: "PROTO_FIELD_VALUE_INVALID" }));
    writer.reset();
    writer.endMessage(writer.beginMessage());
    expect(hex(writer)).toBe("00");
  });

  it("forgets on reset and undoes on truncate, with the buffer kept", () => {
    const writer = new ProtoWriter(64).string("abc");
    const { buffer } = writer;
    writer.truncate(2);
    expect(hex(writer)).toBe("0361");
    expect(writer.reset().length).toBe(0);
    expect(writer.string("x").buffer).toBe(buffer);
  });

  it("shrinks a buffer that grew too large, and only such a one", () => {
    const writer = new ProtoWriter(64).raw(new Uint8Array(100));
    const { buffer } = writer;
    expect(writer.shrink(buffer.length).buffer).toBe(buffer);
    writer.raw(new Uint8Array(5000)).shrink(1024);
    expect(writer.length).toBe(0);
    expect(writer.buffer.length).toBeLessThanOrEqual(1024);
    expect(hex(writer.double(-2.25))).toBe("00000000000002c0");
  });

  it("gives a copy by finish and an alias by view", () => {
    const writer = new ProtoWriter().string("a");
    const copy = writer.finish();
    const view = writer.view();
    writer.reset().string("b");
    expect(copy).toEqual(Uint8Array.of(1, 97));
    expect(view).toEqual(Uint8Array.of(1, 98));
  });

  it("gives a view of the buffer of now, also for a length that it had before", () => {
    const writer = new ProtoWriter(16).raw(Uint8Array.of(1, 2));
    const before = writer.view();
    expect(writer.reset().raw(Uint8Array.of(3, 4)).view()).toBe(before);
    writer.reset().raw(new Uint8Array(100)).reset().raw(Uint8Array.of(5, 6));
    expect(writer.view()).toEqual(Uint8Array.of(5, 6));
    writer.shrink(64).raw(Uint8Array.of(7, 8));
    expect(writer.view()).toEqual(Uint8Array.of(7, 8));
    expect(before).toEqual(Uint8Array.of(3, 4));
  });

  it("patches reserved bytes in both orders", () => {
    const writer = new ProtoWriter(1).byte(1);
    const at = writer.reserve(8);
    writer
      .byte(2)
      .patchUint32BigEndian(at, 0x01020304)
      .patchUint32LittleEndian(at + 4, 0xfffefdfc);
    expect(hex(writer)).toBe("0101020304fcfdfeff02");
  });

  it("grows once for ensured room", () => {
    const writer = new ProtoWriter(8).ensure(1000);
    const { buffer } = writer;
    for (let i = 0; i < 1000; i++) writer.byte(i);
    expect(writer.buffer).toBe(buffer);
  });
});
