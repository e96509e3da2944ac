/** The two ends of a connection inside one process, with the manners of TCP: order, half-close, and a reset when one end is cut off. */
import { AsyncResource } from "node:async_hooks";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { type Clock, startTimer } from "@msec/core";
import type { Wire } from "./network-link.js";

export interface MemoryAddress {
  readonly host: string;
  readonly port: number;
}

export interface MemorySocketOptions {
  readonly local: MemoryAddress;
  readonly remote: MemoryAddress;
  readonly clock: Clock;
  /** Carries what is written here to the other end. */
  readonly wire: Wire;
  /** Something is about to arrive here. */
  readonly onNews: () => void;
  /** Stays writable when the other end has said all. */
  readonly isServer: boolean;
}

/** As the system says it. */
export function systemError(code: string, address: MemoryAddress): Error {
  return Object.assign(new Error(`${code} ${address.host}:${address.port} (in memory)`), { code });
}

export class MemorySocket extends Duplex {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly #options: MemorySocketOptions;
  /** What arrives belongs to whoever opened this end, not to the request during which it was sent. */
  readonly #scope = new AsyncResource("MemorySocket");
  #peer: MemorySocket | undefined;
  #hasInputEnded = false;

  constructor(options: MemorySocketOptions) {
    super({ allowHalfOpen: options.isServer });
    this.#options = options;
    this.localAddress = options.local.host;
    this.localPort = options.local.port;
    this.remoteAddress = options.remote.host;
    this.remotePort = options.remote.port;
  }

  static join(one: MemorySocket, other: MemorySocket): void {
    one.#peer = other;
    other.#peer = one;
  }

  /** For code that expects a socket of node:net. */
  asSocket(): Socket {
    return this as unknown as Socket;
  }

  /** The process at this end is gone: it fails here at once, there when the news arrives. */
  cut(): void {
    this.#fail();
  }

  destroySoon(): void {
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy()).end();
  }

  override _read(): void {
    // arrives by itself
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const bytes = Buffer.from(chunk); // the writer uses its buffer again
    this.#whenSent(
      this.#toPeer((peer) => peer.push(bytes), bytes.length),
      done,
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#whenSent(
      this.#toPeer((peer) => peer.#endInput()),
      done,
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#toPeer((peer) => (error === null ? peer.#endInput() : peer.#fail()));
    done(error);
  }

  #fail(): void {
    const { local, remote } = this.#options;
    const at = this.#options.isServer ? remote : local;
    if (!this.destroyed) this.destroy(systemError("ECONNRESET", at));
  }

  #endInput(): void {
    if (this.#hasInputEnded) return;
    this.#hasInputEnded = true;
    this.push(null);
  }

  #whenSent(inMs: number, done: () => void): void {
    if (inMs === 0) process.nextTick(done);
    else startTimer(this.#options.clock, done, inMs);
  }

  /** @returns in how many ms it has left */
  #toPeer(work: (peer: MemorySocket) => void, sizeBytes = 0): number {
    const peer = this.#peer;
    if (peer === undefined) return 0;
    peer.#options.onNews();
    return this.#options.wire.carry(sizeBytes, () => {
      if (!peer.destroyed && !peer.#hasInputEnded) peer.#scope.runInAsyncScope(() => work(peer));
    });
  }
}
