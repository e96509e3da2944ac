/** Takes a batch of hop records apart again. The layout is in hop-batch.ts. */
import { HopBatchInvalid } from "../errors.js";
import { decodeLenientUtf8 } from "../protobuf/utf8.js";
import {
  HOP_CALL_WORDS,
  HOP_CALLS_SHIFT,
  HOP_EXTRA_WORDS,
  HOP_FLAG_COLORED,
  HOP_FLAG_EXTRA,
  HOP_FLAG_HTTP,
  HOP_HEAD_WORDS,
  HOP_MAGIC,
  HOP_PRIORITY_SHIFT,
  HOP_RECORD_WORDS,
  type HopCallRecord,
  type HopRecord,
  MAX_HOP_CALLS,
} from "./hop-batch.js";

const HEAD_BYTES = HOP_HEAD_WORDS * 4;

/**
 * The records of one batch (`FlumeEvent.hops`), in the order in which the requests ended. Equal texts of a batch are the same string.
 *
 * @throws PROTO_HOP_BATCH_INVALID anything in it does not fit; then none of its records is given
 */
export function decodeHopBatch(bytes: Uint8Array): HopRecord[] {
  if (bytes.length < HEAD_BYTES)
    throw new HopBatchInvalid({ offset: bytes.length, problem: "it ends inside its head" });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== HOP_MAGIC)
    throw new HopBatchInvalid({ offset: 0, problem: "it does not start with HOP1" });
  const recordBytes = view.getUint32(8, true) * 4;
  if (recordBytes > bytes.length - HEAD_BYTES)
    throw new HopBatchInvalid({ offset: 8, problem: "its records end behind it" });
  const texts = readTexts(bytes, HEAD_BYTES + recordBytes, view.getUint32(12, true));
  return new RecordReader(view, HEAD_BYTES + recordBytes, texts).readAll();
}

/** Dictionary; number 0 is the empty text. */
function readTexts(bytes: Uint8Array, start: number, count: number): string[] {
  const texts = [""];
  let pos = start;
  for (let left = count; left > 0; left--) {
    const end = pos + 2 + (bytes[pos] ?? 0) + ((bytes[pos + 1] ?? 0) << 8);
    if (end > bytes.length) throw new HopBatchInvalid({ offset: pos, problem: "its dictionary ends behind it" });
    texts.push(decodeLenientUtf8(bytes, pos + 2, end));
    pos = end;
  }
  if (pos !== bytes.length) throw new HopBatchInvalid({ offset: pos, problem: "bytes follow its dictionary" });
  return texts;
}

class RecordReader {
  readonly #view: DataView;
  readonly #end: number;
  readonly #texts: readonly string[];
  readonly #baseUs: number;
  #at = HEAD_BYTES;

  constructor(view: DataView, end: number, texts: readonly string[]) {
    this.#view = view;
    this.#end = end;
    this.#texts = texts;
    this.#baseUs = view.getUint32(16, true) * 1_000_000 + view.getUint32(20, true);
  }

  readAll(): HopRecord[] {
    const count = this.#view.getUint32(4, true);
    if (count * HOP_RECORD_WORDS * 4 > this.#end - HEAD_BYTES) this.#fail("it announces more records than it holds");
    const records: HopRecord[] = [];
    for (let left = count; left > 0; left--) records.push(this.#record());
    if (this.#at !== this.#end) this.#fail("words follow its last record");
    return records;
  }

  #record(): HopRecord {
    const at = this.#take(HOP_RECORD_WORDS);
    const first = this.#word(at);
    const callCount = (first >>> HOP_CALLS_SHIFT) & 63;
    if (callCount > MAX_HOP_CALLS) this.#fail(`a record with ${callCount} calls`);
    const names = this.#word(at + 36);
    const addresses = this.#word(at + 40);
    const costUs = this.#word(at + 32);
    const startedAtUs = this.#baseUs + this.#word(at + 28) - costUs;
    const extraAt = (first & HOP_FLAG_EXTRA) === 0 ? -1 : this.#take(HOP_EXTRA_WORDS);
    const more = extraAt < 0 ? 0 : this.#word(extraAt + 4);
    return {
      flowIdHigh: this.#word(at + 8),
      flowIdLow: this.#word(at + 4),
      spanIdHigh: this.#word(at + 16),
      spanIdLow: this.#word(at + 12),
      parentSpanIdHigh: this.#word(at + 24),
      parentSpanIdLow: this.#word(at + 20),
      service: this.#text(first >>> 16),
      method: this.#text(names & 0xffff),
      caller: this.#text(names >>> 16),
      protocol: (first & HOP_FLAG_HTTP) === 0 ? "srpc" : "http",
      coloring: (first & HOP_FLAG_COLORED) !== 0,
      attempt: more >>> 16,
      priority: (first >>> HOP_PRIORITY_SHIFT) & 127,
      clientAddress: this.#text(addresses & 0xffff),
      serverAddress: this.#text(addresses >>> 16),
      startedAtUs,
      costUs,
      queueUs: this.#word(at + 44),
      err: extraAt < 0 ? 0 : this.#word(extraAt) | 0,
      reason: this.#text(more & 0xffff),
      calls: callCount === 0 ? [] : this.#calls(callCount, startedAtUs),
    };
  }

  #calls(count: number, requestAtUs: number): HopCallRecord[] {
    const calls: HopCallRecord[] = [];
    for (let left = count; left > 0; left--) {
      const at = this.#take(HOP_CALL_WORDS);
      const names = this.#word(at + 8);
      const place = this.#word(at + 12);
      const last = this.#word(at + 28);
      calls.push({
        spanIdHigh: this.#word(at + 4),
        spanIdLow: this.#word(at),
        target: this.#text(names & 0xffff),
        method: this.#text(names >>> 16),
        address: this.#text(place & 0xffff),
        reason: this.#text(place >>> 16),
        startedAtUs: requestAtUs + this.#word(at + 16),
        costUs: this.#word(at + 20),
        err: this.#word(at + 24) | 0,
        attempt: last & 0xffff,
        ...(last >>> 16 !== 0 && { choice: this.#text(last >>> 16) }),
      });
    }
    return calls;
  }

  #word(at: number): number {
    return this.#view.getUint32(at, true);
  }

  /** Offset of the next `words` words. */
  #take(words: number): number {
    const at = this.#at;
    if (at + words * 4 > this.#end) this.#fail("a record ends behind the records");
    this.#at = at + words * 4;
    return at;
  }

  #text(ref: number): string {
    return this.#texts[ref] ?? this.#fail(`text ${ref} is not in its dictionary`);
  }

  #fail(problem: string): never {
    throw new HopBatchInvalid({ offset: this.#at, problem });
  }
}
