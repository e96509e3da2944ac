import type { ScalarType } from "@msec/protocol";

/** How generated code treats one scalar type. */
export interface ScalarCode {
  readonly typeScript: "number" | "bigint" | "boolean" | "string" | "Uint8Array";
  readonly wireType: 0 | 1 | 2 | 5;
  /** Function of the protocol package that checks a value. */
  readonly check: string;
  /** Value of an absent proto3 field. */
  readonly zero: string;
}

const int32 = { typeScript: "number", check: "checkInt32", zero: "0" } as const;
const uint32 = { typeScript: "number", check: "checkUint32", zero: "0" } as const;
const int64 = { typeScript: "bigint", check: "checkInt64", zero: "0n" } as const;
const uint64 = { typeScript: "bigint", check: "checkUint64", zero: "0n" } as const;
const float = { typeScript: "number", check: "checkNumber", zero: "0" } as const;

export const SCALAR_CODE: Readonly<Record<ScalarType, ScalarCode>> = {
  double: { ...float, wireType: 1 },
  float: { ...float, wireType: 5 },
  int32: { ...int32, wireType: 0 },
  sint32: { ...int32, wireType: 0 },
  sfixed32: { ...int32, wireType: 5 },
  uint32: { ...uint32, wireType: 0 },
  fixed32: { ...uint32, wireType: 5 },
  int64: { ...int64, wireType: 0 },
  sint64: { ...int64, wireType: 0 },
  sfixed64: { ...int64, wireType: 1 },
  uint64: { ...uint64, wireType: 0 },
  fixed64: { ...uint64, wireType: 1 },
  bool: { typeScript: "boolean", wireType: 0, check: "checkBool", zero: "false" },
  string: { typeScript: "string", wireType: 2, check: "checkString", zero: '""' },
  bytes: { typeScript: "Uint8Array", wireType: 2, check: "checkBytes", zero: "new Uint8Array(0)" },
};
