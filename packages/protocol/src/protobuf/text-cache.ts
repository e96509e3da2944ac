import type { ProtoReader } from "./reader.js";
import type { ProtoWriter } from "./writer.js";

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
    const length = this.#length;
    if (start + length > buffer.length) return false;
    let i = 0;
    for (; i + 4 <= length; i += 4) {
      const at = start + i;
      const difference =
        (cached[i]! ^ buffer[at]!) |
        (cached[i + 1]! ^ buffer[at + 1]!) |
        (cached[i + 2]! ^ buffer[at + 2]!) |
        (cached[i + 3]! ^ buffer[at + 3]!);
      if (difference !== 0) return false;
    }
    for (; i < length; i++) if (cached[i] !== buffer[start + i]) return false;
    return true;
  }
}

/** Remembers the bytes of the last text written in one field: copying 30 bytes costs a third of encoding them. */
export class TextFieldCache {
  readonly #tag: number;
  #bytes: Uint8Array | undefined;
  #text = "";

  constructor(tag: number) {
    this.#tag = tag;
  }

  /** Appends tag, length and text. */
  write(writer: ProtoWriter, text: string): void {
    if (this.#bytes !== undefined && text === this.#text) {
      writer.raw(this.#bytes);
      return;
    }
    const start = writer.length;
    writer.uint32(this.#tag).string(text);
    if (writer.length - start > MAX_CACHED_BYTES) return;
    this.#text = text;
    this.#bytes = writer.buffer.slice(start, writer.length);
  }
}
