/**
 * One TCP connection of the server: its protocol, its limits and its end. Its first byte tells the protocol: a capital letter starts an
 * HTTP request; everything else is a frame, or fails as one.
 */
import { type AppError, formatHostPort, isAppError } from "@msec/core";
import {
  type InputStream,
  NetIdle,
  type OutputBatcher,
  type OutputBufferPool,
  StreamConnection,
  type StreamConnectionLimits,
} from "@msec/net";
import type { ProtoWriter, WireError } from "@msec/protocol";
import { PeerLost } from "../errors.js";
import type { BufferWatch } from "../security/buffer-watch.js";
import type { PeerSecurity } from "../security/server-security.js";
import { FrameExchange, type FramePeer } from "./frame-exchange.js";
import { HttpExchange, type HttpPeer } from "./http-exchange.js";
import { RunningRequests } from "./running-requests.js";
import type { ServerCore } from "./server-core.js";
import type { RequestContext } from "./server-peer.js";
import type { BoundMethod } from "./service-binding.js";

export interface ServerConnectionOptions {
  readonly core: ServerCore;
  readonly stream: InputStream;
  readonly address: string;
  readonly localAddress: string;
  readonly pool: OutputBufferPool<ProtoWriter>;
  readonly maxFrameBytes: number;
  readonly limits: StreamConnectionLimits;
  readonly buffers: Pick<BufferWatch, "noteTraffic">;
  /** What TLS told about the peer. */
  readonly security?: PeerSecurity | undefined;
  readonly onClose: (connection: ServerConnection) => void;
}

export class ServerConnection implements FramePeer, HttpPeer {
  readonly core: ServerCore;
  readonly address: string;
  readonly localAddress: string;
  readonly security: PeerSecurity | undefined;
  readonly running = new RunningRequests();
  arrivedMs = 0;
  nowMs = 0;
  inFlight = 0;
  isLost = false;
  readonly #connection: StreamConnection<ProtoWriter>;
  readonly #buffers: Pick<BufferWatch, "noteTraffic">;
  readonly #maxFrameBytes: number;
  readonly #onClose: (connection: ServerConnection) => void;
  /** The protocol that the first byte told; the other stays undefined. */
  #frames: FrameExchange | undefined;
  #http: HttpExchange | undefined;
  #hasEnded = false;
  /** The next answer with nothing under way is the last one here. */
  #isLeaving = false;

  constructor(options: ServerConnectionOptions) {
    this.core = options.core;
    this.address = options.address;
    this.localAddress = options.localAddress;
    this.security = options.security;
    this.#buffers = options.buffers;
    this.#maxFrameBytes = options.maxFrameBytes;
    this.#onClose = options.onClose;
    this.#connection = new StreamConnection({
      stream: options.stream,
      pool: options.pool,
      wheel: options.core.wheel,
      clock: options.core.clock,
      address: options.address,
      limits: { maxBufferedInputBytes: options.maxFrameBytes + (64 << 10), ...options.limits },
      consume: (bytes, start, end) => this.#consume(bytes, start, end),
      onEnd: () => this.#onEnd(),
      onClose: (error) => this.#onClosed(error),
      isBusy: () => this.inFlight > 0,
      onReadFailed: () => {
        this.#hasEnded = true;
      },
      traffic: options.core.counts,
    });
  }

  answer(ctx: RequestContext, method: BoundMethod, response: unknown): void {
    if (this.isLost) return;
    if (ctx.protocol === "http") {
      this.#http?.answer(ctx, method, response);
      return;
    }
    this.#frames?.answer(ctx, method, response);
    this.#endIfDone();
  }

  answerError(ctx: RequestContext, error: WireError): void {
    if (this.isLost) return;
    if (ctx.protocol === "http") {
      this.#http?.answerError(ctx, error);
      return;
    }
    this.#frames?.answerError(ctx, error);
    this.#endIfDone();
  }

  answerDropped(): void {
    if (!this.isLost) this.#endIfDone();
  }

  /** Tells a peer that understands it to send nothing more here; it closes the connection when its last answer has come. */
  announceStop(): void {
    if (!this.isLost) this.#frames?.announceStop();
  }

  /** Monotonic time of the last complete message. */
  get lastMessageMs(): number {
    return this.#connection.lastMessageMs;
  }

  endAfterAnswer(): void {
    setImmediate(() => this.end());
  }

  /** Bytes of a message that the peer has begun and not finished. */
  get incompleteBytes(): number {
    return this.#http?.incompleteBytes ?? this.#connection.incompleteBytes;
  }

  /** What it holds in memory beside the requests under way. */
  get heldBytes(): number {
    return this.#connection.heldBytes + (this.#http?.incompleteBytes ?? 0);
  }

  /** Changes with each whole message. */
  get progressMark(): number {
    return this.#http?.requests ?? this.#connection.lastMessageMs;
  }

  /** Closes behind the next answer with nothing under way: a peer that asks one by one finds that before it asks again. */
  endBehindAnswer(): void {
    this.#isLeaving = true;
    this.#hasEnded = true;
  }

  /** Sends what is queued and closes. */
  end(): void {
    this.#connection.end();
  }

  destroy(error?: AppError): void {
    this.#connection.destroy(error);
  }

  /** Goes on after `blockInput()`. */
  unblockInput(): void {
    this.#connection.unblockInput();
    this.#endIfDone();
  }

  get output(): OutputBatcher<ProtoWriter> {
    return this.#connection.output;
  }

  blockInput(): void {
    this.#connection.blockInput();
  }

  #consume(bytes: Uint8Array, start: number, end: number): number {
    this.arrivedMs = this.#connection.readMs;
    this.nowMs = this.arrivedMs;
    this.#buffers.noteTraffic();
    if (this.#frames !== undefined) return this.#frames.consume(bytes, start, end);
    if (this.#http !== undefined) return this.#http.consume(bytes, start, end);
    return this.#recognise(bytes[start]!).consume(bytes, start, end);
  }

  /** The first byte decides for the whole connection. */
  #recognise(firstByte: number): FrameExchange | HttpExchange {
    const isVerb = firstByte >= 0x41 && firstByte <= 0x5a;
    if (isVerb) {
      this.#http = new HttpExchange(this, this.#maxFrameBytes);
      return this.#http;
    }
    this.#frames = new FrameExchange(this, this.#maxFrameBytes);
    return this.#frames;
  }

  /**
   * Clients of this generation never close one side only: their end means that nobody waits. Others (scripts around `nc`) still get
   * their answers.
   */
  #onEnd(): void {
    this.#hasEnded = true;
    if (this.#frames?.knowsNotice === true && this.inFlight > 0) this.destroy();
    else this.#endIfDone();
  }

  /**
   * Behind all that came in one chunk, and with `close` instead of `shutdown`: that one comes a turn of the event loop later, and a peer
   * that asks one by one might have asked again by then.
   */
  #leave(): void {
    if (this.isLost || this.inFlight > 0) return;
    this.output.flush();
    if (this.output.queuedBytes === 0) this.destroy();
    else this.end();
  }

  #endIfDone(): void {
    if (!this.#hasEnded || this.inFlight > 0 || this.#http?.isBusy === true) return;
    this.#frames?.sayLastWords();
    if (this.#isLeaving) process.nextTick(() => this.#leave());
    else this.end();
  }

  #onClosed(error: unknown): void {
    this.isLost = true;
    this.#http = undefined; // with its buffers: requests that still run keep the connection in memory
    this.core.counts.closedConnections++;
    if (error instanceof NetIdle) this.core.counts.expiredConnections++;
    if (isAppError(error)) {
      this.core.logger.debug("connection closed", { peer: this.address, reason: error.reason, text: error.message });
    }
    // An error takes its stack trace: a tenth of what a short connection costs.
    if (!this.running.isEmpty) this.running.abandonAll(new PeerLost({ peer: this.address }));
    this.#onClose(this);
  }
}

/** `ip:port` of a socket's end; empty parts when it is gone already. */
export function endpointText(host: string | undefined, port: number | undefined): string {
  return formatHostPort({ host: host ?? "", port: port ?? 0 });
}
