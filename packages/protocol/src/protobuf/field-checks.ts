/**
 * Checks that generated and interpreted encoders put around a value: they give it back or throw PROTO_FIELD_VALUE_INVALID with
 * the field's full name. `w.uint32(10).string(checkString(m.name, "echo.Request.name"))`.
 */

import { ProtoFieldValueInvalid, ProtoRequiredFieldMissing } from "../errors.js";
import type { ScalarType } from "./message-type.js";

const MAX_UINT64 = 0xffff_ffff_ffff_ffffn;
const MAX_INT64 = 0x7fff_ffff_ffff_ffffn;

/** What a scalar field holds, in words; used in error messages. */
export const SCALAR_WORDS: Readonly<Record<ScalarType, string>> = {
  double: "a number",
  float: "a number",
  int32: "an integer from -2147483648 to 2147483647",
  sint32: "an integer from -2147483648 to 2147483647",
  sfixed32: "an integer from -2147483648 to 2147483647",
  uint32: "an integer from 0 to 4294967295",
  fixed32: "an integer from 0 to 4294967295",
  int64: "a bigint from -2^63 to 2^63-1",
  sint64: "a bigint from -2^63 to 2^63-1",
  sfixed64: "a bigint from -2^63 to 2^63-1",
  uint64: "a bigint from 0 to 2^64-1",
  fixed64: "a bigint from 0 to 2^64-1",
  bool: "a boolean",
  string: "a string",
  bytes: "a Uint8Array",
};

/** What was found, short and without content that may be secret: type, and the value of numbers. */
export function describeValue(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "number" || typeof value === "bigint") return `${typeof value} ${value}`;
  if (typeof value !== "object") return typeof value;
  return Array.isArray(value) ? "array" : "object";
}

/** Throws PROTO_FIELD_VALUE_INVALID. */
export function failField(field: string, expected: string, value: unknown): never {
  throw new ProtoFieldValueInvalid({ field, expected, found: describeValue(value) });
}

/** Throws PROTO_REQUIRED_FIELD_MISSING. */
export function failRequired(field: string): never {
  throw new ProtoRequiredFieldMissing({ field });
}

/** For int32, sint32, sfixed32 and enums. */
export function checkInt32(value: number, field: string): number {
  return typeof value === "number" && (value | 0) === value ? value : failField(field, SCALAR_WORDS.int32, value);
}

/** For uint32 and fixed32. */
export function checkUint32(value: number, field: string): number {
  return typeof value === "number" && value >>> 0 === value ? value : failField(field, SCALAR_WORDS.uint32, value);
}

/** For int64, sint64 and sfixed64. */
export function checkInt64(value: bigint, field: string): bigint {
  if (typeof value === "bigint" && value <= MAX_INT64 && value >= -MAX_INT64 - 1n) return value;
  return failField(field, SCALAR_WORDS.int64, value);
}

/** For uint64 and fixed64. */
export function checkUint64(value: bigint, field: string): bigint {
  if (typeof value === "bigint" && value >= 0n && value <= MAX_UINT64) return value;
  return failField(field, SCALAR_WORDS.uint64, value);
}

/** For float and double; NaN and the infinities are legal on the wire. */
export function checkNumber(value: number, field: string): number {
  return typeof value === "number" ? value : failField(field, SCALAR_WORDS.double, value);
}

export function checkBool(value: boolean, field: string): boolean {
  return typeof value === "boolean" ? value : failField(field, SCALAR_WORDS.bool, value);
}

export function checkString(value: string, field: string): string {
  return typeof value === "string" ? value : failField(field, SCALAR_WORDS.string, value);
}

export function checkBytes(value: Uint8Array, field: string): Uint8Array {
  return value instanceof Uint8Array ? value : failField(field, SCALAR_WORDS.bytes, value);
}

/** For sub-messages. */
export function checkMessage<T extends object>(value: T, field: string): T {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value
    : failField(field, "a message object", value);
}

/** For repeated fields. */
export function checkArray<T>(value: readonly T[], field: string): readonly T[] {
  return Array.isArray(value) ? value : failField(field, "an array", value);
}
