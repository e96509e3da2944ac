import { describe, expect, it } from "vitest";
import * as checks from "./field-checks.js";

const good: [string, (value: never, field: string) => unknown, unknown[]][] = [
  ["int32", checks.checkInt32, [0, -2147483648, 2147483647]],
  ["uint32", checks.checkUint32, [0, 4294967295]],
  ["int64", checks.checkInt64, [0n, -(2n ** 63n), 2n ** 63n - 1n]],
  ["uint64", checks.checkUint64, [0n, 2n ** 64n - 1n]],
  ["number", checks.checkNumber, [0, Number.NaN, Number.POSITIVE_INFINITY]],
  ["bool", checks.checkBool, [true, false]],
  ["string", checks.checkString, ["", "a"]],
  ["bytes", checks.checkBytes, [new Uint8Array(1), Buffer.from("a")]],
  ["message", checks.checkMessage, [{}]],
  ["array", checks.checkArray, [[], [1]]],
];
const bad: [string, (value: never, field: string) => unknown, unknown[]][] = [
  ["int32", checks.checkInt32, [2147483648, -2147483649, 0.5, Number.NaN, "1", 1n, null, undefined]],
  ["uint32", checks.checkUint32, [-1, 4294967296, 0.5, "1"]],
  ["int64", checks.checkInt64, [2n ** 63n, -(2n ** 63n) - 1n, 1, "1"]],
  ["uint64", checks.checkUint64, [-1n, 2n ** 64n, 1]],
  ["number", checks.checkNumber, ["1", 1n, null]],
  ["bool", checks.checkBool, [0, "true", undefined]],
  ["string", checks.checkString, [1, null, {}]],
  ["bytes", checks.checkBytes, ["a", [1], new ArrayBuffer(1)]],
  ["message", checks.checkMessage, [null, [], "a", 5]],
  ["array", checks.checkArray, [{}, "ab", null]],
];

describe("field checks", () => {
  it.each(good)("%s gives the value back", (_name, check, values) => {
    for (const value of values) expect(check(value as never, "a.B.c")).toBe(value);
  });

  it.each(bad)("%s refuses and names the field", (_name, check, values) => {
    for (const value of values) {
      expect(() => check(value as never, "a.B.c")).toThrow(
        expect.objectContaining({
          reason: "PROTO_FIELD_VALUE_INVALID",
          details: expect.objectContaining({ field: "a.B.c" }),
        }),
      );
    }
  });

  it("does not repeat texts, which may be secret", () => {
    expect(checks.describeValue("password")).toBe("string");
    expect(checks.describeValue({ a: 1 })).toBe("object");
  });
});
