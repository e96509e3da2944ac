import type { ProtoReader } from "./reader.js";

/** Longer texts are not kept. */
const MAX_CACHED_BYTES = 256;

/**
 * Remembers the last text read, as bytes and as string: fields like the method name repeat from frame to frame, and comparing 30 bytes
 * costs a third of building a string.
 */
export class TextCache {
  readonly #bytes = new Uint8Array(MAX_CACHED_BYTES);
  #length = 0;
  #text = "";

  /** Reads a length-delimited text; what is not UTF-8 is replaced by U+FFFD. */
  read(reader: ProtoReader): string {
    const length = reader.uint32();
    const start = reader.pos;
    if (length === this.#length && this.#matches(reader.buffer, start)) {
      reader.advance(length);
      return this.#text;
    }
    const text = reader.lenientText(length);
    if (length <= MAX_CACHED_BYTES) {
      this.#bytes.set(reader.buffer.subarray(start, start + length));
      this.#length = length;
      this.#text = text;
    }
    return text;
  }

  /** May look past the reader's end; `advance` checks it afterwards. */
  #matches(buffer: Uint8Array, start: number): boolean {
    const cached = this.#bytes;
    for (let i = this.#length - 1; i >= 0; i--) if (cached[i] !== buffer[start + i]) return false;
    return true;
  }
}
