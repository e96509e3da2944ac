import { describe, expect, it } from "vitest";
import type { ScalarType } from "./message-type.js";
import { ProtoReader } from "./reader.js";
import { isZeroScalar, SCALAR_CODECS } from "./scalar-codecs.js";
import { ProtoWriter } from "./writer.js";

const extremes: Record<ScalarType, { wireType: number; values: unknown[]; refused: unknown }> = {
  double: { wireType: 1, values: [0, -0, Number.MAX_VALUE, Number.NaN, Number.NEGATIVE_INFINITY], refused: "1" },
  float: { wireType: 5, values: [0, 1.5, -0, Number.NaN, Number.POSITIVE_INFINITY], refused: "1" },
  int32: { wireType: 0, values: [0, -2147483648, 2147483647], refused: 2147483648 },
  sint32: { wireType: 0, values: [0, -1, -2147483648, 2147483647], refused: -2147483649 },
  sfixed32: { wireType: 5, values: [0, -2147483648, 2147483647], refused: 0.5 },
  uint32: { wireType: 0, values: [0, 4294967295], refused: -1 },
  fixed32: { wireType: 5, values: [0, 4294967295], refused: 4294967296 },
  int64: { wireType: 0, values: [0n, -(2n ** 63n), 2n ** 63n - 1n], refused: 1 },
  sint64: { wireType: 0, values: [0n, -1n, -(2n ** 63n), 2n ** 63n - 1n], refused: 2n ** 63n },
  sfixed64: { wireType: 1, values: [0n, -(2n ** 63n), 2n ** 63n - 1n], refused: 2n ** 63n },
  uint64: { wireType: 0, values: [0n, 2n ** 64n - 1n], refused: -1n },
  fixed64: { wireType: 1, values: [0n, 2n ** 64n - 1n], refused: 2n ** 64n },
  bool: { wireType: 0, values: [true, false], refused: 1 },
  string: { wireType: 2, values: ["", "航班", "x".repeat(500)], refused: 5 },
  bytes: { wireType: 2, values: [new Uint8Array(0), Uint8Array.of(0, 255)], refused: "AA==" },
};

describe.each(Object.entries(extremes))("%s", (scalar, { wireType, values, refused }) => {
  const codec = SCALAR_CODECS[scalar as ScalarType];

  it("travels at its extremes", () => {
    expect(codec.wireType).toBe(wireType);
    for (const value of values) {
      const writer = new ProtoWriter(1);
      codec.write(writer, value, "a.B.c");
      const reader = new ProtoReader(writer.finish());
      expect(codec.read(reader)).toEqual(value);
      expect(reader.pos).toBe(writer.length);
    }
  });

  it("is refused outside them", () => {
    expect(() => codec.write(new ProtoWriter(), refused, "a.B.c")).toThrow("field a.B.c must be");
  });

  it("has a zero that proto3 leaves out", () => {
    expect(isZeroScalar(codec.zero)).toBe(true);
  });
});

it("minus zero and filled values are no zeros", () => {
  for (const value of [-0, 1, 1n, "a", true, Uint8Array.of(0)]) expect(isZeroScalar(value)).toBe(false);
});
