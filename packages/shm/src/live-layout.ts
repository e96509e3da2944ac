/**
 * Layout of the live table: one file per service, mapped by every process of the machine. All words are signed 32-bit,
 * little-endian, 4-aligned. The byte table with the meaning of each word is docs/reference/shared-memory.md.
 *
 *   0                       header, 256 B
 *   256                     process rows, 64 × 16 B: who has calls in flight
 *   1280                    slots, capacity × 128 B: identity (32 B) and health (96 B) of one instance
 *   1280 + capacity × 128   calls in flight, 64 rows × capacity words
 */

export const LIVE_MAGIC = 0x31544c4d; // "MLT1"
export const LIVE_LAYOUT_VERSION = 1;
export const LIVE_HEADER_BYTES = 256;
export const LIVE_PROCESS_ROWS = 64;
export const LIVE_PROCESS_ROW_BYTES = 16;
export const LIVE_SLOT_BYTES = 128;
export const LIVE_MAX_CAPACITY = 65_536;

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
  /** On a cache line of its own: every call of the machine touches it. */
  retryTokensMilli: 32,
} as const;

/** Word numbers in the identity part of a slot. Written under the seqlock. */
export const IDENTITY = { ipv4: 0, port: 1, transport: 2, weight: 3, flags: 4, generation: 5, addedAt: 6 } as const;
export const FLAG_USED = 1;
export const IDENTITY_WORDS = 8;

/**
 * Health words of an instance, changed with atomics by all processes. Times are ticks (see boot-clock.ts), 0 = not set.
 * The balancer owns the meaning; `HEALTH_FIELD` there is the same table, held together by a type test in the SDK.
 */
export const LIVE_FIELD = {
  inFlight: 0,
  successes: 1,
  failures: 2,
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
  pickedTotal: 16,
  successTotal: 17,
  failureTotal: 18,
} as const;
export type LiveField = (typeof LIVE_FIELD)[keyof typeof LIVE_FIELD];
export const HEALTH_WORDS = 24;

export const TRANSPORT_ID = { udp: 1, tcp: 2, all: 3 } as const;
export type LiveTransport = keyof typeof TRANSPORT_ID;
export const TRANSPORT_NAMES: readonly LiveTransport[] = ["all", "udp", "tcp", "all"];

export const SLOTS_WORD = (LIVE_HEADER_BYTES + LIVE_PROCESS_ROWS * LIVE_PROCESS_ROW_BYTES) / 4;
export const SLOT_WORDS = LIVE_SLOT_BYTES / 4;
export const ROWS_WORD = LIVE_HEADER_BYTES / 4;
export const ROW_WORDS = LIVE_PROCESS_ROW_BYTES / 4;

/** Word number where the in-flight words start. */
export function inFlightWord(capacity: number): number {
  return SLOTS_WORD + capacity * SLOT_WORDS;
}

/** Size of the file for so many instances. */
export function liveTableBytes(capacity: number): number {
  return (inFlightWord(capacity) + LIVE_PROCESS_ROWS * capacity) * 4;
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

export function ipv4ToWord(host: string): number {
  let word = 0;
  for (const part of host.split(".")) word = (word << 8) | Number(part);
  return word | 0;
}

export function wordToIpv4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}
