/**
 * Input of one stream: hands out contiguous bytes and keeps what was not consumed.
 *
 * Messages that arrive whole are read in place from the chunk; only the rest of an incomplete one is copied. Views into the
 * chunk die when `consume` returns.
 */
import { NetInputTooLarge } from "./errors.js";

/**
 * Takes complete messages from the front of `bytes[start, end)`.
 *
 * @returns how many bytes were used; 0 = wait for more. What it throws ends the connection.
 */
export type Consume = (bytes: Uint8Array, start: number, end: number) => number;

const SMALLEST_HOLD_BYTES = 4096;

export class InputReader {
  readonly #consume: Consume;
  readonly #maxBufferedBytes: number;
  #held: Uint8Array | undefined;
  #heldLength = 0;
  #isBlocked = false;

  /** @param maxBufferedBytes most bytes kept while a message is incomplete; more throws NET_INPUT_TOO_LARGE */
  constructor(consume: Consume, maxBufferedBytes: number) {
    this.#consume = consume;
    this.#maxBufferedBytes = maxBufferedBytes;
  }

  /** Bytes of an incomplete message, or that wait behind `block()`. */
  get heldBytes(): number {
    return this.#heldLength;
  }

  /** True between `block()` and `unblock()`. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** New bytes arrived. They are not kept by reference. @throws {NetInputTooLarge} or what `consume` threw */
  push(bytes: Uint8Array, start: number, end: number): void {
    if (this.#heldLength === 0) {
      const used = this.#isBlocked ? 0 : this.#consume(bytes, start, end);
      if (start + used < end) this.#hold(bytes, start + used, end);
      return;
    }
    this.#hold(bytes, start, end);
    if (!this.#isBlocked) this.#consumeHeld();
  }

  /** Forgets what it holds: requests that still run may keep the connection in memory. */
  clear(): void {
    this.#held = undefined;
    this.#heldLength = 0;
  }

  /** Until `unblock()`, bytes are only kept. May be called from `consume`. */
  block(): void {
    this.#isBlocked = true;
  }

  /** Goes on with what waits. @throws what `consume` threw */
  unblock(): void {
    this.#isBlocked = false;
    if (this.#heldLength > 0) this.#consumeHeld();
  }

  #consumeHeld(): void {
    const held = this.#held!;
    const length = this.#heldLength;
    const used = this.#consume(held, 0, length);
    if (used === 0) return;
    this.#heldLength = length - used;
    if (this.#heldLength === 0) this.#held = undefined;
    else held.copyWithin(0, used, length);
  }

  #hold(bytes: Uint8Array, start: number, end: number): void {
    const size = this.#heldLength + end - start;
    if (size > this.#maxBufferedBytes) {
      throw new NetInputTooLarge({ bufferedBytes: size, limitBytes: this.#maxBufferedBytes });
    }
    if (this.#held === undefined || this.#held.length < size) this.#grow(size);
    this.#held!.set(bytes.subarray(start, end), this.#heldLength);
    this.#heldLength = size;
  }

  #grow(size: number): void {
    let capacity = Math.max(SMALLEST_HOLD_BYTES, (this.#held?.length ?? 0) * 2);
    while (capacity < size) capacity *= 2;
    const grown = Buffer.allocUnsafeSlow(capacity);
    if (this.#held !== undefined) grown.set(this.#held.subarray(0, this.#heldLength));
    this.#held = grown;
  }
}
