/**
 * Protobuf reader over `[pos, end)` of a buffer. Every read is checked against `end`; nothing is copied but strings and bytes.
 *
 * Generated code looks like this:
 *
 * ```ts
 * function readThing(r: ProtoReader): Thing {
 *   const message = { names: [] };
 *   while (r.pos < r.end) {
 *     const tag = r.tag();
 *     switch (tag) {
 *       case 10: message.name = r.string(); break;
 *       case 18: { const outer = r.beginMessage(); message.sub = readSub(r); r.endMessage(outer); break; }
 *       case 24: message.codes.push(r.int32()); break;            // repeated, unpacked
 *       case 26: { const outer = r.beginMessage(); while (r.pos < r.end) message.codes.push(r.int32()); r.endMessage(outer); break; } // packed
 *       default: r.skip(tag);                                      // unknown number or wrong wire type
 *     }
 *   }
 *   return message;
 * }
 * ```
 *
 * Every method throws PROTO_MESSAGE_MALFORMED when the bytes end early or break the format. Varints may be longer than needed, up
 * to 10 bytes; what exceeds the type is cut, as in every protobuf implementation. Strings must be UTF-8.
 */

import { ProtoMessageMalformed } from "../errors.js";
import { decodeLenientUtf8, decodeUtf8 } from "./utf8.js";
import { MAX_MESSAGE_DEPTH } from "./writer.js";

/** Nested groups (an old protobuf construct) are skipped down to this depth. */
const MAX_GROUP_DEPTH = 64;
/**
 * Most values of a message that are objects of their own: sub-messages, packed lists, texts, bytes, 64-bit integers. Each may be two bytes
 * here and a hundred in memory, so that a body of 16 MiB could become gigabytes and keep the process busy for seconds.
 */
export const MAX_MESSAGE_VALUES = 1 << 20;

export class ProtoReader {
  buffer: Uint8Array;
  /** Next byte to read. */
  pos: number;
  /** End of the message or part being read. */
  end: number;
  /** Halves of the last 64-bit value read by `varint64()` or `fixed64Halves()`, unsigned. */
  low = 0;
  high = 0;
  #depth = 0;
  #valuesLeft = MAX_MESSAGE_VALUES;
  #dataView: DataView | undefined;

  constructor(buffer: Uint8Array, start = 0, end: number = buffer.length) {
    this.buffer = buffer;
    this.pos = start;
    this.end = end;
  }

  /** Points the reader at other bytes, so that one reader serves many messages. */
  reset(buffer: Uint8Array, start = 0, end: number = buffer.length): this {
    this.buffer = buffer;
    this.pos = start;
    this.end = end;
    this.#depth = 0;
    this.#valuesLeft = MAX_MESSAGE_VALUES;
    this.#dataView = undefined;
    return this;
  }

  /** Next tag: field number × 8 + wire type. Field number 0 and the wire types 6 and 7 are refused. */
  tag(): number {
    const at = this.pos;
    const buffer = this.buffer;
    let tag: number;
    if (this.end - at < 2) tag = this.uint32();
    else if (buffer[at]! < 128) {
      tag = buffer[at]!;
      this.pos = at + 1;
    } else if (buffer[at + 1]! < 128) {
      tag = (buffer[at]! & 127) | (buffer[at + 1]! << 7);
      this.pos = at + 2;
    } else tag = this.uint32();
    if (tag < 8 || (tag & 7) > 5 || this.pos - at > 5) this.fail(at, `invalid tag ${tag}`);
    return tag;
  }

  /** Varint, low 32 bits, unsigned. */
  uint32(): number {
    const first = this.pos < this.end ? this.buffer[this.pos]! : 128;
    if (first < 128) {
      this.pos++;
      return first;
    }
    this.varint64();
    return this.low;
  }

  /** Varint, low 32 bits, signed (also enums). */
  int32(): number {
    return this.uint32() | 0;
  }

  /** Zigzag varint. */
  sint32(): number {
    const value = this.uint32();
    return (value >>> 1) ^ -(value & 1);
  }

  /** Varint into `high` and `low`; no BigInt. */
  varint64(): this {
    const buffer = this.buffer;
    const pos = this.pos;
    if (this.end - pos < 5) return this.#slowVarint64();
    // Unrolled for up to 35 bits: 32-bit ids and times are what heads and bodies are made of.
    let byte = buffer[pos]!;
    let low = byte & 127;
    if (byte < 128) return this.#set(pos + 1, low, 0);
    byte = buffer[pos + 1]!;
    low |= (byte & 127) << 7;
    if (byte < 128) return this.#set(pos + 2, low, 0);
    byte = buffer[pos + 2]!;
    low |= (byte & 127) << 14;
    if (byte < 128) return this.#set(pos + 3, low, 0);
    byte = buffer[pos + 3]!;
    low |= (byte & 127) << 21;
    if (byte < 128) return this.#set(pos + 4, low, 0);
    byte = buffer[pos + 4]!;
    low |= byte << 28;
    if (byte < 128) return this.#set(pos + 5, low, byte >>> 4);
    return this.#slowVarint64();
  }

  #set(pos: number, low: number, high: number): this {
    this.pos = pos;
    this.low = low >>> 0;
    this.high = high >>> 0;
    return this;
  }

  #slowVarint64(): this {
    const buffer = this.buffer;
    const end = this.end;
    let pos = this.pos;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (pos >= end) this.fail(pos, "it ends inside a varint");
      const byte = buffer[pos++]!;
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 128) return this.#set(pos, low, high);
    }
    this.fail(this.pos, "a varint is longer than 10 bytes");
  }

  uint64(): bigint {
    this.varint64();
    return this.#joined();
  }

  int64(): bigint {
    this.varint64();
    return BigInt.asIntN(64, this.#joined());
  }

  /** Zigzag varint. */
  sint64(): bigint {
    const value = this.uint64();
    return (value >> 1n) ^ -(value & 1n);
  }

  /** Little-endian 32 bits, unsigned. */
  fixed32(): number {
    const pos = this.advance(4);
    const buffer = this.buffer;
    return (buffer[pos]! | (buffer[pos + 1]! << 8) | (buffer[pos + 2]! << 16) | (buffer[pos + 3]! << 24)) >>> 0;
  }

  sfixed32(): number {
    return this.fixed32() | 0;
  }

  /** Little-endian 64 bits into `high` and `low`. */
  fixed64Halves(): void {
    if (this.end - this.pos < 8) this.fail(this.pos, "it ends inside a 64-bit value");
    this.low = this.fixed32();
    this.high = this.fixed32();
  }

  fixed64(): bigint {
    this.fixed64Halves();
    return this.#joined();
  }

  sfixed64(): bigint {
    return BigInt.asIntN(64, this.fixed64());
  }

  float(): number {
    return this.#view().getFloat32(this.advance(4), true);
  }

  double(): number {
    return this.#view().getFloat64(this.advance(8), true);
  }

  /** Any non-zero varint is true. */
  bool(): boolean {
    this.varint64();
    return (this.low | this.high) !== 0;
  }

  /** Strict UTF-8. @throws PROTO_MESSAGE_MALFORMED also for bytes that are not UTF-8 */
  string(): string {
    if (--this.#valuesLeft < 0) this.#failCrowded();
    const length = this.uint32();
    const start = this.advance(length);
    const text = decodeUtf8(this.buffer, start, start + length);
    if (text === undefined) this.fail(start, "a string is not UTF-8");
    return text;
  }

  /** For texts of a foreign charset: what is not UTF-8 becomes U+FFFD. */
  lenientString(): string {
    return this.lenientText(this.uint32());
  }

  /** `length` bytes as text; what is not UTF-8 becomes U+FFFD. */
  lenientText(length: number): string {
    const start = this.advance(length);
    return decodeUtf8(this.buffer, start, start + length) ?? decodeLenientUtf8(this.buffer, start, start + length);
  }

  /** A copy: what is read may lie in a buffer that the next read of any connection fills again. */
  bytes(): Uint8Array {
    if (--this.#valuesLeft < 0) this.#failCrowded();
    const length = this.uint32();
    const start = this.advance(length);
    // Not slice(): a Buffer would only give another view.
    return new Uint8Array(this.buffer.subarray(start, start + length));
  }

  /**
   * Enters a length-delimited part (sub-message, packed list): afterwards `end` is the part's end.
   *
   * @returns the outer end, to be handed to `endMessage()`
   */
  beginMessage(): number {
    if (--this.#valuesLeft < 0) this.#failCrowded();
    const length = this.uint32();
    if (length > this.end - this.pos) this.fail(this.pos, `a part of ${length} bytes passes the end`);
    if (++this.#depth > MAX_MESSAGE_DEPTH) this.fail(this.pos, `nested deeper than ${MAX_MESSAGE_DEPTH} levels`);
    const outer = this.end;
    this.end = this.pos + length;
    return outer;
  }

  /** Leaves the part entered last. */
  endMessage(outer: number): void {
    this.#depth--;
    this.pos = this.end;
    this.end = outer;
  }

  /** Skips the value that follows `tag`; groups are skipped as a whole. */
  skip(tag: number): void {
    this.#skip(tag, 0);
  }

  #skip(tag: number, depth: number): void {
    switch (tag & 7) {
      case 0:
        this.uint32();
        break;
      case 1:
        this.advance(8);
        break;
      case 2:
        this.advance(this.uint32());
        break;
      case 3:
        this.#skipGroup(tag, depth + 1);
        break;
      case 5:
        this.advance(4);
        break;
      default:
        this.fail(this.pos, "a group ends that did not begin");
    }
  }

  #skipGroup(tag: number, depth: number): void {
    if (depth > MAX_GROUP_DEPTH) this.fail(this.pos, `groups nested deeper than ${MAX_GROUP_DEPTH} levels`);
    const endTag = tag + 1;
    for (;;) {
      const inner = this.tag();
      if (inner === endTag) return;
      this.#skip(inner, depth);
    }
  }

  /** Throws PROTO_MESSAGE_MALFORMED. For code that finds a problem the reader can't know. */
  fail(offset: number, problem: string): never {
    throw new ProtoMessageMalformed({ offset, problem });
  }

  /** Moves past `count` bytes, checked, and gives the position before them. */
  advance(count: number): number {
    const start = this.pos;
    if (count > this.end - start) this.fail(start, `a value of ${count} bytes passes the end`);
    this.pos = start + count;
    return start;
  }

  #failCrowded(): never {
    this.fail(this.pos, `more than ${MAX_MESSAGE_VALUES} sub-messages, texts, bytes and 64-bit integers`);
  }

  #joined(): bigint {
    if (--this.#valuesLeft < 0) this.#failCrowded();
    return this.high === 0 ? BigInt(this.low) : (BigInt(this.high) << 32n) | BigInt(this.low);
  }

  #view(): DataView {
    if (!this.#dataView) {
      const { buffer, byteOffset, byteLength } = this.buffer;
      this.#dataView = new DataView(buffer, byteOffset, byteLength);
    }
    return this.#dataView;
  }
}
