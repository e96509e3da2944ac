import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HOUR_MINUTES, packHour, unpackHour } from "./hour-pack.js";

const value = fc.oneof(
  fc.constant(null),
  fc.nat(),
  fc.maxSafeNat(),
  fc.double({ noNaN: true }).map((number) => number + 0),
);
const hour = (element: fc.Arbitrary<number | null>) =>
  fc.array(element, { minLength: HOUR_MINUTES, maxLength: HOUR_MINUTES });

describe("packHour", () => {
  it("keeps any values", () => {
    fc.assert(
      fc.property(hour(value), (values) => {
        expect(unpackHour(packHour(values))).toEqual(values);
      }),
    );
  });

  it("keeps whole numbers", () => {
    const whole = fc.oneof(fc.constant(null), fc.maxSafeNat());
    fc.assert(
      fc.property(hour(whole), (values) => {
        expect(unpackHour(packHour(values))).toEqual(values);
      }),
    );
  });

  it("takes one byte for a small count and nothing for a gap", () => {
    const values = new Array<number | null>(HOUR_MINUTES).fill(null);
    expect(packHour(values)).toHaveLength(9);
    values[59] = 127;
    values[3] = 128;
    expect(packHour(values)).toHaveLength(12);
  });

  it("never throws on bytes that are cut off", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(unpackHour(bytes)).toHaveLength(60);
      }),
    );
  });
});
