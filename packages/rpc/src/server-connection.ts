/** One TCP connection of the server. Its first byte tells the protocol: `(` starts a frame, a capital letter an HTTP request. */
import { type AppError, formatHostPort, isAppError } from "@msec/core";
import {
  type InputStream,
  NetIdle,
  type OutputBufferPool,
  StreamConnection,
  type StreamConnectionLimits,
} from "@msec/net";
import {
  appendFrame,
  CAPABILITY_CANCEL,
  closeFrame,
  createFrameSlice,
  createHead,
  decodeHead,
  encodeHead,
  FrameTooLarge,
  frameLength,
  openFrame,
  type ProtoWriter,
  type RpcHead,
  resetHead,
  sliceFrame,
  type WireError,
  wireErrorOf,
} from "@msec/protocol";
import { HeadInvalid, PeerLost, ShuttingDown } from "./errors.js";
import { HttpExchange } from "./http-exchange.js";
import { fillReplyHead } from "./reply-head.js";
import { RunningRequests } from "./running-requests.js";
import type { PeerSecurity } from "./security/server-security.js";
import type { ReceivedFrame, RequestContext, ServerCore, ServerPeer } from "./server-core.js";
import type { BoundMethod } from "./service-binding.js";
import {
  ERR_INVALID_HEAD,
  ERR_INVALID_PACKAGE,
  fillUnreadableHead,
  readRefusedHead,
  type UnreadableError,
} from "./unreadable-request.js";

const NO_BYTES = new Uint8Array(0);

export interface ServerConnectionOptions {
  readonly core: ServerCore;
  readonly stream: InputStream;
  readonly address: string;
  readonly localAddress: string;
  readonly pool: OutputBufferPool<ProtoWriter>;
  readonly maxFrameBytes: number;
  readonly limits: StreamConnectionLimits;
  /** What TLS told about the peer. */
  readonly security?: PeerSecurity | undefined;
  readonly onClose: (connection: ServerConnection) => void;
}

type CurrentFrame = Required<ReceivedFrame>;

/** Decoding and encoding are synchronous and never re-entered: one object each serves all connections. */
const requestHead = createHead();
const replyHead = createHead();
const slice = createFrameSlice();

export class ServerConnection implements ServerPeer {
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
  readonly #maxFrameBytes: number;
  readonly #onClose: (connection: ServerConnection) => void;
  readonly #frame: CurrentFrame = {
    peer: this,
    head: requestHead,
    bytes: NO_BYTES,
    slice,
    echoEnd: 0,
    current: undefined,
  };
  #http: HttpExchange | undefined;
  #isFirst = true;
  #hasEnded = false;
  /** The next answer with nothing under way is the last one here. */
  #isLeaving = false;
  /** A frame has come: the peer speaks our protocol. */
  #hasServed = false;
  #hasToldCapabilities = false;
  /** The peer is a client of this generation: it understands a notice that we are about to stop. */
  #knowsNotice = false;

  constructor(options: ServerConnectionOptions) {
    this.core = options.core;
    this.address = options.address;
    this.localAddress = options.localAddress;
    this.security = options.security;
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
      traffic: options.core.counts,
    });
  }

  answer(ctx: RequestContext, method: BoundMethod, response: unknown): void {
    if (this.isLost) return;
    if (ctx.protocol === "http") {
      this.#http?.answer(ctx, method, response);
      return;
    }
    const writer = this.#writer();
    const start = openFrame(writer);
    if (this.#isEcho(ctx)) writer.rawPart(this.#frame.bytes, slice.headStart, this.#frame.echoEnd);
    else encodeHead(this.#replyHead(ctx), writer);
    const bodyStart = writer.length;
    try {
      method.type.output.encode(response, writer);
    } catch (error) {
      writer.truncate(start);
      throw error;
    }
    const size = closeFrame(writer, start, bodyStart);
    if (size > this.#maxFrameBytes) {
      writer.truncate(writer.length - size);
      throw new FrameTooLarge({ sizeBytes: size, limitBytes: this.#maxFrameBytes });
    }
    this.#endIfDone();
  }

  answerError(ctx: RequestContext, error: WireError): void {
    if (this.isLost) return;
    if (ctx.protocol === "http") {
      this.#http?.answerError(ctx, error);
      return;
    }
    appendFrame(this.#writer(), this.#replyHead(ctx, error));
    this.#endIfDone();
  }

  answerDropped(): void {
    if (!this.isLost) this.#endIfDone();
  }

  /** Tells a peer that understands it to send nothing more here; it closes the connection when its last answer has come. */
  announceStop(): void {
    if (this.isLost || !this.#knowsNotice) return;
    resetHead(replyHead);
    replyHead.err = -11;
    replyHead.reason = ShuttingDown.reason;
    appendFrame(this.#connection.output.open(), replyHead);
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

  get output(): StreamConnection<ProtoWriter>["output"] {
    return this.#connection.output;
  }

  blockInput(): void {
    this.#connection.blockInput();
  }

  /** A good answer given while the request's bytes are still here, with nothing to add: it repeats the request's head. */
  #isEcho(ctx: RequestContext): boolean {
    const frame = this.#frame;
    return (
      ctx === frame.current &&
      frame.echoEnd !== 0 &&
      this.#hasToldCapabilities &&
      (requestHead.flowIdLow !== 0 || requestHead.flowIdHigh !== 0) &&
      ctx.coloring === (requestHead.coloring !== 0)
    );
  }

  /** The first answer tells what this server understands. */
  #replyHead(ctx: RequestContext, error?: WireError): RpcHead {
    const head = fillReplyHead(replyHead, ctx, error);
    if (!this.#hasToldCapabilities) {
      this.#hasToldCapabilities = true;
      head.capabilities = CAPABILITY_CANCEL;
    }
    return head;
  }

  #writer(): ProtoWriter {
    const { output } = this.#connection;
    try {
      output.check();
    } catch (error) {
      // Rule for a peer that asks and never reads: it loses the connection.
      this.#connection.destroy(isAppError(error) ? error : undefined);
    }
    return output.open();
  }

  #consume(bytes: Uint8Array, start: number, end: number): number {
    this.arrivedMs = this.#connection.readMs;
    this.nowMs = this.arrivedMs;
    if (this.#http === undefined && this.#isFirst) this.#recognise(bytes[start]!);
    if (this.#http !== undefined) return this.#http.consume(bytes, start, end);
    let at = start;
    while (at < end) {
      const used = this.#onFrame(bytes, at, end);
      if (used === 0) break;
      at += used;
    }
    return at - start;
  }

  /** The first byte decides for the whole connection; what is neither fails as a frame. */
  #recognise(firstByte: number): void {
    this.#isFirst = false;
    const isVerb = firstByte >= 0x41 && firstByte <= 0x5a;
    if (isVerb) this.#http = new HttpExchange(this, this.#maxFrameBytes);
  }

  #onFrame(bytes: Uint8Array, at: number, end: number): number {
    let size: number;
    try {
      size = frameLength(bytes, at, end, this.#maxFrameBytes);
    } catch (error) {
      this.#onBadFrame(bytes, at, end, error);
      throw error;
    }
    if (size === 0) return 0;
    this.#hasServed = true;
    sliceFrame(bytes, at, slice);
    try {
      this.#frame.echoEnd = decodeHead(bytes, slice.headStart, slice.headEnd, requestHead);
    } catch (error) {
      this.#onBadHead(error);
      return size;
    }
    if (!this.#knowsNotice && requestHead.timeoutMs !== 0) this.#onNewPeer();
    this.#frame.bytes = bytes;
    this.core.dispatch(this.#frame);
    this.#frame.current = undefined;
    return size;
  }

  /** The first request of a peer that understands the notice; this process may be about to hand over already. */
  #onNewPeer(): void {
    this.#knowsNotice = true;
    if (this.core.isHandingOver) this.announceStop();
  }

  #onBadHead(cause: unknown): void {
    const problem = cause instanceof Error ? cause.message : String(cause);
    const error = new HeadInvalid({ problem }, { cause });
    this.#answerUnreadable({ err: ERR_INVALID_HEAD, reason: error.reason, errMsg: error.message });
    // Nobody can match an answer without a sequence, so the end of the connection says the same.
    if (requestHead.sequenceHigh === 0 && requestHead.sequenceLow === 0) throw error;
  }

  /** Frames can't be told apart any more. What came before is answered; so is this one, then the connection closes. */
  #onBadFrame(bytes: Uint8Array, at: number, end: number, error: unknown): void {
    const isFrame = readRefusedHead(bytes, at, end, requestHead);
    if (!isFrame && !this.#hasServed) return;
    const { reason, errMsg } = wireErrorOf(error);
    this.#answerUnreadable({ err: ERR_INVALID_PACKAGE, reason, errMsg });
  }

  #answerUnreadable(error: UnreadableError): void {
    appendFrame(this.#writer(), fillUnreadableHead(replyHead, requestHead, error));
  }

  /**
   * Clients of this generation never close one side only: their end means that nobody waits. Others (scripts around `nc`) still get
   * their answers.
   */
  #onEnd(): void {
    this.#hasEnded = true;
    if (this.#knowsNotice && this.inFlight > 0) this.destroy();
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
    if (this.#isLeaving) process.nextTick(() => this.#leave());
    else this.end();
  }

  #onClosed(error: unknown): void {
    this.isLost = true;
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
