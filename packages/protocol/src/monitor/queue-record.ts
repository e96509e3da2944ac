/**
 * Record of the metric ring, as the original's clients write it.
 *
 *   0      1   2   3           7          7+s         7+s+a
 *   | type | s | a | value u32 | service  | attribute |
 *
 * type 1 = add, 2 = set; s and a are the lengths of the names in bytes; the value is little-endian; names are UTF-8 without NUL.
 */

import { MonitorNameInvalid, MonitorRecordMalformed } from "../errors.js";
import { decodeLenientUtf8 } from "../protobuf/utf8.js";

const HEAD_BYTES = 7;
const TYPE_ADD = 1;
const TYPE_SET = 2;
/** The original's client takes 128 bytes but its server drops such names, so 127 is the limit that works. */
export const MONITOR_MAX_NAME_BYTES = 127;
/** Longest record a client of the original can write. */
export const QUEUE_RECORD_MAX_BYTES = HEAD_BYTES + 128 + 128;

export interface QueueRecord {
  /** `add` sums up within a minute, `set` keeps the first value of a minute. */
  readonly kind: "add" | "set";
  readonly service: string;
  readonly attribute: string;
  /** Unsigned 32 bits. */
  readonly value: number;
}

const utf8 = new TextEncoder();

/** UTF-8 bytes of a service or attribute name. @throws PROTO_MONITOR_NAME_INVALID */
export function encodeMonitorName(name: string, field: string): Uint8Array {
  const bytes = utf8.encode(name);
  if (bytes.length === 0) throw new MonitorNameInvalid({ field, rule: "it is empty" });
  if (bytes.length > MONITOR_MAX_NAME_BYTES) {
    throw new MonitorNameInvalid({
      field,
      rule: `it has ${bytes.length} bytes, at most ${MONITOR_MAX_NAME_BYTES} are allowed`,
    });
  }
  if (bytes.some((byte) => byte < 0x20 || byte === 0x7f)) {
    throw new MonitorNameInvalid({ field, rule: "it contains a control character" });
  }
  return bytes;
}

/**
 * A record in an array of its own. To report the same attribute again, keep the array and call {@link setQueueRecordValue}.
 *
 * @throws PROTO_MONITOR_NAME_INVALID
 */
export function encodeQueueRecord(record: QueueRecord): Uint8Array {
  const service = encodeMonitorName(record.service, "service");
  const attribute = encodeMonitorName(record.attribute, "attribute");
  const bytes = new Uint8Array(HEAD_BYTES + service.length + attribute.length);
  bytes[0] = record.kind === "add" ? TYPE_ADD : TYPE_SET;
  bytes[1] = service.length;
  bytes[2] = attribute.length;
  setQueueRecordValue(bytes, record.value);
  bytes.set(service, HEAD_BYTES);
  bytes.set(attribute, HEAD_BYTES + service.length);
  return bytes;
}

/** Overwrites the value (low 32 bits) of an encoded record. */
export function setQueueRecordValue(record: Uint8Array, value: number): void {
  record[3] = value;
  record[4] = value >>> 8;
  record[5] = value >>> 16;
  record[6] = value >>> 24;
}

/** Reads the record that fills `bytes[start, end)`. @throws PROTO_MONITOR_RECORD_MALFORMED */
export function decodeQueueRecord(bytes: Uint8Array, start = 0, end: number = bytes.length): QueueRecord {
  if (end - start < HEAD_BYTES) throw new MonitorRecordMalformed({ problem: `it has only ${end - start} bytes` });
  const type = bytes[start]!;
  if (type !== TYPE_ADD && type !== TYPE_SET) throw new MonitorRecordMalformed({ problem: `its type is ${type}` });
  const serviceStart = start + HEAD_BYTES;
  const attributeStart = serviceStart + bytes[start + 1]!;
  const recordEnd = attributeStart + bytes[start + 2]!;
  if (recordEnd !== end) {
    throw new MonitorRecordMalformed({ problem: `its names need ${recordEnd - start} bytes, it has ${end - start}` });
  }
  const value = bytes[start + 3]! | (bytes[start + 4]! << 8) | (bytes[start + 5]! << 16) | (bytes[start + 6]! << 24);
  return {
    kind: type === TYPE_ADD ? "add" : "set",
    service: decodeLenientUtf8(bytes, serviceStart, attributeStart),
    attribute: decodeLenientUtf8(bytes, attributeStart, recordEnd),
    value: value >>> 0,
  };
}
