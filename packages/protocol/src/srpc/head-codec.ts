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

/**
 * Reads the head in `bytes[start, end)` into `into`, which is reset first. Unknown fields and known numbers of another wire type are
 * skipped; of a repeated number the last one counts.
 *
 * @throws PROTO_MESSAGE_MALFORMED not a protobuf message
 * @throws PROTO_REQUIRED_FIELD_MISSING `sequence` or `method_name` is absent (Java peers answer with an empty method name: legal)
 */
export function decodeHead(bytes: Uint8Array, start: number, end: number, into: RpcHead): void {
  resetHead(into);
  reader.reset(bytes, start, end);
  let seen = 0;
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case 0x50:
        reader.varint64();
        into.sequenceHigh = reader.high;
        into.sequenceLow = reader.low;
        seen |= REQUIRED_SEQUENCE;
        break;
      case 0xa0:
        into.coloring = reader.uint32();
        break;
      case 0xa8:
        reader.varint64();
        into.colorIdHigh = reader.high;
        into.colorIdLow = reader.low;
        break;
      case 0xf0:
        reader.varint64();
        into.flowIdHigh = reader.high;
        into.flowIdLow = reader.low;
        break;
      case 0x192:
        into.caller = readCaller();
        break;
      case 0x19a:
        into.methodName = methodNames.read(reader);
        seen |= REQUIRED_METHOD_NAME;
        break;
      default:
        decodeRareField(tag, into);
    }
  }
  if (seen !== (REQUIRED_SEQUENCE | REQUIRED_METHOD_NAME)) {
    failRequired((seen & REQUIRED_SEQUENCE) === 0 ? "srpc.CRpcHead.sequence" : "srpc.CRpcHead.method_name");
  }
}

function decodeRareField(tag: number, into: RpcHead): void {
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
    case 0x320:
      into.timeoutMs = reader.uint32();
      break;
    case 0x328:
      into.attempt = reader.uint32();
      break;
    case 0x331:
      reader.fixed64Halves();
      into.spanIdHigh = reader.high;
      into.spanIdLow = reader.low;
      break;
    case 0x339:
      reader.fixed64Halves();
      into.parentSpanIdHigh = reader.high;
      into.parentSpanIdLow = reader.low;
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
      reader.skip(tag);
  }
}

function readCaller(): string {
  const caller = callers.read(reader);
  return caller.endsWith("\0") ? caller.replace(/\0+$/, "") : caller;
}
