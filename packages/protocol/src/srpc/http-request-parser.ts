/**
 * Incremental parser of HTTP/1.1 requests on the RPC port. Bytes are copied in by `push()`, whole requests come out of `next()`. Each
 * byte is looked at once however small the pieces are. Pure: the owner of the connection answers and closes.
 */

import { HttpBodyTooLarge, HttpHeadTooLarge } from "../errors.js";
import { decodeLenientUtf8, decodeUtf8 } from "../protobuf/utf8.js";
import { ProtoWriter } from "../protobuf/writer.js";
import { failHttp } from "./http-failure.js";
import { type HttpRequestHead, type ParsedHead, parseHttpHead } from "./http-head.js";

/** Largest request line plus headers. */
export const HTTP_MAX_HEAD_BYTES = 16 * 1024;
/** `size[;extension]` of a chunk. */
const MAX_CHUNK_LINE_BYTES = 256;
const CHUNK_LINE = /^([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?$/;
/** A larger buffer is given back once its request is done. */
const KEPT_BUFFER_BYTES = 64 * 1024;
/** Longer heads are parsed anew each time. */
const KEPT_HEAD_LENGTH = 1024;
const CR = 13;
const LF = 10;

export interface HttpRequest {
  readonly head: HttpRequestHead;
  /** An own copy. */
  readonly body: Uint8Array;
}

export interface HttpLimits {
  /** Largest body; checked on Content-Length and on each chunk's size, before the bytes are kept. */
  readonly maxBodyBytes: number;
  /** Default {@link HTTP_MAX_HEAD_BYTES}. Trailers of a chunked body count against it anew. */
  readonly maxHeadBytes?: number;
}

type State =
  | { readonly kind: "head" }
  | { readonly kind: "sized"; readonly head: HttpRequestHead; readonly sizeBytes: number }
  | { readonly kind: "chunk-line" | "trailer"; readonly head: HttpRequestHead }
  | { readonly kind: "chunk-data"; readonly head: HttpRequestHead; readonly sizeBytes: number };

const HEAD_STATE: State = { kind: "head" };

/** True when the first byte of a connection can only be HTTP: a verb is in capitals, an SRPC frame starts with `(`. */
export function looksLikeHttp(firstBytes: Uint8Array): boolean {
  const first = firstBytes[0] ?? 0;
  return first >= 0x41 && first <= 0x5a;
}

export class HttpRequestParser {
  readonly #maxBodyBytes: number;
  readonly #maxHeadBytes: number;
  readonly #input = new ProtoWriter(2048);
  readonly #chunks = new ProtoWriter(256);
  #state: State = HEAD_STATE;
  /** Next byte of the input to be consumed. */
  #pos = 0;
  /** Where the search for the end of a line or head goes on. */
  #scanned = 0;
  #trailerBytes = 0;
  /** A client that keeps its connection mostly sends the same head again, and comparing is a tenth of parsing. */
  #lastText = "";
  #lastHead: ParsedHead | undefined;
  #continueWanted = false;

  constructor(limits: HttpLimits) {
    this.#maxBodyBytes = limits.maxBodyBytes;
    this.#maxHeadBytes = limits.maxHeadBytes ?? HTTP_MAX_HEAD_BYTES;
  }

  /** Adds what arrived. Call `next()` until it gives `undefined` before more is pushed. */
  push(bytes: Uint8Array): void {
    this.#compact();
    this.#input.raw(bytes);
  }

  /** Bytes of a request that was begun and is not whole; at least 1 while a head was read and its body is awaited. */
  get incompleteBytes(): number {
    const waiting = this.#input.length - this.#pos + this.#chunks.length;
    return this.#state === HEAD_STATE ? waiting : waiting + 1;
  }

  /**
   * The next whole request, or `undefined` when more bytes are needed.
   *
   * @throws PROTO_HTTP_INVALID, PROTO_HTTP_HEAD_TOO_LARGE, PROTO_HTTP_BODY_TOO_LARGE: answer, then close the connection
   */
  next(): HttpRequest | undefined {
    for (;;) {
      const before = this.#state;
      const request = this.#step();
      if (request !== undefined) return request;
      if (this.#state === before) return undefined;
    }
  }

  /** True once for a request whose client waits for `100 Continue` before it sends the body. Ask when `next()` gave `undefined`. */
  takeContinue(): boolean {
    const wanted = this.#continueWanted;
    this.#continueWanted = false;
    return wanted;
  }

  /** One step of the state machine; no progress leaves the state object as it is. */
  #step(): HttpRequest | undefined {
    const state = this.#state;
    switch (state.kind) {
      case "head":
        this.#readHead();
        return undefined;
      case "sized":
        return this.#readSized(state.head, state.sizeBytes);
      case "chunk-line":
        this.#readChunkLine(state.head);
        return undefined;
      case "chunk-data":
        this.#readChunkData(state.head, state.sizeBytes);
        return undefined;
      case "trailer":
        return this.#readTrailer(state.head);
    }
  }

  #readHead(): void {
    const end = this.#findHeadEnd();
    if ((end ?? this.#input.length) - this.#pos > this.#maxHeadBytes)
      throw new HttpHeadTooLarge({ limitBytes: this.#maxHeadBytes });
    if (end === undefined) return;
    const { head, contentLength } = this.#parseHead(this.#text(this.#pos, end));
    if (contentLength !== undefined) this.#checkBody(contentLength);
    this.#moveTo(end + 4);
    this.#continueWanted = head.expectsContinue && contentLength !== 0;
    this.#chunks.shrink(KEPT_BUFFER_BYTES);
    this.#trailerBytes = 0;
    this.#state =
      contentLength === undefined ? { kind: "chunk-line", head } : { kind: "sized", head, sizeBytes: contentLength };
  }

  #parseHead(text: string): ParsedHead {
    if (this.#lastHead !== undefined && text === this.#lastText) return this.#lastHead;
    const parsed = parseHttpHead(text);
    if (text.length <= KEPT_HEAD_LENGTH) {
      this.#lastText = text;
      this.#lastHead = parsed;
    }
    return parsed;
  }

  /** Offset of the CR LF CR LF, or `undefined`. */
  #findHeadEnd(): number | undefined {
    const { buffer, length } = this.#input;
    for (let i = this.#scanned; i < length; i++) {
      if (buffer[i] !== LF) continue;
      if (i === this.#pos || buffer[i - 1] !== CR) failHttp("a line ends without CR");
      // Empty lines before a request are a habit of old clients.
      if (i - 1 === this.#pos) this.#moveTo(i + 1);
      else if (buffer[i - 2] === LF) return i - 3;
    }
    this.#scanned = length;
    return undefined;
  }

  #readSized(head: HttpRequestHead, sizeBytes: number): HttpRequest | undefined {
    if (this.#input.length - this.#pos < sizeBytes) return undefined;
    const body = this.#input.buffer.slice(this.#pos, this.#pos + sizeBytes);
    this.#moveTo(this.#pos + sizeBytes);
    return this.#finish(head, body);
  }

  #readChunkLine(head: HttpRequestHead): void {
    const line = this.#takeLine(MAX_CHUNK_LINE_BYTES);
    if (line === undefined) return;
    const match = CHUNK_LINE.exec(line);
    if (!match) failHttp("a chunk does not start with its size in hexadecimal");
    const sizeBytes = Number.parseInt(match[1]!, 16);
    this.#checkBody(this.#chunks.length + sizeBytes);
    this.#state = sizeBytes === 0 ? { kind: "trailer", head } : { kind: "chunk-data", head, sizeBytes };
  }

  #readChunkData(head: HttpRequestHead, sizeBytes: number): void {
    const { buffer, length } = this.#input;
    const end = this.#pos + sizeBytes;
    if (length < end + 2) return;
    if (buffer[end] !== CR || buffer[end + 1] !== LF) failHttp("a chunk is longer than its size");
    this.#chunks.raw(buffer.subarray(this.#pos, end));
    this.#moveTo(end + 2);
    this.#state = { kind: "chunk-line", head };
  }

  /** Trailers are read past. */
  #readTrailer(head: HttpRequestHead): HttpRequest | undefined {
    for (;;) {
      const line = this.#takeLine(this.#maxHeadBytes - this.#trailerBytes);
      if (line === undefined) return undefined;
      if (line === "") return this.#finish(head, this.#chunks.finish());
      this.#trailerBytes += line.length + 2;
    }
  }

  #finish(head: HttpRequestHead, body: Uint8Array): HttpRequest {
    this.#state = HEAD_STATE;
    this.#continueWanted = false;
    return { head, body };
  }

  #checkBody(sizeBytes: number): void {
    if (sizeBytes > this.#maxBodyBytes) throw new HttpBodyTooLarge({ limitBytes: this.#maxBodyBytes });
  }

  /** One line without its CR LF, or `undefined` when it has not ended yet. */
  #takeLine(maxBytes: number): string | undefined {
    const { buffer, length } = this.#input;
    let at = this.#scanned;
    while (at < length && buffer[at] !== LF) at++;
    this.#scanned = at;
    if (at - this.#pos > maxBytes) throw new HttpHeadTooLarge({ limitBytes: maxBytes });
    if (at === length) return undefined;
    if (at === this.#pos || buffer[at - 1] !== CR) failHttp("a line ends without CR");
    const line = this.#text(this.#pos, at - 1);
    this.#moveTo(at + 1);
    return line;
  }

  /** Names and values of other charsets than UTF-8 get U+FFFD; nothing that decides where a request ends is outside ASCII. */
  #text(start: number, end: number): string {
    const { buffer } = this.#input;
    return decodeUtf8(buffer, start, end) ?? decodeLenientUtf8(buffer, start, end);
  }

  #moveTo(pos: number): void {
    this.#pos = pos;
    this.#scanned = pos;
  }

  /** Drops what was consumed, once it is worth the copy. */
  #compact(): void {
    const { buffer, length } = this.#input;
    if (this.#pos === 0 || this.#pos < length / 2) return;
    if (this.#pos === length) {
      this.#input.shrink(KEPT_BUFFER_BYTES);
      this.#moveTo(0);
      return;
    }
    buffer.copyWithin(0, this.#pos, length);
    this.#input.truncate(length - this.#pos);
    this.#scanned -= this.#pos;
    this.#pos = 0;
  }
}
