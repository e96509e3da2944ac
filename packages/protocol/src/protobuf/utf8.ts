/**
 * UTF-8 to string and back, strict and fast. In Node the work is done by its buffers, which need half the time of TextDecoder and no
 * view of the part; elsewhere by the standard encoders. Pure: Node is only asked for, never imported.
 */

import { wordView } from "./word-view.js";

interface NodeBytes extends Uint8Array {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
  utf8Write(text: string, offset: number, length: number): number;
}

const node = (globalThis as { Buffer?: { readonly prototype: NodeBytes } }).Buffer?.prototype;
const latin1Slice = node?.latin1Slice;
const utf8Slice = node?.utf8Slice;
const utf8Write = node?.utf8Write;

/** Up to this length a string is built here, 8 characters at a time; above, the native decoder is cheaper (120 ns whatever the length). */
const LOOP_BYTES = 24;

// ignoreBOM: a leading U+FEFF is content of the string, not a mark to be dropped.
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const textEncoder = new TextEncoder();
const lenientDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Text of `bytes[start, end)`, or `undefined` when it is not UTF-8 (overlong forms and surrogates included). */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (isAscii(bytes, start, end)) {
    if (end - start <= LOOP_BYTES) return shortAscii(bytes, start, end);
    if (latin1Slice !== undefined) return latin1Slice.call(bytes, start, end);
  }
  if (utf8Slice !== undefined) {
    const text = utf8Slice.call(bytes, start, end);
    // Either the sender's own U+FFFD or the sign for bytes that are not UTF-8: rare enough to look twice.
    if (!text.includes("\ufffd")) return text;
  }
  try {
    return strictDecoder.decode(bytes.subarray(start, end));
  } catch {
    return undefined;
  }
}

/** Text of `bytes[start, end)` with U+FFFD for what is not UTF-8. */
export function decodeLenientUtf8(bytes: Uint8Array, start: number, end: number): string {
  return lenientDecoder.decode(bytes.subarray(start, end));
}

/** Writes the text's UTF-8 to `bytes` from `at` on, where 3 bytes per character must be free; gives the number of bytes. */
export function writeUtf8(text: string, bytes: Uint8Array, at: number): number {
  if (utf8Write !== undefined) return utf8Write.call(bytes, text, at, text.length * 3);
  return textEncoder.encodeInto(text, bytes.subarray(at)).written;
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  const view = wordView(bytes);
  let all = 0;
  let i = start;
  for (; i + 4 <= end; i += 4) all |= view.getInt32(i);
  for (; i < end; i++) all |= bytes[i]!;
  return (all & 0x8080_8080) === 0;
}

function shortAscii(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let i = start;
  for (; i + 8 <= end; i += 8) {
    text += String.fromCharCode(
      bytes[i]!,
      bytes[i + 1]!,
      bytes[i + 2]!,
      bytes[i + 3]!,
      bytes[i + 4]!,
      bytes[i + 5]!,
      bytes[i + 6]!,
      bytes[i + 7]!,
    );
  }
  for (; i < end; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}
