/**
 * Hop records on their way from a service to its agent: many requests in one packed batch, which rides in field 100 of a log event
 * without a body, so that a reader that does not know it passes over the event. All words are 32-bit little-endian.
 *
 *   | head, 6 words | records and their calls | dictionary: u16 length + UTF-8 each |
 *
 * Byte table: docs/protocols/log.md, "Hop batches". Each batch stands alone: losing one never spoils the next.
 */

/** What is read of a request. `IncomingRequest` of `@msec/rpc` has this shape. */
export interface HopFacts {
  readonly flowIdHigh: number;
  readonly flowIdLow: number;
  readonly spanIdHigh: number;
  readonly spanIdLow: number;
  readonly parentSpanIdHigh: number;
  readonly parentSpanIdLow: number;
  readonly service: string;
  readonly method: string;
  readonly caller: string;
  readonly protocol: string;
  readonly coloring: boolean;
  readonly attempt: number;
  /** Business priority, 0 to 127. Default 64. */
  readonly priority?: number | undefined;
  readonly clientAddress: string;
  readonly serverAddress: string;
  /** Monotonic. */
  readonly startedMs: number;
  readonly costMs: number;
  /** Monotonic: when its bytes arrived. Default `startedMs`. */
  readonly arrivedMs?: number | undefined;
  readonly err: number;
  readonly reason: string;
  readonly calls: readonly HopCallFacts[];
}

/** What is read of an attempt made inside a request. `OutgoingCall` of `@msec/rpc` has this shape. */
export interface HopCallFacts {
  readonly spanIdHigh: number;
  readonly spanIdLow: number;
  readonly target: string;
  readonly method: string;
  readonly address: string;
  readonly attempt: number;
  /** Monotonic. */
  readonly startedMs: number;
  readonly costMs: number;
  readonly err: number;
  readonly reason: string;
  /** Which instances were compared and why this one was taken, in words. Kept of coloured requests. */
  readonly choice?: string | undefined;
}

/** A record as it comes out of a batch. Times are microseconds, `startedAtUs` since the epoch. */
export interface HopRecord
  extends Omit<HopFacts, "startedMs" | "costMs" | "arrivedMs" | "calls" | "priority" | "protocol"> {
  readonly protocol: "srpc" | "http";
  readonly priority: number;
  readonly startedAtUs: number;
  readonly costUs: number;
  /** From arrival to start. */
  readonly queueUs: number;
  readonly calls: readonly HopCallRecord[];
}

export interface HopCallRecord extends Omit<HopCallFacts, "startedMs" | "costMs"> {
  readonly startedAtUs: number;
  readonly costUs: number;
}

/** `HOP1`. Another layout gets another word. */
export const HOP_MAGIC = 0x31504f48;
export const HOP_HEAD_WORDS = 6;
export const HOP_RECORD_WORDS = 12;
/** Of a request that failed or was not the first attempt. */
export const HOP_EXTRA_WORDS = 2;
export const HOP_CALL_WORDS = 8;

/** First word of a record: three flags, number of calls (6 bits), priority (7 bits), service (16 bits). */
export const HOP_FLAG_COLORED = 1;
export const HOP_FLAG_HTTP = 2;
export const HOP_FLAG_EXTRA = 4;
export const HOP_CALLS_SHIFT = 3;
export const HOP_PRIORITY_SHIFT = 9;
export const HOP_DEFAULT_PRIORITY = 64;

/** Attempts kept per record. */
export const MAX_HOP_CALLS = 32;

/** Length prefix, tag of field 100, its length as a varint of always four bytes. */
export const HOP_FRAME_PREFIX_BYTES = 10;
/** Tag of `FlumeEvent.hops`, field 100, length-delimited. */
export const TAG_HOPS = 802;

/** Records in a frame made by `HopBatchWriter`. */
export function hopFrameCount(frame: Uint8Array): number {
  const at = HOP_FRAME_PREFIX_BYTES + 4;
  return frame[at]! | (frame[at + 1]! << 8) | (frame[at + 2]! << 16);
}
