/**
 * Layout of the ring of metric records, kept byte for byte so that C++, Java, PHP and Python programs of existing installations
 * share it. All words are 32-bit little-endian. Byte table: docs/reference/shared-memory.md.
 *
 *   0         file size | 4 element size | 8 element count | 12 head | 16 tail | 20 reserved, 4 MiB of zeros
 *   4194324   elementCount + 1 slots of 16 + elementSize bytes: token, record length, seconds, microseconds, payload
 */

export const RING_HEADER_BYTES = 4_194_324;
export const RING_SLOT_HEAD_BYTES = 16;
/** Slots that always stay free. */
export const RING_RESERVED_SLOTS = 100;
export const RING_MAX_RECORD_BYTES = 65_536;
export const RING_WORD = { fileSize: 0, elementSize: 1, elementCount: 2, head: 3, tail: 4 } as const;
export const RING_SLOT_WORD = { token: 0, length: 1, seconds: 2, microseconds: 3 } as const;
export const TOKEN_NONE = 0;
export const TOKEN_START = 0xdb03;
/** Slot skipped at the wrap, as the signed word it is read as. */
export const TOKEN_SKIPPED = 0xdb030000 | 0;

const FILE_ROUNDING_BYTES = 4 << 20;

/** Geometry of a ring. */
export interface RingShape {
  /** Payload bytes of a slot; a multiple of 8. */
  readonly elementSizeBytes: number;
  readonly elementCount: number;
  readonly slotBytes: number;
  /** elementCount + 1. */
  readonly slotCount: number;
  readonly fileBytes: number;
}

export function ringShape(elementSizeBytes: number, elementCount: number): RingShape {
  const rounded = Math.ceil(elementSizeBytes / 8) * 8;
  const slotBytes = RING_SLOT_HEAD_BYTES + rounded;
  const slotCount = elementCount + 1;
  const used = RING_HEADER_BYTES + slotBytes * slotCount;
  const fileBytes = Math.ceil(used / FILE_ROUNDING_BYTES) * FILE_ROUNDING_BYTES;
  return { elementSizeBytes: rounded, elementCount, slotBytes, slotCount, fileBytes };
}

/** Slots that a record of so many bytes takes. */
export function ringSlotsFor(recordBytes: number, shape: RingShape): number {
  return Math.ceil((recordBytes + RING_SLOT_HEAD_BYTES) / shape.slotBytes);
}
