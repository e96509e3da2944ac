/**
 * Business log and hop records of one process on their way to the agent: two bounded buffers and one TCP connection that is opened
 * anew when it is lost. The log goes first: however many hop records there are, they push out none of it.
 *
 * Drop rule: when a buffer is full its oldest record (of hops: batch) goes, since the newest ones tell the present; each is counted.
 * An agent that does not keep up stops reading, and this is where it shows. Records of a write that the kernel had not taken when the
 * connection broke are sent again, so a record may arrive twice. Nothing here throws or blocks, whether there is an agent or not.
 */
import type { Socket } from "node:net";
import { type HostPort, isAppError } from "@msec/core";
import { dialTcp } from "@msec/net";
import { appendLogEvent, hopFrameCount, ProtoWriter } from "@msec/protocol";
import { RecordQueue } from "./record-queue.js";

export interface LogEmitterOptions {
  /** Log port of the agent; asked before each attempt to connect. Undefined = no agent here (yet). */
  readonly address: () => HostPort | undefined;
  /** Records that may wait. Default 10000. */
  readonly maxRecords?: number;
  /** Bytes that may wait. Default 8 MiB. */
  readonly maxBytes?: number;
  /** Bytes of hop batches that may wait. Default 4 MiB, 60,000 records or more. */
  readonly maxHopBytes?: number;
  /** Pause in which records gather for one write. Default 20. */
  readonly batchMs?: number;
  /** First pause between attempts to connect; doubles up to 5000. Default 100. */
  readonly retryMs?: number;
}

export interface LogEmitterCounts {
  /** Records given to the kernel. */
  readonly sent: number;
  /** Oldest records dropped since the buffer was full. */
  readonly dropped: number;
  /** Records above 10240 bytes even with their text cut; not sent. */
  readonly tooLarge: number;
  readonly waiting: number;
  readonly hopsSent: number;
  /** Hop records that went with the oldest batches, since the buffer was full. */
  readonly hopsDropped: number;
  readonly hopsWaiting: number;
}

const MAX_BODY_BYTES = 7_168;
const MAX_BATCH_BYTES = 64 << 10;
/** A busy loop turns a few hundred times a second, and one write goes out per turn. */
const MAX_HOP_WRITE_BYTES = 1 << 20;
const MAX_RETRY_MS = 5_000;
const MAX_HOP_BATCHES = 10_000;
const NOTHING: readonly Uint8Array[] = [];

type Link =
  | { readonly kind: "closed" }
  | { readonly kind: "opening" }
  | { readonly kind: "pausing"; readonly timer: NodeJS.Timeout }
  | { readonly kind: "open"; readonly socket: Socket };

export class LogEmitter {
  readonly #options: LogEmitterOptions;
  readonly #queue: RecordQueue;
  readonly #hops: RecordQueue;
  readonly #batchMs: number;
  #link: Link = { kind: "closed" };
  #batchTimer: NodeJS.Timeout | undefined;
  #unwritten: readonly Uint8Array[] = NOTHING;
  /** Where they came from. */
  #unwrittenOf: RecordQueue;
  #retryMs: number;
  #sent = 0;
  #hopsSent = 0;
  #tooLarge = 0;
  #isClosed = false;
  #onIdle: () => void = () => undefined;
  #onHopsDone: (frame: Uint8Array) => void = () => undefined;

  constructor(options: LogEmitterOptions) {
    this.#options = options;
    this.#queue = new RecordQueue(options.maxRecords ?? 10_000, options.maxBytes ?? 8 << 20);
    this.#hops = new RecordQueue(MAX_HOP_BATCHES, options.maxHopBytes ?? 4 << 20, hopFrameCount);
    this.#unwrittenOf = this.#queue;
    this.#batchMs = options.batchMs ?? 20;
    this.#retryMs = options.retryMs ?? 100;
  }

  get counts(): LogEmitterCounts {
    return {
      sent: this.#sent,
      dropped: this.#queue.dropped,
      tooLarge: this.#tooLarge,
      waiting: this.#queue.weight + this.#underWay(this.#queue),
      hopsSent: this.#hopsSent,
      hopsDropped: this.#hops.dropped,
      hopsWaiting: this.#hops.weight + this.#underWay(this.#hops),
    };
  }

  /** Queues one record. A text above 7168 bytes is cut. */
  write(headers: Readonly<Record<string, string>>, body: string): void {
    if (this.#isClosed) return;
    const frame = tryEncode(headers, body);
    if (!frame) {
      this.#tooLarge++;
      return;
    }
    this.#enqueue(this.#queue, frame);
  }

  /** Called with each frame of `writeHops` that was sent or dropped. */
  set onHopsDone(done: (frame: Uint8Array) => void) {
    this.#onHopsDone = done;
    this.#hops.onDropped = done;
  }

  /** Queues a frame of `HopBatchWriter`. */
  writeHops(frame: Uint8Array): void {
    if (!this.#isClosed) this.#enqueue(this.#hops, frame);
  }

  /** Sends what waits, at most for `timeoutMs`, then closes. Later records are ignored. */
  async close(timeoutMs = 500): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#hasWaiting && this.#options.address() !== undefined) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#onIdle = () => {
          clearTimeout(timer);
          resolve();
        };
        this.#pump();
      });
    }
    clearTimeout(this.#batchTimer);
    if (this.#link.kind === "pausing") clearTimeout(this.#link.timer);
    if (this.#link.kind === "open") this.#link.socket.end();
    this.#link = { kind: "closed" };
    this.#onIdle = () => undefined;
  }

  get #hasWaiting(): boolean {
    return this.#unwritten.length + this.#queue.count + this.#hops.count > 0;
  }

  #underWay(queue: RecordQueue): number {
    return queue === this.#unwrittenOf ? queue.weightOf(this.#unwritten) : 0;
  }

  #enqueue(queue: RecordQueue, frame: Uint8Array): void {
    queue.push(frame);
    if (queue.bytes >= MAX_BATCH_BYTES) this.#pump();
    else this.#batchTimer ??= setTimeout(() => this.#pump(), this.#batchMs).unref();
  }

  #pump(): void {
    clearTimeout(this.#batchTimer);
    this.#batchTimer = undefined;
    if (!this.#hasWaiting) this.#onIdle();
    else if (this.#link.kind === "open") this.#writeBatch(this.#link.socket);
    else if (this.#link.kind === "closed") this.#connect();
  }

  #writeBatch(socket: Socket): void {
    if (this.#unwritten.length > 0) return; // one write at a time; its callback comes back here
    const queue = this.#queue.count > 0 ? this.#queue : this.#hops;
    const batch = queue.take(queue === this.#hops ? MAX_HOP_WRITE_BYTES : MAX_BATCH_BYTES);
    if (batch.length === 0) return;
    this.#unwritten = batch;
    this.#unwrittenOf = queue;
    const onWritten = (error?: Error | null): void => {
      if (error || this.#unwritten !== batch) return; // 'close' puts them back
      this.#unwritten = NOTHING;
      if (queue === this.#queue) this.#sent += batch.length;
      else this.#onHopsWritten(batch);
      this.#pump();
    };
    if (queue === this.#queue) socket.write(Buffer.concat(batch), onWritten);
    else writeAll(socket, batch, onWritten);
  }

  #onHopsWritten(batch: readonly Uint8Array[]): void {
    this.#hopsSent += this.#hops.weightOf(batch);
    for (const frame of batch) this.#onHopsDone(frame);
  }

  #connect(): void {
    const address = this.#options.address();
    if (!address) {
      this.#pause();
      return;
    }
    this.#link = { kind: "opening" };
    dialTcp({ host: address.host, port: address.port, timeoutMs: 1_000 }).then(
      (socket) => this.#onOpen(socket),
      () => this.#pause(),
    );
  }

  #onOpen(socket: Socket): void {
    if (this.#isClosed && this.#link.kind !== "opening") {
      socket.destroy();
      return;
    }
    socket.unref();
    socket.on("error", () => undefined); // 'close' follows
    socket.on("data", () => undefined); // nothing is ever answered
    socket.on("close", () => this.#onLost(socket));
    this.#link = { kind: "open", socket };
    this.#retryMs = this.#options.retryMs ?? 100;
    this.#pump();
  }

  #onLost(socket: Socket): void {
    if (this.#link.kind !== "open" || this.#link.socket !== socket) return;
    this.#unwrittenOf.putBack(this.#unwritten);
    this.#unwritten = NOTHING;
    this.#link = { kind: "closed" };
    if (this.#hasWaiting) this.#pause();
  }

  #pause(): void {
    const timer = setTimeout(() => {
      this.#link = { kind: "closed" };
      this.#pump();
    }, this.#retryMs).unref();
    this.#retryMs = Math.min(MAX_RETRY_MS, this.#retryMs * 2);
    this.#link = { kind: "pausing", timer };
  }
}

/** Large pieces in one system call, without joining them. */
function writeAll(socket: Socket, pieces: readonly Uint8Array[], onWritten: (error?: Error | null) => void): void {
  socket.cork();
  for (const [index, piece] of pieces.entries())
    socket.write(piece, index === pieces.length - 1 ? onWritten : undefined);
  socket.uncork();
}

/** Reused: a record is at most about 10 KiB, and encoding one does not wait for anything. */
const scratch = new ProtoWriter(16 << 10);

/** Undefined when the headers alone are too large. */
function tryEncode(headers: Readonly<Record<string, string>>, body: string): Uint8Array | undefined {
  scratch.reset();
  try {
    appendLogEvent(scratch, headers, cutBody(body));
    return Buffer.from(scratch.view()); // from the pool: cheaper than an array of its own
  } catch (error) {
    if (!isAppError(error)) throw error;
    return undefined;
  }
}

/** At most {@link MAX_BODY_BYTES} of UTF-8, never half a character. */
function cutBody(body: string): string | Uint8Array {
  if (body.length * 3 <= MAX_BODY_BYTES) return body;
  const bytes = Buffer.from(body);
  if (bytes.length <= MAX_BODY_BYTES) return bytes;
  let end = MAX_BODY_BYTES;
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}
