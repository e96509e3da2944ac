/**
 * Link frame: one JSON header and optional raw bytes.
 *
 *   0            4             8            8+headerLength
 *   | restLength | headerLength | header JSON | payload     |
 *
 * Both lengths are unsigned 32-bit big-endian; `restLength` counts everything after itself. Limits are checked on the
 * first 8 bytes, before the rest is buffered.
 */
import { LinkFrameInvalid, LinkFrameTooLarge } from "./errors.js";

export const LINK_PREFIX_BYTES = 8;
export const MAX_LINK_FRAME_BYTES = 4 * 1024 * 1024;

/** What a header says: a request, its answer, or its failure. `id` is chosen by the side that asks. */
export type LinkHeader =
  | { readonly kind: "request"; readonly id: number; readonly method: string; readonly params: unknown }
  | { readonly kind: "reply"; readonly id: number; readonly result: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly error: unknown };

export interface LinkFrame {
  readonly header: LinkHeader;
  readonly payload: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });
const noBytes = new Uint8Array(0);
/** Ends the header of a request after its parameters. */
const closing = encoder.encode("}");

/** @throws {LinkFrameTooLarge} */
export function encodeLinkFrame(header: LinkHeader, payload: Uint8Array = noBytes): Uint8Array {
  const json = encoder.encode(JSON.stringify(header));
  const sizeBytes = LINK_PREFIX_BYTES + json.length + payload.length;
  if (sizeBytes > MAX_LINK_FRAME_BYTES) throw new LinkFrameTooLarge({ sizeBytes, limitBytes: MAX_LINK_FRAME_BYTES });
  const out = new Uint8Array(sizeBytes);
  const view = new DataView(out.buffer);
  view.setUint32(0, sizeBytes - 4);
  view.setUint32(4, json.length);
  out.set(json, LINK_PREFIX_BYTES);
  out.set(payload, LINK_PREFIX_BYTES + json.length);
  return out;
}

/**
 * The pieces of a request's frame whose parameters are JSON text already, so that many peers can be sent the same bytes.
 *
 * @param params pieces of one JSON text in UTF-8; they are not copied
 * @throws {LinkFrameTooLarge}
 */
export function encodeLinkRequest(id: number, method: string, params: readonly Uint8Array[]): Uint8Array[] {
  const head = encoder.encode(`{"kind":"request","id":${id},"method":${JSON.stringify(method)},"params":`);
  const headerBytes = params.reduce((sum, piece) => sum + piece.length, head.length + closing.length);
  const sizeBytes = LINK_PREFIX_BYTES + headerBytes;
  if (sizeBytes > MAX_LINK_FRAME_BYTES) throw new LinkFrameTooLarge({ sizeBytes, limitBytes: MAX_LINK_FRAME_BYTES });
  const start = new Uint8Array(LINK_PREFIX_BYTES + head.length);
  const view = new DataView(start.buffer);
  view.setUint32(0, sizeBytes - 4);
  view.setUint32(4, headerBytes);
  start.set(head, LINK_PREFIX_BYTES);
  return [start, ...params, closing];
}

/**
 * Size of the frame that begins at `start`, as its first 8 bytes announce it.
 *
 * @param limitBytes above it a frame is refused; never above {@link MAX_LINK_FRAME_BYTES}
 * @returns `undefined` when there are less than 8 bytes
 * @throws {LinkFrameTooLarge} {LinkFrameInvalid} its lengths disagree
 */
export function linkFrameSize(
  buf: Uint8Array,
  start: number,
  limitBytes: number = MAX_LINK_FRAME_BYTES,
): number | undefined {
  if (buf.length - start < LINK_PREFIX_BYTES) return undefined;
  const view = new DataView(buf.buffer, buf.byteOffset + start, LINK_PREFIX_BYTES);
  const sizeBytes = view.getUint32(0) + 4;
  if (sizeBytes > limitBytes) throw new LinkFrameTooLarge({ sizeBytes, limitBytes });
  if (sizeBytes < LINK_PREFIX_BYTES || view.getUint32(4) > sizeBytes - LINK_PREFIX_BYTES)
    throw new LinkFrameInvalid({ problem: "its lengths disagree" });
  return sizeBytes;
}

/**
 * Reads one frame from `buf[start, end)`.
 *
 * @returns the frame and the bytes it used, or `undefined` when there is less than one. The payload aliases `buf`.
 * @throws {LinkFrameTooLarge} announced size above the limit; {LinkFrameInvalid} lengths disagree or the header is no JSON
 */
export function decodeLinkFrame(
  buf: Uint8Array,
  start: number,
  end: number,
): { readonly frame: LinkFrame; readonly usedBytes: number } | undefined {
  const readable = buf.subarray(start, end);
  const usedBytes = linkFrameSize(readable, 0);
  if (usedBytes === undefined || readable.length < usedBytes) return undefined;
  const payloadAt = LINK_PREFIX_BYTES + new DataView(readable.buffer, readable.byteOffset + 4, 4).getUint32(0);
  const header = parseHeader(readable.subarray(LINK_PREFIX_BYTES, payloadAt));
  return { frame: { header, payload: readable.subarray(payloadAt, usedBytes) }, usedBytes };
}

function parseHeader(bytes: Uint8Array): LinkHeader {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new LinkFrameInvalid({ problem: "its header is no JSON" }, { cause });
  }
  if (!isLinkHeader(value)) throw new LinkFrameInvalid({ problem: "its header is no request, reply or failure" });
  return value;
}

function isLinkHeader(value: unknown): value is LinkHeader {
  if (typeof value !== "object" || value === null) return false;
  const header = value as Record<string, unknown>;
  if (!Number.isSafeInteger(header.id)) return false;
  if (header.kind === "request") return typeof header.method === "string" && "params" in header;
  return (header.kind === "reply" && "result" in header) || (header.kind === "failure" && "error" in header);
}
