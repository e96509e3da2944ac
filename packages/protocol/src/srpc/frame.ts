/**
 * SRPC frame, the same for requests and responses, on TCP (pipelined) and UDP (one per datagram).
 *
 *   0      1          5          9         9+H        9+H+B
 *   | 0x28 | H int32  | B int32  | head    | body     | 0x29 |
 *
 * Lengths are big-endian; H is the size of the protobuf head `srpc.CRpcHead`, B that of the body (may be 0). Spec: docs/protocols/srpc.md.
 */

import { FrameBadEnd, FrameBadLength, FrameBadStart, FrameTooLarge } from "../errors.js";
import type { MessageType } from "../protobuf/message-type.js";
import { ProtoWriter } from "../protobuf/writer.js";
import type { RpcHead } from "./head.js";
import { encodeHead } from "./head-codec.js";

const START = 0x28;
const END = 0x29;
const PREFIX_BYTES = 9;

/** Bytes of a frame beside head and body. */
export const SRPC_OVERHEAD = 10;

/** Where the parts of a frame are. One object can serve all frames. */
export interface FrameSlice {
  headStart: number;
  headEnd: number;
  bodyStart: number;
  bodyEnd: number;
}

export function createFrameSlice(): FrameSlice {
  return { headStart: 0, headEnd: 0, bodyStart: 0, bodyEnd: 0 };
}

function int32At(buf: Uint8Array, at: number): number {
  return (buf[at]! << 24) | (buf[at + 1]! << 16) | (buf[at + 2]! << 8) | buf[at + 3]!;
}

/**
 * Length of the frame at `buf[start, end)`, or 0 when more bytes are needed. The first byte is judged as soon as it is there and the
 * lengths as soon as 9 bytes are there, so a hostile length can't make the caller buffer it.
 *
 * @param maxFrameBytes largest accepted frame, the 10 bytes around head and body included
 * @throws PROTO_FRAME_BAD_START, PROTO_FRAME_BAD_LENGTH, PROTO_FRAME_TOO_LARGE, PROTO_FRAME_BAD_END: the stream can't be resynced
 */
export function frameLength(buf: Uint8Array, start: number, end: number, maxFrameBytes: number): number {
  if (end <= start) return 0;
  if (buf[start] !== START) throw new FrameBadStart({ offset: start, found: buf[start]! });
  if (end - start < PREFIX_BYTES) return 0;
  const headBytes = int32At(buf, start + 1);
  const bodyBytes = int32At(buf, start + 5);
  if (headBytes < 0 || bodyBytes < 0 || (headBytes | bodyBytes) === 0) {
    throw new FrameBadLength({ headBytes, bodyBytes });
  }
  const sizeBytes = SRPC_OVERHEAD + headBytes + bodyBytes;
  if (sizeBytes > maxFrameBytes) throw new FrameTooLarge({ sizeBytes, limitBytes: maxFrameBytes });
  if (end - start < sizeBytes) return 0;
  const last = start + sizeBytes - 1;
  if (buf[last] !== END) throw new FrameBadEnd({ offset: last, found: buf[last]! });
  return sizeBytes;
}

/** Offsets of head and body of the frame at `start`, which `frameLength` has accepted. */
export function sliceFrame(buf: Uint8Array, start: number, into: FrameSlice): FrameSlice {
  into.headStart = start + PREFIX_BYTES;
  into.headEnd = into.headStart + int32At(buf, start + 1);
  into.bodyStart = into.headEnd;
  into.bodyEnd = into.bodyStart + int32At(buf, start + 5);
  return into;
}

/**
 * The original's length check, for code written against it: the frame's length; 0 when more bytes are needed, also for up to 10 bytes of
 * whatever; -1 for an empty buffer; -3 for bytes that are no frame, or one that is larger than `maxFrameBytes`. For streams of our own
 * prefer {@link frameLength}.
 *
 * @param maxFrameBytes default: as many as the format can say
 */
export function checkPackage(buf: Uint8Array, maxFrameBytes = 0x7fff_ffff): number {
  if (buf.length === 0) return -1;
  if (buf.length <= SRPC_OVERHEAD) return 0;
  if (buf[0] !== START) return -3;
  const headBytes = int32At(buf, 1);
  const bodyBytes = int32At(buf, 5);
  const sizeBytes = SRPC_OVERHEAD + headBytes + bodyBytes;
  if (headBytes < 0 || bodyBytes < 0 || sizeBytes <= SRPC_OVERHEAD || sizeBytes > maxFrameBytes) return -3;
  if (buf.length < sizeBytes) return 0;
  return buf[sizeBytes - 1] === END ? sizeBytes : -3;
}

/**
 * Appends a frame to what the writer holds: head and body are encoded in place, the lengths are filled in afterwards. When encoding
 * fails the writer is left as it was.
 *
 * @param bodyType left out together with `body`: a frame without body
 * @returns size of the frame
 * @throws PROTO_REQUIRED_FIELD_MISSING, PROTO_FIELD_VALUE_INVALID from the body
 */
export function appendFrame<I>(
  writer: ProtoWriter,
  head: RpcHead,
  bodyType?: MessageType<unknown, I>,
  body?: I,
): number {
  const start = openFrame(writer);
  encodeHead(head, writer);
  const bodyStart = writer.length;
  if (bodyType !== undefined) {
    try {
      bodyType.encode(body as I, writer);
    } catch (error) {
      writer.truncate(start);
      throw error;
    }
  }
  return closeFrame(writer, start, bodyStart);
}

/** Appends a frame whose body is encoded already. */
export function appendRawFrame(writer: ProtoWriter, head: RpcHead, body: Uint8Array): number {
  const start = openFrame(writer);
  encodeHead(head, writer);
  const bodyStart = writer.length;
  writer.raw(body);
  return closeFrame(writer, start, bodyStart);
}

/** One frame in an array of its own. */
export function encodeFrame(head: RpcHead, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const writer = new ProtoWriter(SRPC_OVERHEAD + 256 + body.length);
  appendRawFrame(writer, head, body);
  return writer.finish();
}

/** Begins a frame; the head is to be written next, then the body, then {@link closeFrame}. Gives where it starts. */
export function openFrame(writer: ProtoWriter): number {
  const start = writer.reserve(PREFIX_BYTES);
  writer.buffer[start] = START;
  return start;
}

/** Ends the frame begun at `start`, whose body begins at `bodyStart`. Gives its size. */
export function closeFrame(writer: ProtoWriter, start: number, bodyStart: number): number {
  const headStart = start + PREFIX_BYTES;
  writer.patchUint32BigEndian(start + 1, bodyStart - headStart);
  writer.patchUint32BigEndian(start + 5, writer.length - bodyStart);
  writer.byte(END);
  return writer.length - start;
}
