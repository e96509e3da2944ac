/**
 * Record of a spool segment:
 *
 *   0               4             8
 *   | length u32 LE | crc32 u32 LE | JSON of one log event, UTF-8 |
 *
 * The checksum is over the JSON. A torn or damaged record ends its segment: what follows it can't be found again.
 */
import { crc32 } from "node:zlib";

const SPOOL_HEAD_BYTES = 8;
/** Above this a length is damage, not a record. */
const SPOOL_RECORD_MAX_BYTES = 1 << 20;

export function encodeSpoolRecord(json: string): Buffer {
  const length = Buffer.byteLength(json);
  const record = Buffer.allocUnsafe(SPOOL_HEAD_BYTES + length);
  record.write(json, SPOOL_HEAD_BYTES);
  record.writeUInt32LE(length, 0);
  record.writeUInt32LE(crc32(record.subarray(SPOOL_HEAD_BYTES)), 4);
  return record;
}

export type SpoolRead =
  | { readonly kind: "record"; readonly json: string; readonly nextOffset: number }
  /** Less than a record is in the buffer. */
  | { readonly kind: "short" }
  | { readonly kind: "damaged" };

/** Reads the record at `offset` of `bytes`. */
export function readSpoolRecord(bytes: Buffer, offset: number): SpoolRead {
  if (bytes.length - offset < SPOOL_HEAD_BYTES) return { kind: "short" };
  const length = bytes.readUInt32LE(offset);
  if (length === 0 || length > SPOOL_RECORD_MAX_BYTES) return { kind: "damaged" };
  const nextOffset = offset + SPOOL_HEAD_BYTES + length;
  if (nextOffset > bytes.length) return { kind: "short" };
  const body = bytes.subarray(offset + SPOOL_HEAD_BYTES, nextOffset);
  if (crc32(body) !== bytes.readUInt32LE(offset + 4)) return { kind: "damaged" };
  return { kind: "record", json: body.toString("utf8"), nextOffset };
}

/** Whole records in `bytes`, without checking what is in them. */
export function countSpoolRecords(bytes: Buffer): number {
  let count = 0;
  for (let offset = 0; bytes.length - offset >= SPOOL_HEAD_BYTES; ) {
    const length = bytes.readUInt32LE(offset);
    offset += SPOOL_HEAD_BYTES + length;
    if (length === 0 || length > SPOOL_RECORD_MAX_BYTES || offset > bytes.length) break;
    count += 1;
  }
  return count;
}
