import { decodeLenientUtf8, decodeUtf8 } from "./utf8.js";
import { wordView } from "./word-view.js";
import type { ProtoWriter } from "./writer.js";

/** Longer texts are not kept. */
const MAX_CACHED_BYTES = 256;

/**
 * Remembers the last text read, as bytes and as string: fields like the method name repeat from frame to frame, and comparing 30 bytes
 * costs a third of building a string.
 */
export class TextCache {
  readonly #bytes = new Uint8Array(MAX_CACHED_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  #length = 0;
  #text = "";

  /** Text of `bytes[start, end)`; what is not UTF-8 is replaced by U+FFFD. */
  read(bytes: Uint8Array, start: number, end: number): string {
    const length = end - start;
    if (length === this.#length && this.#matches(bytes, start)) return this.#text;
    const text = decodeUtf8(bytes, start, end) ?? decodeLenientUtf8(bytes, start, end);
    if (length <= MAX_CACHED_BYTES) {
      this.#bytes.set(bytes.subarray(start, end));
      this.#length = length;
      this.#text = text;
    }
    return text;
  }

  #matches(bytes: Uint8Array, start: number): boolean {
    const length = this.#length;
    const view = wordView(bytes);
    let i = 0;
    for (; i + 4 <= length; i += 4) if (view.getInt32(start + i) !== this.#view.getInt32(i)) return false;
    for (; i < length; i++) if (this.#bytes[i] !== bytes[start + i]) return false;
    return true;
  }
}

/** Remembers the bytes of the last text written in one field: copying 30 bytes costs a third of encoding them. */
export class TextFieldCache {
  readonly #tag: number;
  #field: DataView | undefined;
  #text = "";

  constructor(tag: number) {
    this.#tag = tag;
  }

  /** Appends tag, length and text. */
  write(writer: ProtoWriter, text: string): void {
    if (this.#field !== undefined && text === this.#text) {
      writer.rawView(this.#field);
      return;
    }
    const start = writer.length;
    writer.uint32(this.#tag).string(text);
    if (writer.length - start > MAX_CACHED_BYTES) return;
    this.#text = text;
    this.#field = new DataView(writer.buffer.slice(start, writer.length).buffer);
  }
}
