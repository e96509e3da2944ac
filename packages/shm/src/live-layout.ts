/**
 * Layout of the live table: one file per service, mapped by every process of the machine. All words are signed 32-bit,
 * little-endian, 4-aligned. The byte table with the meaning of each word is docs/reference/shared-memory.md.
 *
 *   0                       header, 256 B
 *   256                     slots, capacity × 192 B: identity (64 B) and health (128 B) of one instance
 *   256 + capacity × 192    process rows, rows × 16 B: which threads have calls in flight
 *   … + rows × 16           calls in flight: rows ÷ 16 blocks of capacity × 16 words; 16 rows of one slot are one cache line
 */

export const LIVE_MAGIC = 0x31544c4d; // "MLT1"
export const LIVE_LAYOUT_VERSION = 2;
export const LIVE_HEADER_BYTES = 256;
export const LIVE_SLOT_BYTES = 192;
export const LIVE_MAX_CAPACITY = 65_536;
export const LIVE_PROCESS_ROW_BYTES = 16;
/** Rows of a new file; more are made when three quarters are taken. */
export const LIVE_FIRST_ROWS = 64;
export const LIVE_MAX_ROWS = 4_096;
/** Rows of one cache line; the number of rows is a multiple of it. */
export const ROWS_PER_BLOCK = 16;

/** Word numbers in the header. */
export const HEADER = {
  magic: 0,
  layoutVersion: 1,
  capacity: 2,
  slotBytes: 3,
  /** Seqlock: odd while the writer changes identities; grows by 2 with each change. */
  sequence: 4,
  writerPid: 5,
  writerStart: 6,
  /** 1 = a bigger file is at the path now; open it. */
  superseded: 7,
  count: 8,
  revisionHigh: 9,
  revisionLow: 10,
  policyId: 11,
  updatedAtHigh: 12,
  updatedAtLow: 13,
  processRows: 14,
  bootMark: 15,
  /** Slots from here on were never used. */
  usedSlots: 16,
  lastGeneration: 17,
  /** Rows from here on are free. */
  usedRows: 18,
  /** Hashes of the labels of this machine, 0 = none. */
  localZone: 19,
  localRack: 20,
  localSet: 21,
  /** One of {@link LOCALITY_ID}. */
  locality: 22,
  /** 1 = only instances of this machine's set. */
  partition: 23,
  /** On a cache line of its own: every call of the machine touches it. */
  retryTokensMilli: 32,
} as const;

/** Word numbers in the identity part of a slot. Written under the seqlock. */
export const IDENTITY = {
  /** 16 bytes in network order; IPv4 as `::ffff:a.b.c.d`. */
  ip: 0,
  port: 4,
  transport: 5,
  weight: 6,
  flags: 7,
  generation: 8,
  addedAt: 9,
  /** Hashes of the labels, 0 = none. */
  zone: 10,
  rack: 11,
  set: 12,
} as const;
export const IP_BYTES = 16;
export const FLAG_USED = 1;
export const IDENTITY_WORDS = 16;

/**
 * Health words of an instance, changed with atomics by all processes. Times are ticks (see boot-clock.ts), 0 = not set.
 * The balancer owns the meaning; `HEALTH_FIELD` there is the same table, held together by a test.
 */
export const LIVE_FIELD = {
  /** Read it as the sum over all rows; the word itself counts for processes that found no free row. */
  inFlight: 0,
  successMark: 1,
  failureMark: 2,
  consecutiveFailures: 3,
  latencyEwmaUs: 4,
  peakLatencyUs: 5,
  ejectedUntil: 6,
  ejectedAt: 7,
  ejectReason: 8,
  ejectStreak: 9,
  trialAt: 10,
  rampStart: 11,
  lastFailureAt: 12,
  lastPickAt: 13,
  windowAt: 14,
  lastReportAt: 15,
  cancelledTotal: 16,
  successTotal: 17,
  failureTotal: 18,
  /** When the agent last tried to connect, and how it went: 0 never tried, 1 accepted, 2 failed. */
  probeAt: 19,
  probeResult: 20,
  evidenceMilli: 21,
  evidenceMark: 22,
  accuser: 23,
  busyMilli: 24,
  busyAt: 25,
  busyTotal: 26,
} as const;
export type LiveField = (typeof LIVE_FIELD)[keyof typeof LIVE_FIELD];
export const HEALTH_WORDS = 32;

export const TRANSPORT_ID = { udp: 1, tcp: 2, all: 3 } as const;
export type LiveTransport = keyof typeof TRANSPORT_ID;
export const TRANSPORT_NAMES: readonly LiveTransport[] = ["all", "udp", "tcp", "all"];

/** Which instances are preferred: any, those of this machine's zone, or of its rack and then of its zone. */
export const LOCALITY_ID = { none: 0, zone: 1, rack: 2 } as const;
export type LiveLocality = keyof typeof LOCALITY_ID;
export const LOCALITY_NAMES: readonly LiveLocality[] = ["none", "zone", "rack"];

export const SLOTS_WORD = LIVE_HEADER_BYTES / 4;
export const SLOT_WORDS = LIVE_SLOT_BYTES / 4;
export const ROW_WORDS = LIVE_PROCESS_ROW_BYTES / 4;

/** What the positions in a file depend on. */
export interface LiveShape {
  /** Slots. */
  readonly capacity: number;
  /** Process rows. */
  readonly rows: number;
}

/** Word number of the first process row. */
export function rowsWord(capacity: number): number {
  return SLOTS_WORD + capacity * SLOT_WORDS;
}

/** Word number where the in-flight words start. */
export function inFlightWord({ capacity, rows }: LiveShape): number {
  return rowsWord(capacity) + rows * ROW_WORDS;
}

/** Word number of a row's count of calls in flight at slot 0; slot `n` is `n × ROWS_PER_BLOCK` words further. */
export function rowBaseWord(shape: LiveShape, row: number): number {
  const block = Math.floor(row / ROWS_PER_BLOCK) * shape.capacity * ROWS_PER_BLOCK;
  return inFlightWord(shape) + block + (row % ROWS_PER_BLOCK);
}

/** Size of the file. */
export function liveTableBytes(shape: LiveShape): number {
  return (inFlightWord(shape) + shape.rows * shape.capacity) * 4;
}

/** Word number of an identity field of a slot. */
export function identityWord(slot: number, field: number): number {
  return SLOTS_WORD + slot * SLOT_WORDS + field;
}

/** Word number of a health field of a slot. */
export function healthWord(slot: number, field: number): number {
  return SLOTS_WORD + slot * SLOT_WORDS + IDENTITY_WORDS + field;
}

/** Splits an integer up to 2^53 into two words. */
export function highWord(value: number): number {
  return Math.floor(value / 0x1_0000_0000) | 0;
}

export function joinWords(high: number, low: number): number {
  return high * 0x1_0000_0000 + (low >>> 0);
}

/** What the table holds of a zone, rack or set: FNV-1a of the text, 32 bits; 0 = no label. */
export function labelHash(text: string): number {
  if (text === "") return 0;
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash | 0 || 1;
}
