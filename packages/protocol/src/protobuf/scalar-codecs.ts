import {
  checkBool,
  checkBytes,
  checkInt32,
  checkInt64,
  checkNumber,
  checkString,
  checkUint32,
  checkUint64,
} from "./field-checks.js";
import type { ScalarType } from "./message-type.js";
import type { ProtoReader } from "./reader.js";
import type { ProtoWriter } from "./writer.js";

/** How one scalar type travels. */
export interface ScalarCodec {
  /** 0 varint, 1 64 bits, 2 length-delimited, 5 32 bits. */
  readonly wireType: number;
  /** Value of an absent proto3 field. */
  readonly zero: unknown;
  /** Checks and writes the value, without tag. */
  write(writer: ProtoWriter, value: unknown, field: string): void;
  read(reader: ProtoReader): unknown;
}

/** One row per type: wire type, zero, write, read. */
function codec<T>(
  wireType: number,
  zero: T,
  write: (writer: ProtoWriter, value: T, field: string) => void,
  read: (reader: ProtoReader) => T,
): ScalarCodec {
  return { wireType, zero, write: (writer, value, field) => write(writer, value as T, field), read };
}

export const SCALAR_CODECS: Readonly<Record<ScalarType, ScalarCodec>> = {
  double: codec<number>(
    1,
    0,
    (w, v, f) => void w.double(checkNumber(v, f)),
    (r) => r.double(),
  ),
  float: codec<number>(
    5,
    0,
    (w, v, f) => void w.float(checkNumber(v, f)),
    (r) => r.float(),
  ),
  int32: codec<number>(
    0,
    0,
    (w, v, f) => void w.int32(checkInt32(v, f)),
    (r) => r.int32(),
  ),
  int64: codec<bigint>(
    0,
    0n,
    (w, v, f) => void w.int64(checkInt64(v, f)),
    (r) => r.int64(),
  ),
  uint32: codec<number>(
    0,
    0,
    (w, v, f) => void w.uint32(checkUint32(v, f)),
    (r) => r.uint32(),
  ),
  uint64: codec<bigint>(
    0,
    0n,
    (w, v, f) => void w.uint64(checkUint64(v, f)),
    (r) => r.uint64(),
  ),
  sint32: codec<number>(
    0,
    0,
    (w, v, f) => void w.sint32(checkInt32(v, f)),
    (r) => r.sint32(),
  ),
  sint64: codec<bigint>(
    0,
    0n,
    (w, v, f) => void w.sint64(checkInt64(v, f)),
    (r) => r.sint64(),
  ),
  fixed32: codec<number>(
    5,
    0,
    (w, v, f) => void w.fixed32(checkUint32(v, f)),
    (r) => r.fixed32(),
  ),
  fixed64: codec<bigint>(
    1,
    0n,
    (w, v, f) => void w.fixed64(checkUint64(v, f)),
    (r) => r.fixed64(),
  ),
  sfixed32: codec<number>(
    5,
    0,
    (w, v, f) => void w.sfixed32(checkInt32(v, f)),
    (r) => r.sfixed32(),
  ),
  sfixed64: codec<bigint>(
    1,
    0n,
    (w, v, f) => void w.sfixed64(checkInt64(v, f)),
    (r) => r.sfixed64(),
  ),
  bool: codec<boolean>(
    0,
    false,
    (w, v, f) => void w.bool(checkBool(v, f)),
    (r) => r.bool(),
  ),
  string: codec<string>(
    2,
    "",
    (w, v, f) => void w.string(checkString(v, f)),
    (r) => r.string(),
  ),
  bytes: codec<Uint8Array>(
    2,
    new Uint8Array(0),
    (w, v, f) => void w.bytes(checkBytes(v, f)),
    (r) => r.bytes(),
  ),
};

/** True for the values a proto3 singular scalar doesn't write. Minus zero is written: its bits are not all zero. */
export function isZeroScalar(value: unknown): boolean {
  if (value === 0) return !Object.is(value, -0);
  return value === 0n || value === "" || value === false || (value instanceof Uint8Array && value.length === 0);
}
