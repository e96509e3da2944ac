/**
 * Frames over TCP: requests in any number at a time, answers in the order in which they are ready. What can't be read is answered where
 * somebody may understand it. Spec: docs/protocols/srpc.md.
 */
import { type AppError, isAppError } from "@msec/core";
import type { OutputBatcher } from "@msec/net";
import {
  appendFrame,
  CAPABILITY_CANCEL,
  closeFrame,
  createFrameSlice,
  createHead,
  decodeHead,
  encodeFrame,
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
import { HeadInvalid, ShuttingDown } from "../errors.js";
import { fillReplyHead } from "./reply-head.js";
import type { ServerCore } from "./server-core.js";
import type { ReceivedFrame, RequestContext, ServerPeer } from "./server-peer.js";
import type { BoundMethod } from "./service-binding.js";
import {
  ERR_INVALID_HEAD,
  ERR_INVALID_PACKAGE,
  fillUnreadableHead,
  readRefusedHead,
  type UnreadableError,
} from "./unreadable-request.js";

const NO_BYTES = new Uint8Array(0);

export interface FramePeer extends ServerPeer {
  readonly core: ServerCore;
  readonly output: OutputBatcher<ProtoWriter>;
  destroy(error?: AppError): void;
}

/** Decoding and encoding are synchronous and never re-entered: one object each serves all connections. */
const requestHead = createHead();
const replyHead = createHead();
const slice = createFrameSlice();

export class FrameExchange {
  /** The peer is a client of this generation: it understands a notice that we are about to stop. */
  knowsNotice = false;
  readonly #peer: FramePeer;
  readonly #output: OutputBatcher<ProtoWriter>;
  readonly #maxFrameBytes: number;
  readonly #frame: Required<ReceivedFrame>;
  /** A frame has come: the peer speaks our protocol. */
  #hasServed = false;
  #hasToldCapabilities = false;
  /** An answer behind all others: what came after the last good frame. */
  #lastWords: Uint8Array | undefined;

  constructor(peer: FramePeer, maxFrameBytes: number) {
    this.#peer = peer;
    this.#output = peer.output;
    this.#maxFrameBytes = maxFrameBytes;
    this.#frame = { peer, head: requestHead, bytes: NO_BYTES, slice, echoEnd: 0, current: undefined };
  }

  /** Dispatches the whole frames there are. @returns the bytes used */
  consume(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end) {
      const used = this.#onFrame(bytes, at, end);
      if (used === 0) break;
      at += used;
    }
    return at - start;
  }

  /** @throws what encoding throws, PROTO_FRAME_TOO_LARGE; then nothing was written */
  answer(ctx: RequestContext, method: BoundMethod, response: unknown): void {
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
  }

  answerError(ctx: RequestContext, error: WireError): void {
    appendFrame(this.#writer(), this.#replyHead(ctx, error));
  }

  /** Tells a peer that understands it to send nothing more here; it closes the connection when its last answer has come. */
  announceStop(): void {
    if (!this.knowsNotice) return;
    resetHead(replyHead);
    replyHead.err = -11;
    replyHead.reason = ShuttingDown.reason;
    appendFrame(this.#output.open(), replyHead);
  }

  /** What could not be read is answered when all that came before is. */
  sayLastWords(): void {
    if (this.#lastWords !== undefined) this.#output.open().raw(this.#lastWords);
    this.#lastWords = undefined;
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
    if (!this.knowsNotice && requestHead.timeoutMs !== 0) this.#onNewPeer();
    this.#frame.bytes = bytes;
    this.#peer.core.dispatch(this.#frame);
    this.#frame.current = undefined;
    return size;
  }

  /** The first request of a peer that understands the notice; this process may be about to hand over already. */
  #onNewPeer(): void {
    this.knowsNotice = true;
    if (this.#peer.core.isHandingOver && !this.#peer.isLost) this.announceStop();
  }

  #onBadHead(cause: unknown): void {
    const problem = cause instanceof Error ? cause.message : String(cause);
    const error = new HeadInvalid({ problem }, { cause });
    const unreadable = { err: ERR_INVALID_HEAD, reason: error.reason, errMsg: error.message };
    if (requestHead.sequenceHigh !== 0 || requestHead.sequenceLow !== 0) {
      this.#answerUnreadable(unreadable);
      return;
    }
    // Nobody can match an answer without a sequence, so the end of the connection says the same.
    this.#answerLast(unreadable);
    throw error;
  }

  /** Frames can't be told apart any more. What came before is answered, then this one, and the connection closes. */
  #onBadFrame(bytes: Uint8Array, at: number, end: number, error: unknown): void {
    const isFrame = readRefusedHead(bytes, at, end, requestHead);
    if (!isFrame && !this.#hasServed) return;
    const { reason, errMsg } = wireErrorOf(error);
    this.#answerLast({ err: ERR_INVALID_PACKAGE, reason, errMsg });
  }

  #answerLast(error: UnreadableError): void {
    if (this.#peer.inFlight === 0) this.#answerUnreadable(error);
    else this.#lastWords = encodeFrame(fillUnreadableHead(replyHead, requestHead, error));
  }

  #answerUnreadable(error: UnreadableError): void {
    appendFrame(this.#writer(), fillUnreadableHead(replyHead, requestHead, error));
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
    try {
      this.#output.check();
    } catch (error) {
      // Rule for a peer that asks and never reads: it loses the connection.
      this.#peer.destroy(isAppError(error) ? error : undefined);
    }
    return this.#output.open();
  }
}
