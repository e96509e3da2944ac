/** Answers to what can't be read as a request. Old clients take any answer of another sequence for an error, and need not wait. */
import { decodeHead, type RpcHead, resetHead, type WireError } from "@msec/protocol";

/** Numbers for "invalid package" and "head not readable" (spec srpc.md §3). */
export const ERR_INVALID_PACKAGE = -3;
export const ERR_INVALID_HEAD = -4;

const START = 0x28;
const PREFIX_BYTES = 9;

export type UnreadableError = Pick<WireError, "err" | "reason" | "errMsg">;

/** Head of the answer; its sequence is 0 when that of the request could not be read. */
export function fillUnreadableHead(
  head: RpcHead,
  request: Pick<RpcHead, "sequenceHigh" | "sequenceLow">,
  error: UnreadableError,
): RpcHead {
  const { sequenceHigh, sequenceLow } = request;
  resetHead(head);
  head.sequenceHigh = sequenceHigh;
  head.sequenceLow = sequenceLow;
  head.err = error.err;
  head.reason = error.reason;
  head.errMsg = error.errMsg;
  return head;
}

/**
 * Reads what there is of the head of a frame that was refused for its lengths or its end into `head`, for its sequence.
 *
 * @returns false when the bytes are no frame at all: then nobody may be there who understands an answer
 */
export function readRefusedHead(bytes: Uint8Array, at: number, end: number, head: RpcHead): boolean {
  resetHead(head);
  if (bytes[at] !== START) return false;
  const headStart = at + PREFIX_BYTES;
  const size = (bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!;
  if (size <= 0 || size > end - headStart) return true;
  try {
    decodeHead(bytes, headStart, headStart + size, head);
  } catch {
    // What was read before is kept.
  }
  return true;
}
