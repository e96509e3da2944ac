/**
 * Output of one stream, coalesced: what is written during one turn of the event loop leaves in one system call. One write per
 * reply costs ten times the CPU of everything else in an echo (findings, "Frame server prototype").
 *
 * The buffer comes from a pool shared by all batchers of a process and goes back as soon as the kernel has taken the bytes, so
 * thousands of quiet connections share a few buffers.
 */
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { DirectOutput } from "./direct-output.js";
import { NetOutputFull } from "./errors.js";

/** A growable buffer; `ProtoWriter` is one. */
export interface OutputBuffer {
  /** Bytes written so far. */
  readonly length: number;
  /** Memory that it holds. */
  readonly capacityBytes: number;
  /** View of what was written; valid until the next write or reset. */
  view(): Uint8Array;
  reset(): unknown;
}

/** Buffers waiting for use. Larger ones than `maxBytes` are dropped, so that one big message does not stay in memory. */
export class OutputBufferPool<B extends OutputBuffer> {
  readonly #create: () => B;
  readonly #free: B[] = [];
  readonly #maxFree: number;
  readonly #maxBytes: number;

  constructor(create: () => B, options: { readonly maxFree?: number; readonly maxBytes?: number } = {}) {
    this.#create = create;
    this.#maxFree = options.maxFree ?? 64;
    this.#maxBytes = options.maxBytes ?? 1 << 20;
  }

  take(): B {
    return this.#free.pop() ?? this.#create();
  }

  give(buffer: B): void {
    const isSmall = buffer.capacityBytes <= this.#maxBytes;
    buffer.reset();
    if (isSmall && this.#free.length < this.#maxFree) this.#free.push(buffer);
  }
}

/** Bytes of one or many streams since somebody began to count. */
export interface StreamTraffic {
  receivedBytes: number;
  sentBytes: number;
}

/** Where bytes are counted that nobody asks for: always the same object, so that counting needs no question. */
export const UNREAD: StreamTraffic = { receivedBytes: 0, sentBytes: 0 };

export interface OutputBatcherOptions<B extends OutputBuffer> {
  readonly stream: Duplex;
  readonly pool: OutputBufferPool<B>;
  /** For error texts. */
  readonly address: string;
  /** Most bytes that may wait for a peer that does not read. Default 64 MiB. The rule when full: {@link OutputBatcher.check} refuses. */
  readonly maxQueuedBytes?: number;
  /** What is handed to the stream is added here. */
  readonly traffic?: StreamTraffic;
  /** Output that waited has left past the stream, which will say no 'drain' for it. */
  readonly onDrain?: () => void;
}

export class OutputBatcher<B extends OutputBuffer> {
  readonly #stream: Duplex;
  readonly #pool: OutputBufferPool<B>;
  readonly #address: string;
  readonly #maxQueuedBytes: number;
  readonly #traffic: StreamTraffic;
  /** The kernel has copied the bytes of a finished write only with real sockets; other streams may pass the chunk on. */
  readonly #isReusable: boolean;
  readonly #direct: DirectOutput | undefined;
  #buffer: B | undefined;
  #isScheduled = false;
  #holds = 0;
  readonly #flushLater = (): void => {
    this.#isScheduled = false;
    if (this.#holds === 0) this.flush();
  };

  constructor(options: OutputBatcherOptions<B>) {
    this.#stream = options.stream;
    this.#pool = options.pool;
    this.#address = options.address;
    this.#maxQueuedBytes = options.maxQueuedBytes ?? 64 << 20;
    this.#traffic = options.traffic ?? UNREAD;
    this.#isReusable = options.stream instanceof Socket;
    this.#direct = DirectOutput.of(options.stream, () => options.onDrain?.());
  }

  /** Bytes that wait: not flushed yet, or flushed and not taken by the kernel. */
  get queuedBytes(): number {
    return (this.#buffer?.length ?? 0) + (this.#direct?.queuedBytes ?? 0) + this.#stream.writableLength;
  }

  /** Throws when the peer has stopped reading. Ask before each message. @throws {NetOutputFull} */
  check(): void {
    const queuedBytes = this.queuedBytes;
    if (queuedBytes <= this.#maxQueuedBytes) return;
    throw new NetOutputFull({ address: this.#address, queuedBytes, limitBytes: this.#maxQueuedBytes });
  }

  /** The buffer to append to now. It leaves at the end of the turn (or of the hold); don't keep it. */
  open(): B {
    if (this.#buffer === undefined) this.#buffer = this.#pool.take();
    if (this.#holds === 0 && !this.#isScheduled) {
      this.#isScheduled = true;
      process.nextTick(this.#flushLater);
    }
    return this.#buffer;
  }

  /** Until `release()`, writes only gather. Used around the handling of one input chunk. Nests. */
  hold(): void {
    this.#holds++;
  }

  release(): void {
    if (--this.#holds === 0) this.flush();
  }

  /** Hands everything to the stream now. */
  flush(): void {
    const buffer = this.#buffer;
    if (buffer === undefined) return;
    this.#buffer = undefined;
    if (buffer.length === 0 || !this.#stream.writable) {
      this.#pool.give(buffer);
      return;
    }
    this.#traffic.sentBytes += buffer.length;
    this.#write(buffer);
  }

  #write(buffer: B): void {
    const stream = this.#stream;
    const direct = this.#direct;
    if (direct?.write(buffer.view())) {
      if (direct.queuedBytes === 0) this.#pool.give(buffer);
    } else if (this.#isReusable) {
      stream.write(buffer.view());
      // Taken by the kernel at once: the usual case. Otherwise the stream still reads from it, and the collector gets it later.
      if (stream.writableLength === 0) this.#pool.give(buffer);
    } else {
      // Not slice(): a Buffer would only give another view.
      stream.write(Buffer.from(buffer.view()));
      this.#pool.give(buffer);
    }
  }
}
