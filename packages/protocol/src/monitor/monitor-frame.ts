/**
 * Frames between metric agents, server and console (report port 48002, query port 48003), both directions.
 *
 *   0                4
 *   | total u32 BE   | protobuf message |
 *
 * `total` counts its own 4 bytes. There is no request id: one request at a time per connection.
 */

import { LengthPrefixInvalid } from "../errors.js";
import type { MessageType } from "../protobuf/message-type.js";
import { ProtoWriter } from "../protobuf/writer.js";

export const MONITOR_PREFIX_BYTES = 4;
/** Inbound limit of the original's server per connection; larger frames close it. */
export const MONITOR_MAX_FRAME_BYTES = 2 * 1024 * 1024;

/**
 * Length of the frame at `buf[start, end)`, or 0 when more bytes are needed. The message is `[start + 4, start + length)`.
 *
 * @throws PROTO_LENGTH_PREFIX_INVALID shorter than its own prefix, or longer than `maxFrameBytes`
 */
export function monitorFrameLength(
  buf: Uint8Array,
  start: number,
  end: number,
  maxFrameBytes: number = MONITOR_MAX_FRAME_BYTES,
): number {
  if (end - start < MONITOR_PREFIX_BYTES) return 0;
  const total = ((buf[start]! << 24) | (buf[start + 1]! << 16) | (buf[start + 2]! << 8) | buf[start + 3]!) >>> 0;
  if (total < MONITOR_PREFIX_BYTES || total > maxFrameBytes) {
    throw new LengthPrefixInvalid({ protocol: "monitor", lengthBytes: total, limitBytes: maxFrameBytes });
  }
  return end - start < total ? 0 : total;
}

/** Appends one frame; on an encoding error the writer is left as it was. */
export function appendMonitorFrame<I>(writer: ProtoWriter, type: MessageType<unknown, I>, message: I): void {
  const start = writer.reserve(MONITOR_PREFIX_BYTES);
  try {
    type.encode(message, writer);
  } catch (error) {
    writer.truncate(start);
    throw error;
  }
  writer.patchUint32BigEndian(start, writer.length - start);
}

/** One frame in an array of its own. */
export function encodeMonitorFrame<I>(type: MessageType<unknown, I>, message: I): Uint8Array {
  const writer = new ProtoWriter();
  appendMonitorFrame(writer, type, message);
  return writer.finish();
}
