/**
 * Protobuf writer over one growable buffer that is reused from message to message.
 *
 * Generated code looks like this (`10` is the tag: field number × 8 + wire type):
 *
 * ```ts
 * w.uint32(10).string(message.name);          // field 1, length-delimited
 * w.uint32(16).int32(message.age);            // field 2, varint
 * const mark = w.uint32(26).beginMessage();   // field 3, sub-message or packed list
 * encodeSub(message.sub, w);
 * w.endMessage(mark);
 * ```
 *
 * Every method appends and gives the writer back. Values are not checked here: 32-bit methods keep the low 32 bits, 64-bit
 * methods the low 64; checks that name the field are in `field-checks.ts`. Hand-written since head and body encoding are the
 * hottest code of a call (protobufjs is ten times slower here). Pure: needs nothing but a TextEncoder.
 */

import { ProtoFieldValueInvalid } from "../errors.js";
import { writeUtf8 } from "./utf8.js";
import { wordView } from "./word-view.js";

const INITIAL_BYTES = 512;
/** Longer strings go to the native encoder, shorter ones are cheaper in the loop. */
const NATIVE_STRING_LENGTH = 40;
/** Messages nested deeper than this are refused by writer and reader alike: a cycle of objects must not end in a stack overflow. */
export const MAX_MESSAGE_DEPTH = 100;

/** Writes a 64-bit varint without any check of room; gives the position after it. */
export function putVarint64(buffer: Uint8Array, at: number, high: number, low: number): number {
  let pos = at;
  let hi = high >>> 0;
  let lo = low >>> 0;
  while (hi !== 0) {
    buffer[pos++] = (lo & 127) | 128;
    lo = ((lo >>> 7) | (hi << 25)) >>> 0;
    hi >>>= 7;
  }
  while (lo > 127) {
    buffer[pos++] = (lo & 127) | 128;
    lo >>>= 7;
  }
  buffer[pos++] = lo;
  return pos;
}

/** Bytes of a length as varint. */
function varintBytes(size: number): number {
  if (size < 0x80) return 1;
  if (size < 0x4000) return 2;
  if (size < 0x20_0000) return 3;
  return size < 0x1000_0000 ? 4 : 5;
}

export class ProtoWriter {
  /** The backing buffer. Replaced when it grows; only `[0, length)` is meaningful. */
  buffer: Uint8Array;
  /** Bytes written since the last `reset()`. */
  length = 0;
  #dataView: DataView;
  /** The last one: answers of one method are often of one size, and a view costs as much as an encoding. */
  #view: Uint8Array;
  #depth = 0;

  /** @param initialBytes size of the first buffer; it doubles when full */
  constructor(initialBytes: number = INITIAL_BYTES) {
    this.buffer = new Uint8Array(initialBytes);
    this.#dataView = new DataView(this.buffer.buffer);
    this.#view = this.buffer;
  }

  /** Size of the backing buffer. */
  get capacityBytes(): number {
    return this.buffer.length;
  }

  /** Forgets everything written; the buffer stays. */
  reset(): this {
    this.length = 0;
    this.#depth = 0;
    return this;
  }

  /** Like `reset()`, and gives a buffer that grew above `maxBytes` back to the collector: one huge message must not stay for ever. */
  shrink(maxBytes: number): this {
    if (this.buffer.length > maxBytes) {
      this.buffer = new Uint8Array(Math.min(INITIAL_BYTES, maxBytes));
      this.#dataView = new DataView(this.buffer.buffer);
      this.#view = this.buffer;
    }
    return this.reset();
  }

  /** Drops what was written after `length`: undoes a half-written message after an error. */
  truncate(length: number): this {
    this.length = length;
    this.#depth = 0;
    return this;
  }

  /** What was written, without a copy: valid until the next write, reset or growth. */
  view(): Uint8Array {
    if (this.#view.length !== this.length) this.#view = this.buffer.subarray(0, this.length);
    return this.#view;
  }

  /** A copy of what was written. The writer is not reset. */
  finish(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  /** Makes room for `count` more bytes, so that the next writes don't grow the buffer one by one. */
  ensure(count: number): this {
    if (this.length + count > this.buffer.length) this.#grow(count);
    return this;
  }

  /** Leaves `count` bytes open (with arbitrary content) to be filled by `patch…`; gives their offset. */
  reserve(count: number): number {
    const at = this.length;
    if (at + count > this.buffer.length) this.#grow(count);
    this.length = at + count;
    return at;
  }

  /** Writes a big-endian 32-bit integer over bytes that were reserved. */
  patchUint32BigEndian(offset: number, value: number): this {
    const buffer = this.buffer;
    buffer[offset] = value >>> 24;
    buffer[offset + 1] = value >>> 16;
    buffer[offset + 2] = value >>> 8;
    buffer[offset + 3] = value;
    return this;
  }

  /** Writes a little-endian 32-bit integer over bytes that were reserved. */
  patchUint32LittleEndian(offset: number, value: number): this {
    const buffer = this.buffer;
    buffer[offset] = value;
    buffer[offset + 1] = value >>> 8;
    buffer[offset + 2] = value >>> 16;
    buffer[offset + 3] = value >>> 24;
    return this;
  }

  /** Tag from its parts. Generated code writes the product with `uint32()` instead. */
  tag(fieldNumber: number, wireType: number): this {
    return this.uint32(((fieldNumber << 3) | wireType) >>> 0);
  }

  byte(value: number): this {
    if (this.length === this.buffer.length) this.#grow(1);
    this.buffer[this.length++] = value;
    return this;
  }

  /** Unsigned 32-bit varint (also used for tags and lengths). */
  uint32(value: number): this {
    if (this.length + 5 > this.buffer.length) this.#grow(5);
    const buffer = this.buffer;
    let pos = this.length;
    let rest = value >>> 0;
    while (rest > 127) {
      buffer[pos++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    buffer[pos++] = rest;
    this.length = pos;
    return this;
  }

  /** Signed 32-bit varint (also enums); a negative value takes 10 bytes, as protobuf demands. */
  int32(value: number): this {
    return value >= 0 ? this.uint32(value) : this.varint64(-1, value);
  }

  /** Zigzag 32-bit varint. */
  sint32(value: number): this {
    return this.uint32((value << 1) ^ (value >> 31));
  }

  /** 64-bit varint from two 32-bit halves, signed or not. */
  varint64(high: number, low: number): this {
    if (this.length + 10 > this.buffer.length) this.#grow(10);
    this.length = putVarint64(this.buffer, this.length, high, low);
    return this;
  }

  uint64(value: bigint): this {
    return this.varint64(Number(BigInt.asUintN(32, value >> 32n)), Number(BigInt.asUintN(32, value)));
  }

  int64(value: bigint): this {
    return this.uint64(value);
  }

  /** Zigzag 64-bit varint. */
  sint64(value: bigint): this {
    return this.uint64((value << 1n) ^ (value >> 63n));
  }

  /** Little-endian 32 bits, signed or not. */
  fixed32(value: number): this {
    return this.patchUint32LittleEndian(this.reserve(4), value);
  }

  sfixed32(value: number): this {
    return this.fixed32(value);
  }

  /** Little-endian 64 bits from two halves. */
  fixed64Halves(high: number, low: number): this {
    return this.fixed32(low).fixed32(high);
  }

  fixed64(value: bigint): this {
    return this.fixed64Halves(Number(BigInt.asUintN(32, value >> 32n)), Number(BigInt.asUintN(32, value)));
  }

  sfixed64(value: bigint): this {
    return this.fixed64(value);
  }

  float(value: number): this {
    const at = this.reserve(4);
    this.#dataView.setFloat32(at, value, true);
    return this;
  }

  double(value: number): this {
    const at = this.reserve(8);
    this.#dataView.setFloat64(at, value, true);
    return this;
  }

  bool(value: boolean): this {
    return this.byte(value ? 1 : 0);
  }

  /** Length and UTF-8 bytes. A lone surrogate becomes U+FFFD, as in every JavaScript encoder. */
  string(value: string): this {
    const chars = value.length;
    if (chars > NATIVE_STRING_LENGTH) return this.#longString(value);
    const start = this.length;
    if (start + 1 + chars > this.buffer.length) this.#grow(1 + chars);
    const buffer = this.buffer;
    buffer[start] = chars;
    let pos = start + 1;
    for (let i = 0; i < chars; i++) {
      const code = value.charCodeAt(i);
      if (code > 127) return this.#longString(value);
      buffer[pos++] = code;
    }
    this.length = pos;
    return this;
  }

  #longString(value: string): this {
    const prefixBytes = varintBytes(value.length);
    const mark = this.reserve(prefixBytes);
    this.text(value);
    return this.#close(mark, prefixBytes);
  }

  /** UTF-8 bytes without a length. */
  text(value: string): this {
    const most = value.length * 3;
    if (this.length + most > this.buffer.length) this.#grow(most);
    this.length += writeUtf8(value, this.buffer, this.length);
    return this;
  }

  /** Length and content. */
  bytes(value: Uint8Array): this {
    return this.uint32(value.length).raw(value);
  }

  /** Content without a length. */
  raw(value: Uint8Array): this {
    const at = this.reserve(value.length);
    this.buffer.set(value, at);
    return this;
  }

  /** The part `[start, end)` of `source` without a length. Cheaper than `raw()` of a `subarray()`. */
  rawPart(source: Uint8Array, start: number, end: number): this {
    let to = this.reserve(end - start);
    let from = start;
    const view = wordView(source);
    const own = this.#dataView;
    for (; from + 4 <= end; from += 4, to += 4) own.setInt32(to, view.getInt32(from));
    for (; from < end; from++, to++) this.buffer[to] = source[from]!;
    return this;
  }

  /** All that `source` shows, without a length: for short parts that are kept, a third of what `raw()` costs. */
  rawView(source: DataView): this {
    const size = source.byteLength;
    const start = this.reserve(size);
    const own = this.#dataView;
    let at = 0;
    for (; at + 4 <= size; at += 4) own.setInt32(start + at, source.getInt32(at));
    for (; at < size; at++) own.setUint8(start + at, source.getUint8(at));
    return this;
  }

  /**
   * Opens a length-delimited part: what is written until `endMessage(mark)` gets its length in front. Parts nest.
   *
   * @throws PROTO_FIELD_VALUE_INVALID more than {@link MAX_MESSAGE_DEPTH} parts are open
   */
  beginMessage(): number {
    if (++this.#depth > MAX_MESSAGE_DEPTH) {
      this.#depth = 0;
      throw new ProtoFieldValueInvalid({
        field: "(nested message)",
        expected: `a message nested at most ${MAX_MESSAGE_DEPTH} levels deep`,
        found: "a deeper one, or one that contains itself",
      });
    }
    return this.reserve(1);
  }

  /** Closes the part opened at `mark`. Parts under 128 bytes cost nothing; longer ones are moved by one to four bytes. */
  endMessage(mark: number): this {
    this.#depth--;
    return this.#close(mark, 1);
  }

  /** Writes the length of what follows the `reserved` bytes at `mark`; moves it when the length needs more bytes. */
  #close(mark: number, reserved: number): this {
    const start = mark + reserved;
    const size = this.length - start;
    const needed = varintBytes(size);
    if (needed > reserved) {
      this.reserve(needed - reserved);
      this.buffer.copyWithin(mark + needed, start, start + size);
    }
    putVarint64(this.buffer, mark, 0, size);
    return this;
  }

  #grow(count: number): void {
    let size = Math.max(this.buffer.length * 2, 64);
    while (size < this.length + count) size *= 2;
    const grown = new Uint8Array(size);
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
    this.#dataView = new DataView(grown.buffer);
    this.#view = grown;
  }
}
