/**
 * Values of ZooKeeper's wire format. Integers are big-endian; text and bytes have a 32-bit length in front, −1 = null; a list has
 * a 32-bit count in front. Each frame on the connection has its length in 4 bytes in front.
 */
import { ZookeeperAnswerInvalid } from "./errors.js";

/** Writes one frame; the length in front is filled in at the end. */
export class JuteWriter {
  #bytes = Buffer.allocUnsafe(256);
  #at = 4;

  int(value: number): this {
    this.#at = this.#room(4).writeInt32BE(value, this.#at);
    return this;
  }

  long(value: bigint): this {
    this.#at = this.#room(8).writeBigInt64BE(value, this.#at);
    return this;
  }

  bool(value: boolean): this {
    this.#at = this.#room(1).writeUInt8(value ? 1 : 0, this.#at);
    return this;
  }

  bytes(value: Uint8Array | undefined): this {
    if (value === undefined) return this.int(-1);
    this.int(value.length);
    this.#room(value.length).set(value, this.#at);
    this.#at += value.length;
    return this;
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value));
  }

  frame(): Buffer {
    this.#bytes.writeInt32BE(this.#at - 4, 0);
    return this.#bytes.subarray(0, this.#at);
  }

  #room(more: number): Buffer {
    if (this.#at + more > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#at + more));
      this.#bytes.copy(grown, 0, 0, this.#at);
      this.#bytes = grown;
    }
    return this.#bytes;
  }
}

/** Reads the inside of one frame. @throws {ZookeeperAnswerInvalid} it ends too early */
export class JuteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  long(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  /** Of its own memory: what is read may outlive the frame. */
  bytes(): Buffer {
    const length = this.int();
    if (length < 0) return Buffer.alloc(0);
    const from = this.#take(length);
    return Buffer.from(this.#bytes.subarray(from, from + length));
  }

  text(): string {
    return this.bytes().toString();
  }

  texts(): string[] {
    const count = this.int();
    const texts: string[] = [];
    for (let n = 0; n < count; n += 1) texts.push(this.text());
    return texts;
  }

  #take(length: number): number {
    const from = this.#at;
    if (from + length > this.#bytes.length)
      throw new ZookeeperAnswerInvalid({ problem: `it ends after ${this.#bytes.length} B, ${from + length} expected` });
    this.#at += length;
    return from;
  }
}
