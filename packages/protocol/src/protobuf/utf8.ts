/** UTF-8 to string, strict and fast for ASCII. */

/** Up to this length a string is built character by character; above, the native decoder is cheaper. */
const LOOP_BYTES = 24;

// ignoreBOM: a leading U+FEFF is content of the string, not a mark to be dropped.
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenientDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Text of `bytes[start, end)`, or `undefined` when it is not UTF-8 (overlong forms and surrogates included). */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start <= LOOP_BYTES) {
    let text = "";
    let pos = start;
    while (pos < end && bytes[pos]! < 128) text += String.fromCharCode(bytes[pos++]!);
    if (pos === end) return text;
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
