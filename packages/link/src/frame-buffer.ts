/**
 * Bytes that have arrived and the frames in them. Each byte is copied a bounded number of times, however small the chunks are:
 * a chunk is read where it is when nothing waits before it, else it goes into a buffer that doubles.
 */
import { decodeLinkFrame, type LinkFrame, linkFrameSize, MAX_LINK_FRAME_BYTES } from "@msec/protocol";

const noBytes = new Uint8Array(0);

export class LinkFrameBuffer {
  /** Largest frame that is taken; checked on its first 8 bytes. */
  maxFrameBytes: number;
  #buf: Uint8Array = noBytes;
  #start = 0;
  #end = 0;
  /** False while `#buf` is a chunk of the socket, which must not be written to. */
  #isOwn = false;

  constructor(maxFrameBytes = MAX_LINK_FRAME_BYTES) {
    this.maxFrameBytes = maxFrameBytes;
  }

  push(chunk: Uint8Array): void {
    const waitingBytes = this.#end - this.#start;
    if (waitingBytes === 0) {
      this.#buf = chunk;
      this.#isOwn = false;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    if (!this.#isOwn || this.#end + chunk.length > this.#buf.length) this.#grow(waitingBytes, chunk.length);
    this.#buf.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /**
   * Takes the next whole frame. Its payload aliases the buffer and is valid until the next `push`.
   *
   * @throws {LinkFrameTooLarge} {LinkFrameInvalid} nothing more can be read then
   */
  next(): LinkFrame | undefined {
    const arrived = this.#buf.subarray(0, this.#end);
    const sizeBytes = linkFrameSize(arrived, this.#start, this.maxFrameBytes);
    if (sizeBytes === undefined || this.#end - this.#start < sizeBytes) return undefined;
    const read = decodeLinkFrame(arrived, this.#start, this.#end);
    this.#start += sizeBytes;
    if (this.#start === this.#end) this.clear();
    return read?.frame;
  }

  /** Drops everything and gives the memory back. */
  clear(): void {
    this.#buf = noBytes;
    this.#isOwn = false;
    this.#start = 0;
    this.#end = 0;
  }

  #grow(waitingBytes: number, moreBytes: number): void {
    const next = new Uint8Array(Math.max(waitingBytes + moreBytes, 2 * waitingBytes));
    next.set(this.#buf.subarray(this.#start, this.#end));
    this.#buf = next;
    this.#isOwn = true;
    this.#start = 0;
    this.#end = waitingBytes;
  }
}
