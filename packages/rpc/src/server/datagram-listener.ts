/**
 * Frames over UDP: one datagram is one frame, the answer goes to where the request came from. What is no frame is ignored, since
 * the sender of a datagram can be forged and must not be able to make us talk. Spec: docs/protocols/srpc.md, "UDP".
 */
import { formatHostPort, type HostPort, random32 } from "@msec/core";
import { MAX_DATAGRAM_BYTES, type OpenUdpOptions, openUdp, type UdpPort } from "@msec/net";
import {
  appendFrame,
  CAPABILITY_ANSWER,
  createFrameSlice,
  createHead,
  decodeHead,
  FrameTooLarge,
  frameLength,
  ProtoWriter,
  type RpcHead,
  resetHead,
  sliceFrame,
  type WireError,
  wireErrorOf,
} from "@msec/protocol";
import type { OpenUdp } from "../client/call-channel.js";
import { DatagramAnswerTooLarge, HeadInvalid } from "../errors.js";
import { DatagramGuard, type DatagramLimits } from "./datagram-limits.js";
import { fillReplyHead } from "./reply-head.js";
import { RunningRequests } from "./running-requests.js";
import type { ServerCore } from "./server-core.js";
import type { RequestContext, ServerPeer } from "./server-peer.js";
import type { BoundMethod } from "./service-binding.js";

const ERR_INVALID_HEAD = -4;
/** As the original's. */
const RECEIVE_BUFFER_BYTES = 1 << 20;
const WARN_EVERY_MS = 10_000;

const requestHead = createHead();
const replyHead = createHead();
const slice = createFrameSlice();
const writer = new ProtoWriter(MAX_DATAGRAM_BYTES);

export interface DatagramListenerOptions {
  readonly host?: string;
  readonly port?: number;
  /** The workers of one controller share the port. Default false. */
  readonly shared?: boolean;
  readonly limits?: DatagramLimits;
  /** False: datagrams of this sender are not even parsed. */
  readonly admits?: (host: string) => boolean;
  /** Opens the port in its own way; undefined = on the network. For tests without sockets. */
  readonly open?: OpenUdp;
}

export interface DatagramListener {
  readonly address: HostPort;
  /**
   * The server is stopping. A port of its own refuses what still comes until `close()`; a shared one is closed as soon as nothing is
   * under way. At a handover other workers read the shared port from now on.
   */
  drain(isHandover: boolean): void;
  /** Resolves when the answers just written have left and the port is free. */
  close(): Promise<void>;
}

/** @throws NET_ADDRESS_IN_USE and the other reasons of `openUdp`, RPC_NETWORK_INVALID */
export async function openDatagramListener(
  core: ServerCore,
  options: DatagramListenerOptions,
): Promise<DatagramListener> {
  const listener = new UdpListener(core, options);
  await listener.open();
  return listener;
}

class UdpListener implements DatagramListener {
  readonly core: ServerCore;
  readonly #options: DatagramListenerOptions;
  readonly #guard: DatagramGuard;
  #port: UdpPort | undefined;
  #inFlight = 0;
  #isDraining = false;
  #warnedAtMs = Number.NEGATIVE_INFINITY;

  constructor(core: ServerCore, options: DatagramListenerOptions) {
    this.core = core;
    this.#options = options;
    this.#guard = new DatagramGuard(options.limits ?? {}, core.clock, random32());
  }

  get address(): HostPort {
    return this.#port?.address ?? { host: "", port: 0 };
  }

  /** Requests of all senders under way. */
  get inFlight(): number {
    return this.#inFlight;
  }

  set inFlight(count: number) {
    this.#inFlight = count;
    if (count === 0 && this.#isDraining) this.#closeSoon();
  }

  async open(): Promise<void> {
    const options: OpenUdpOptions = {
      ...this.#options,
      receiveBufferBytes: RECEIVE_BUFFER_BYTES,
      onDatagram: (bytes, from) => this.#onDatagram(bytes, from),
      onError: (error) => this.core.logger.warn("datagram could not be sent", { error }),
    };
    this.#port = await (this.#options.open?.(options) ?? openUdp(options));
  }

  send(bytes: Uint8Array, to: HostPort): void {
    this.#port?.send(bytes, to);
  }

  drain(isHandover: boolean): void {
    if (this.#options.shared !== true) return;
    if (isHandover) this.#port?.tryPauseInput();
    this.#isDraining = true;
    if (this.#inFlight === 0) this.#closeSoon();
  }

  async close(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#port?.close();
  }

  /** After the answer that is just being written. */
  #closeSoon(): void {
    setImmediate(() => {
      if (this.#inFlight === 0) void this.close();
    });
  }

  #onDatagram(bytes: Uint8Array, from: HostPort): void {
    if (this.#options.admits?.(from.host) === false) return;
    const found = readFrame(bytes);
    if (found === "nothing") return;
    this.core.counts.receivedDatagrams++;
    const maxAnswerBytes = this.#guard.allowance(from.host, bytes.length);
    if (maxAnswerBytes === 0) {
      this.core.counts.droppedDatagrams++;
      this.#warnDropped(from);
      return;
    }
    const peer = new DatagramPeer(this, from, maxAnswerBytes);
    if (found === "frame") this.core.dispatch({ peer, head: requestHead, bytes, slice });
    else peer.answerBadHead(found.problem);
  }

  #warnDropped(from: HostPort): void {
    const nowMs = this.core.clock.monotonicMs();
    if (nowMs - this.#warnedAtMs < WARN_EVERY_MS) return;
    this.#warnedAtMs = nowMs;
    const { dropped } = this.#guard;
    this.core.logger.warn("datagrams of a network above udp_rate are ignored", { from: from.host, dropped });
  }
}

/** The sender of one datagram. */
class DatagramPeer implements ServerPeer {
  readonly core: ServerCore;
  readonly address: string;
  readonly localAddress: string;
  readonly arrivedMs: number;
  nowMs: number;
  readonly running = new RunningRequests();
  readonly isLost = false;
  readonly security = undefined;
  readonly #listener: UdpListener;
  readonly #from: HostPort;
  readonly #maxAnswerBytes: number;

  constructor(listener: UdpListener, from: HostPort, maxAnswerBytes: number) {
    this.core = listener.core;
    this.#listener = listener;
    this.#from = from;
    this.#maxAnswerBytes = maxAnswerBytes;
    this.address = formatHostPort(from);
    this.localAddress = formatHostPort(listener.address);
    this.arrivedMs = listener.core.clock.monotonicMs();
    this.nowMs = this.arrivedMs;
  }

  get inFlight(): number {
    return this.#listener.inFlight;
  }

  set inFlight(count: number) {
    this.#listener.inFlight = count;
  }

  answer(ctx: RequestContext, method: BoundMethod, response: unknown): void {
    const sizeBytes = appendFrame(writer.reset(), markedReply(ctx), method.type.output, response);
    if (sizeBytes > MAX_DATAGRAM_BYTES) throw new FrameTooLarge({ sizeBytes, limitBytes: MAX_DATAGRAM_BYTES });
    if (sizeBytes <= this.#maxAnswerBytes) {
      this.#listener.send(writer.finish(), this.#from);
      return;
    }
    const error = wireErrorOf(new DatagramAnswerTooLarge({ sizeBytes, limitBytes: this.#maxAnswerBytes }));
    ctx.err = error.err;
    ctx.reason = error.reason;
    this.answerError(ctx, error);
  }

  answerDropped(): void {
    // Nothing waits behind a datagram.
  }

  endAfterAnswer(): void {
    // There is nothing to close.
  }

  answerError(ctx: RequestContext, error: WireError): void {
    this.#sendError(markedReply(ctx, error));
  }

  answerBadHead(problem: string): void {
    const { sequenceHigh, sequenceLow } = requestHead;
    const { reason, message } = new HeadInvalid({ problem });
    const head = resetReply();
    Object.assign(head, { sequenceHigh, sequenceLow, err: ERR_INVALID_HEAD, reason, errMsg: message });
    head.capabilities = CAPABILITY_ANSWER;
    this.#sendError(head);
  }

  /** With as much of its text as fits, or without the echoed names for a sender that may get little. */
  #sendError(head: RpcHead): void {
    const excessBytes = this.#trySend(head);
    if (excessBytes === 0) return;
    head.errMsg = head.errMsg.slice(0, Math.max(0, head.errMsg.length - excessBytes));
    if (this.#trySend(head) === 0) return;
    head.caller = "";
    head.methodName = "";
    if (this.#trySend(head) === 0) return;
    const { sequenceHigh, sequenceLow, err, capabilities } = head;
    this.#trySend(Object.assign(resetReply(), { sequenceHigh, sequenceLow, err, capabilities }));
  }

  /** 0 = sent, else by how much it is too large. */
  #trySend(head: RpcHead): number {
    const excessBytes = appendFrame(writer.reset(), head) - Math.min(this.#maxAnswerBytes, MAX_DATAGRAM_BYTES);
    if (excessBytes > 0) return excessBytes;
    this.#listener.send(writer.finish(), this.#from);
    return 0;
  }
}

function resetReply(): RpcHead {
  resetHead(replyHead);
  return replyHead;
}

function markedReply(ctx: RequestContext, error?: WireError): RpcHead {
  const head = fillReplyHead(replyHead, ctx, error);
  head.capabilities = CAPABILITY_ANSWER;
  return head;
}

/**
 * Fills head and slice when the datagram is exactly one frame that asks for something. `nothing`: noise, an answer that went astray, or
 * a cancel frame, which anybody could forge.
 */
function readFrame(bytes: Uint8Array): "frame" | "nothing" | { readonly problem: string } {
  try {
    if (bytes.length === 0 || frameLength(bytes, 0, bytes.length, MAX_DATAGRAM_BYTES) !== bytes.length) {
      return "nothing";
    }
    sliceFrame(bytes, 0, slice);
  } catch {
    return "nothing";
  }
  try {
    decodeHead(bytes, slice.headStart, slice.headEnd, requestHead);
  } catch (error) {
    const { sequenceHigh, sequenceLow } = requestHead;
    return sequenceHigh === 0 && sequenceLow === 0 ? "nothing" : { problem: (error as Error).message };
  }
  const isAnswer = requestHead.err !== 0 || (requestHead.capabilities & CAPABILITY_ANSWER) !== 0;
  return isAnswer || requestHead.cancel !== 0 ? "nothing" : "frame";
}
