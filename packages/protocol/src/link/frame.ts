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
  if (end - start < LINK_PREFIX_BYTES) return undefined;
  const view = new DataView(buf.buffer, buf.byteOffset + start, LINK_PREFIX_BYTES);
  const usedBytes = view.getUint32(0) + 4;
  const headerLength = view.getUint32(4);
  if (usedBytes > MAX_LINK_FRAME_BYTES)
    throw new LinkFrameTooLarge({ sizeBytes: usedBytes, limitBytes: MAX_LINK_FRAME_BYTES });
  if (usedBytes < LINK_PREFIX_BYTES || headerLength > usedBytes - LINK_PREFIX_BYTES)
    throw new LinkFrameInvalid({ problem: "its lengths disagree" });
  if (end - start < usedBytes) return undefined;
  const bodyAt = start + LINK_PREFIX_BYTES;
  const header = parseHeader(buf.subarray(bodyAt, bodyAt + headerLength));
  return { frame: { header, payload: buf.subarray(bodyAt + headerLength, start + usedBytes) }, usedBytes };
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
