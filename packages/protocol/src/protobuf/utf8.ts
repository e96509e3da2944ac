/** UTF-8 to string, strict and fast for ASCII. */

/** Up to this length a string is built here, 8 characters at a time; above, the native decoder is cheaper (120 ns whatever the length). */
const LOOP_BYTES = 24;

// ignoreBOM: a leading U+FEFF is content of the string, not a mark to be dropped.
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenientDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Text of `bytes[start, end)`, or `undefined` when it is not UTF-8 (overlong forms and surrogates included). */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start <= LOOP_BYTES && isAscii(bytes, start, end)) return shortAscii(bytes, start, end);
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

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let all = 0;
  for (let i = start; i < end; i++) all |= bytes[i]!;
  return all < 128;
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
