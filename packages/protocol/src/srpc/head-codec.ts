/**
 * CRpcHead by hand: no BigInt, no allocation but for texts that differ from the last ones.
 *
 * The texts of a head are `bytes` on the wire and old peers put any charset into them, so what is not UTF-8 is replaced by U+FFFD
 * instead of losing the frame. A caller ending in NUL (a PHP habit) loses it.
 */

import { failRequired } from "../protobuf/field-checks.js";
import { ProtoReader } from "../protobuf/reader.js";
import { TextCache, TextFieldCache } from "../protobuf/text-cache.js";
import { type ProtoWriter, putVarint64 } from "../protobuf/writer.js";
import type { RpcHead } from "./head.js";

/** Room for all numbers of a head with their tags. */
const NUMBERS_BYTES = 128;
const REQUIRED_SEQUENCE = 1;
const REQUIRED_METHOD_NAME = 2;
/** Tag of field 100, the first that is ours. */
const FIRST_OWN_TAG = 0x320;

/** One reader for all heads: decoding is synchronous and never re-entered. */
const reader = new ProtoReader(new Uint8Array(0));
const methodNames = new TextCache();
const callers = new TextCache();
const methodNameFields = new TextFieldCache(0x19a);
const callerFields = new TextFieldCache(0x192);

/** Appends the head. Zero and empty fields are left out, but for `sequence`, `coloring` and `method_name`, which the original always writes. */
export function encodeHead(head: RpcHead, writer: ProtoWriter): void {
  writer.ensure(NUMBERS_BYTES);
  const buffer = writer.buffer;
  let pos = writer.length;
  buffer[pos] = 0x50;
  pos = putVarint64(buffer, pos + 1, head.sequenceHigh, head.sequenceLow);
  buffer[pos] = 0xa0;
  buffer[pos + 1] = 0x01;
  pos = putVarint64(buffer, pos + 2, 0, head.coloring);
  if (head.colorIdLow !== 0 || head.colorIdHigh !== 0) {
    buffer[pos] = 0xa8;
    buffer[pos + 1] = 0x01;
    pos = putVarint64(buffer, pos + 2, head.colorIdHigh, head.colorIdLow);
  }
  if (head.flowIdLow !== 0 || head.flowIdHigh !== 0) {
    buffer[pos] = 0xf0;
    buffer[pos + 1] = 0x01;
    pos = putVarint64(buffer, pos + 2, head.flowIdHigh, head.flowIdLow);
  }
  writer.length = pos;
  if (head.err !== 0 || head.result !== 0 || head.errMsg !== "") encodeOutcome(head, writer);
  if (head.caller !== "") callerFields.write(writer, head.caller);
  methodNameFields.write(writer, head.methodName);
  encodeOwnFields(head, writer);
}

function encodeOutcome(head: RpcHead, writer: ProtoWriter): void {
  if (head.err !== 0) writer.uint32(0x140).int32(head.err);
  if (head.result !== 0) writer.uint32(0x148).int32(head.result);
  if (head.errMsg !== "") writer.uint32(0x152).string(head.errMsg);
}

/** Fields 100 and up: old peers skip them. */
function encodeOwnFields(head: RpcHead, writer: ProtoWriter): void {
  if (head.timeoutMs !== 0) writer.uint32(0x320).uint32(head.timeoutMs);
  if (head.attempt !== 0) writer.uint32(0x328).uint32(head.attempt);
  if (head.spanIdLow !== 0 || head.spanIdHigh !== 0) {
    writer.uint32(0x331).fixed64Halves(head.spanIdHigh, head.spanIdLow);
  }
  if (head.parentSpanIdLow !== 0 || head.parentSpanIdHigh !== 0) {
    writer.uint32(0x339).fixed64Halves(head.parentSpanIdHigh, head.parentSpanIdLow);
  }
  if (head.reason !== "") writer.uint32(0x342).string(head.reason);
  if (head.priority !== 0) writer.uint32(0x348).uint32(head.priority);
  if (head.userHash !== 0) writer.uint32(0x350).uint32(head.userHash);
  if (head.capabilities !== 0) writer.uint32(0x358).uint32(head.capabilities);
  if (head.cancel !== 0) writer.uint32(0x360).uint32(head.cancel);
}

/** Puts every field at its default. */
export function resetHead(head: RpcHead): void {
  head.sequenceHigh = 0;
  head.sequenceLow = 0;
  head.coloring = 0;
  head.colorIdHigh = 0;
  head.colorIdLow = 0;
  head.flowIdHigh = 0;
  head.flowIdLow = 0;
  head.err = 0;
  head.result = 0;
  head.errMsg = "";
  head.caller = "";
  head.methodName = "";
  head.timeoutMs = 0;
  head.attempt = 0;
  head.spanIdHigh = 0;
  head.spanIdLow = 0;
  head.parentSpanIdHigh = 0;
  head.parentSpanIdLow = 0;
  head.reason = "";
  head.priority = 0;
  head.userHash = 0;
  head.capabilities = 0;
  head.cancel = 0;
}

/** Where the tag or value read last ended, and its halves: signed, since numbers above 2^31 would be allocated. */
let partEnd = 0;
let partHigh = 0;
let partLow = 0;
/** Required fields met so far. */
let seen = 0;

/**
 * Reads the head in `bytes[start, end)` into `into`, which is reset first. Unknown fields and known numbers of another wire type are
 * skipped; of a repeated number the last one counts.
 *
 * @returns where the part ends that a good answer may repeat byte by byte (sequence, colour, flow id, caller, method); 0 when there is
 *   no such part, since other fields are mixed into it
 * @throws PROTO_MESSAGE_MALFORMED not a protobuf message
 * @throws PROTO_REQUIRED_FIELD_MISSING `sequence` or `method_name` is absent (Java peers answer with an empty method name: legal)
 */
export function decodeHead(bytes: Uint8Array, start: number, end: number, into: RpcHead): number {
  resetHead(into);
  reader.reset(bytes, start, end);
  seen = 0;
  let echoEnd = end;
  for (let pos = start; pos < end; pos = partEnd) {
    const tag = readTag(bytes, pos);
    if (tag < FIRST_OWN_TAG) {
      if (!decodeOriginalField(tag, bytes, into) || echoEnd !== end) echoEnd = 0;
    } else {
      if (echoEnd === end) echoEnd = pos;
      decodeOwnField(tag, bytes, into);
    }
    if (partEnd > end) reader.fail(pos, "a field passes the end of the head");
  }
  if (seen !== (REQUIRED_SEQUENCE | REQUIRED_METHOD_NAME)) {
    failRequired((seen & REQUIRED_SEQUENCE) === 0 ? "srpc.CRpcHead.sequence" : "srpc.CRpcHead.method_name");
  }
  return echoEnd;
}

/**
 * Reads of an answer's head what a caller needs: the sequence, and all of it when there is more than what requests have as well. Those
 * fields are repeated from the request, so they are passed over (colour, flow id, caller, method).
 *
 * @throws as {@link decodeHead}
 */
export function decodeAnswerHead(bytes: Uint8Array, start: number, end: number, into: RpcHead): void {
  resetHead(into);
  reader.reset(bytes, start, end);
  seen = 0;
  let pos = start;
  while (pos < end) {
    const tag = readTag(bytes, pos);
    if (tag === 0x50) {
      readVarint(bytes, partEnd);
      into.sequenceHigh = partHigh >>> 0;
      into.sequenceLow = partLow >>> 0;
      seen |= REQUIRED_SEQUENCE;
    } else if (!passRepeatedField(tag, bytes)) break;
    pos = partEnd;
  }
  if (pos !== end || seen !== (REQUIRED_SEQUENCE | REQUIRED_METHOD_NAME)) decodeHead(bytes, start, end, into);
}

/** Past the value of a field that an answer repeats; false for any other field. */
function passRepeatedField(tag: number, bytes: Uint8Array): boolean {
  const isText = tag === 0x19a || tag === 0x192;
  if (!isText && tag !== 0xa0 && tag !== 0xa8 && tag !== 0xf0) return false;
  readVarint(bytes, partEnd);
  if (isText) partEnd += partLow >>> 0;
  if (tag === 0x19a) seen |= REQUIRED_METHOD_NAME;
  return true;
}

/** The fields that answers repeat; false for any other. */
function decodeOriginalField(tag: number, bytes: Uint8Array, into: RpcHead): boolean {
  switch (tag) {
    case 0x50:
      readVarint(bytes, partEnd);
      into.sequenceHigh = partHigh >>> 0;
      into.sequenceLow = partLow >>> 0;
      seen |= REQUIRED_SEQUENCE;
      return true;
    case 0xa0:
      readVarint(bytes, partEnd);
      into.coloring = partLow >>> 0;
      return true;
    case 0xa8:
      readVarint(bytes, partEnd);
      into.colorIdHigh = partHigh >>> 0;
      into.colorIdLow = partLow >>> 0;
      return true;
    case 0xf0:
      readVarint(bytes, partEnd);
      into.flowIdHigh = partHigh >>> 0;
      into.flowIdLow = partLow >>> 0;
      return true;
    case 0x192:
      into.caller = withoutNul(readText(bytes, callers));
      return true;
    case 0x19a:
      into.methodName = readText(bytes, methodNames);
      seen |= REQUIRED_METHOD_NAME;
      return true;
    default:
      decodeRareField(tag, into);
      return false;
  }
}

/** Fields 100 and up. */
function decodeOwnField(tag: number, bytes: Uint8Array, into: RpcHead): void {
  switch (tag) {
    case 0x320:
      readVarint(bytes, partEnd);
      into.timeoutMs = partLow >>> 0;
      break;
    case 0x328:
      readVarint(bytes, partEnd);
      into.attempt = partLow >>> 0;
      break;
    case 0x331:
      readFixed64(bytes, partEnd);
      into.spanIdHigh = partHigh >>> 0;
      into.spanIdLow = partLow >>> 0;
      break;
    case 0x339:
      readFixed64(bytes, partEnd);
      into.parentSpanIdHigh = partHigh >>> 0;
      into.parentSpanIdLow = partLow >>> 0;
      break;
    default:
      decodeRareField(tag, into);
  }
}

function decodeRareField(tag: number, into: RpcHead): void {
  reader.pos = partEnd;
  switch (tag) {
    case 0x140:
      into.err = reader.int32();
      break;
    case 0x148:
      into.result = reader.int32();
      break;
    case 0x152:
      into.errMsg = reader.lenientString();
      break;
    case 0x342:
      into.reason = reader.lenientString();
      break;
    case 0x348:
      into.priority = reader.uint32();
      break;
    case 0x350:
      into.userHash = reader.uint32();
      break;
    case 0x358:
      into.capabilities = reader.uint32();
      break;
    case 0x360:
      into.cancel = reader.uint32();
      break;
    default:
      if (tag < 8) reader.fail(partEnd, `invalid tag ${tag}`);
      reader.skip(tag);
  }
  partEnd = reader.pos;
}

function readTag(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 128) {
    partEnd = at + 1;
    return first;
  }
  const second = bytes[at + 1]!;
  if (second < 128) {
    partEnd = at + 2;
    return (first & 127) | (second << 7);
  }
  reader.pos = at;
  const tag = reader.tag();
  partEnd = reader.pos;
  return tag;
}

/** May look past the end of the head, which `decodeHead` checks afterwards. */
function readVarint(bytes: Uint8Array, start: number): void {
  let pos = start;
  let byte = bytes[pos++]!;
  let low = byte & 127;
  for (let shift = 7; byte > 127 && shift < 28; shift += 7) {
    byte = bytes[pos++]!;
    low |= (byte & 127) << shift;
  }
  partLow = low;
  partHigh = 0;
  partEnd = pos;
  if (byte > 127) readRestOfVarint(bytes, pos);
}

/** What follows the first 28 bits. */
function readRestOfVarint(bytes: Uint8Array, start: number): void {
  let pos = start;
  let byte = bytes[pos++]!;
  partLow |= byte << 28;
  let high = (byte & 127) >>> 4;
  for (let shift = 3; byte > 127; shift += 7) {
    if (pos - start === 6) reader.fail(start, "a varint is longer than 10 bytes");
    byte = bytes[pos++]!;
    high |= (byte & 127) << shift;
  }
  partHigh = high;
  partEnd = pos;
}

function readFixed64(bytes: Uint8Array, at: number): void {
  partLow = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  partHigh = bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
  partEnd = at + 8;
}

function readText(bytes: Uint8Array, cache: TextCache): string {
  readVarint(bytes, partEnd);
  const start = partEnd;
  const length = partLow >>> 0;
  if (length > reader.end - start) reader.fail(start, `a value of ${length} bytes passes the end`);
  partEnd = start + length;
  return cache.read(bytes, start, partEnd);
}

/** PHP peers end their name with NUL. */
function withoutNul(caller: string): string {
  return caller.charCodeAt(caller.length - 1) === 0 ? caller.replace(/\0+$/, "") : caller;
}
