/** Packs hop records. The layout is in hop-batch.ts; `benchmarks/src/micro-telemetry.ts` watches what a record costs. */
import type { Clock } from "@msec/core";
import {
  HOP_CALL_WORDS,
  HOP_CALLS_SHIFT,
  HOP_DEFAULT_PRIORITY,
  HOP_EXTRA_WORDS,
  HOP_FLAG_COLORED,
  HOP_FLAG_EXTRA,
  HOP_FLAG_HTTP,
  HOP_FRAME_PREFIX_BYTES,
  HOP_HEAD_WORDS,
  HOP_MAGIC,
  HOP_PRIORITY_SHIFT,
  HOP_RECORD_WORDS,
  type HopCallFacts,
  type HopFacts,
  MAX_HOP_CALLS,
  TAG_HOPS,
} from "./hop-batch.js";

/** Room for records; about 700 fit. */
const CAPACITY_WORDS = 8_192;
/** Room that any one record may need. */
const LARGEST_RECORD_WORDS = HOP_RECORD_WORDS + HOP_EXTRA_WORDS + MAX_HOP_CALLS * HOP_CALL_WORDS;
const FULL_AT_WORD = CAPACITY_WORDS - LARGEST_RECORD_WORDS;
/** Above it the batch is full … */
const FULL_AT_TEXT_BYTES = 12 << 10;
/** … and above this one a name is sent as empty: only one request with dozens of endless names gets here. */
const MAX_TEXT_BYTES = 24 << 10;
const MAX_TEXT_CHARS = 512;
/** So that the words behind the prefix stand at a multiple of 4. */
const PADDING_BYTES = 2;
const WORDS_AT = PADDING_BYTES + HOP_FRAME_PREFIX_BYTES;
const BUFFER_BYTES = WORDS_AT + CAPACITY_WORDS * 4 + MAX_TEXT_BYTES;
/** Buffers kept for reuse. */
const MAX_FREE = 8;
/** Smaller batches get memory of their own: while they wait for an agent they must not hold a whole buffer each. */
const MIN_LENT_BYTES = BUFFER_BYTES / 3;
const MAX_ATTEMPT = 0xffff;
const MAX_MICROS = 0xffff_ffff;

const textEncoder = new TextEncoder();

function micros(ms: number): number {
  return Math.min(MAX_MICROS, Math.max(0, ms * 1_000 + 0.5));
}

/** The text last seen at one place and its number. Most requests repeat it, as the very same object. */
class LastText {
  text = "";
  ref = 0;

  forget(): void {
    this.text = "";
    this.ref = 0;
  }
}

export class HopBatchWriter {
  /** Records in the batch that is being filled. */
  count = 0;
  readonly #clock: Clock;
  #buffer = new ArrayBuffer(BUFFER_BYTES);
  #words = new Uint32Array(this.#buffer, WORDS_AT, CAPACITY_WORDS);
  readonly #free: ArrayBuffer[] = [];
  #at = HOP_HEAD_WORDS;
  #baseMs = 0;
  readonly #refs = new Map<string, number>();
  readonly #texts: string[] = [];
  #textBytes = 0;
  readonly #service = new LastText();
  readonly #method = new LastText();
  readonly #caller = new LastText();
  readonly #client = new LastText();
  readonly #server = new LastText();

  /** @param clock its monotonic time is the one that `startedMs` of the records was read from */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when `append` must wait for `seal`. */
  get isFull(): boolean {
    return this.#at > FULL_AT_WORD || this.#textBytes > FULL_AT_TEXT_BYTES;
  }

  /** Adds a record; only while the batch is not full. Ids and texts beyond their size are cut, never refused. */
  append(hop: HopFacts): void {
    if (this.count === 0) this.#begin(hop.startedMs + hop.costMs);
    const words = this.#words;
    const at = this.#at;
    const { calls, startedMs, costMs, arrivedMs = startedMs, priority = HOP_DEFAULT_PRIORITY } = hop;
    const callCount = Math.min(calls.length, MAX_HOP_CALLS);
    const hasExtra = hop.err !== 0 || hop.attempt !== 0;
    words[at] =
      (hop.coloring ? HOP_FLAG_COLORED : 0) |
      (hop.protocol === "http" ? HOP_FLAG_HTTP : 0) |
      (hasExtra ? HOP_FLAG_EXTRA : 0) |
      (callCount << HOP_CALLS_SHIFT) |
      ((priority & 127) << HOP_PRIORITY_SHIFT) |
      (this.#refAt(this.#service, hop.service) << 16);
    words[at + 1] = hop.flowIdLow;
    words[at + 2] = hop.flowIdHigh;
    words[at + 3] = hop.spanIdLow;
    words[at + 4] = hop.spanIdHigh;
    words[at + 5] = hop.parentSpanIdLow;
    words[at + 6] = hop.parentSpanIdHigh;
    words[at + 7] = micros(startedMs + costMs - this.#baseMs);
    words[at + 8] = micros(costMs);
    words[at + 9] = this.#refAt(this.#method, hop.method) | (this.#refAt(this.#caller, hop.caller) << 16);
    words[at + 10] =
      this.#refAt(this.#client, hop.clientAddress) | (this.#refAt(this.#server, hop.serverAddress) << 16);
    words[at + 11] = micros(startedMs - arrivedMs);
    this.#at = at + HOP_RECORD_WORDS;
    if (hasExtra) this.#appendExtra(hop);
    for (let index = 0; index < callCount; index++) this.#appendCall(calls[index]!, hop);
    this.count++;
  }

  /** The batch as a framed log event; the next record begins a new one. Hand the frame back when it is used up: {@link recycle}. */
  seal(): Uint8Array {
    const words = this.#words;
    words[0] = HOP_MAGIC;
    words[1] = this.count;
    words[2] = this.#at - HOP_HEAD_WORDS;
    words[3] = this.#texts.length;
    const end = this.#putTexts(WORDS_AT + this.#at * 4);
    const frame = new Uint8Array(this.#buffer, PADDING_BYTES, end - PADDING_BYTES);
    putPrefix(frame, end - WORDS_AT);
    this.#reset();
    if (frame.length < MIN_LENT_BYTES) return frame.slice();
    this.#buffer = this.#free.pop() ?? new ArrayBuffer(BUFFER_BYTES);
    this.#words = new Uint32Array(this.#buffer, WORDS_AT, CAPACITY_WORDS);
    return frame;
  }

  /** Nobody reads the frame any more: its memory serves a later batch. */
  recycle(frame: Uint8Array): void {
    const { buffer } = frame;
    const isOurs = buffer instanceof ArrayBuffer && buffer.byteLength === BUFFER_BYTES;
    if (isOurs && this.#free.length < MAX_FREE) this.#free.push(buffer);
  }

  /** @returns where they end */
  #putTexts(start: number): number {
    const bytes = new Uint8Array(this.#buffer);
    let pos = start;
    for (const text of this.#texts) {
      const { written } = textEncoder.encodeInto(text, bytes.subarray(pos + 2));
      bytes[pos] = written;
      bytes[pos + 1] = written >>> 8;
      pos += 2 + written;
    }
    return pos;
  }

  /** Wall and monotonic time are compared once per batch, so a step of the clock spoils a fraction of a second at most. */
  #begin(endedMs: number): void {
    const offsetMs = this.#clock.nowMs() - this.#clock.monotonicMs();
    this.#baseMs = endedMs;
    const baseUs = Math.max(0, Math.round((endedMs + offsetMs) * 1_000));
    this.#words[4] = baseUs / 1_000_000;
    this.#words[5] = baseUs % 1_000_000;
  }

  #appendExtra(hop: HopFacts): void {
    const at = this.#at;
    this.#words[at] = hop.err;
    this.#words[at + 1] = this.#refOf(hop.reason) | (Math.min(hop.attempt, MAX_ATTEMPT) << 16);
    this.#at = at + HOP_EXTRA_WORDS;
  }

  #appendCall(call: HopCallFacts, { startedMs, coloring }: HopFacts): void {
    const words = this.#words;
    const at = this.#at;
    words[at] = call.spanIdLow;
    words[at + 1] = call.spanIdHigh;
    words[at + 2] = this.#refOf(call.target) | (this.#refOf(call.method) << 16);
    words[at + 3] = this.#refOf(call.address) | (this.#refOf(call.reason) << 16);
    words[at + 4] = micros(call.startedMs - startedMs);
    words[at + 5] = micros(call.costMs);
    words[at + 6] = call.err;
    words[at + 7] = Math.min(call.attempt, MAX_ATTEMPT);
    // names of later calls need room more
    if (coloring && this.#textBytes < FULL_AT_TEXT_BYTES) words[at + 7]! |= this.#refOf(call.choice ?? "") << 16;
    this.#at = at + HOP_CALL_WORDS;
  }

  #refAt(last: LastText, text: string): number {
    if (text !== last.text) {
      last.text = text;
      last.ref = this.#refOf(text);
    }
    return last.ref;
  }

  /** Number of a text in the dictionary of this batch; 0 is the empty one. */
  #refOf(text: string): number {
    if (text === "") return 0;
    const known = this.#refs.get(text);
    if (known !== undefined) return known;
    const cut = text.length <= MAX_TEXT_CHARS ? text : text.slice(0, MAX_TEXT_CHARS);
    const mostBytes = 2 + cut.length * 3;
    if (this.#textBytes + mostBytes > MAX_TEXT_BYTES) return 0;
    this.#textBytes += mostBytes;
    const ref = this.#texts.push(cut);
    this.#refs.set(text, ref);
    return ref;
  }

  #reset(): void {
    this.count = 0;
    this.#at = HOP_HEAD_WORDS;
    this.#refs.clear();
    this.#texts.length = 0;
    this.#textBytes = 0;
    for (const last of [this.#service, this.#method, this.#caller, this.#client, this.#server]) last.forget();
  }
}

function putPrefix(frame: Uint8Array, payloadBytes: number): void {
  const view = new DataView(frame.buffer, frame.byteOffset);
  view.setUint32(0, payloadBytes + 6, true);
  frame[4] = (TAG_HOPS & 127) | 128;
  frame[5] = TAG_HOPS >>> 7;
  frame[6] = (payloadBytes & 127) | 128;
  frame[7] = ((payloadBytes >>> 7) & 127) | 128;
  frame[8] = ((payloadBytes >>> 14) & 127) | 128;
  frame[9] = payloadBytes >>> 21;
}
