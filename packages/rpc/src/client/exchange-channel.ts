/** Channels that speak a protocol of the caller's own. */
import type { AppError } from "@msec/core";
import { createHead, FrameTooLarge, type ProtoWriter } from "@msec/protocol";
import { ExchangeInvalid } from "../errors.js";
import type { CallAttempt, ReceivedAnswer } from "./call-attempt.js";
import type { ChannelHost, ChannelKind, ChannelPlace } from "./call-channel.js";
import type { AnyProtocol } from "./exchange-protocol.js";
import { TcpChannel } from "./tcp-channel.js";
import { UdpChannel } from "./udp-channel.js";

const answer: ReceivedAnswer = { head: createHead(), bytes: new Uint8Array(0), bodyStart: 0, bodyEnd: 0, nowMs: 0.5 };

function appendMessage(protocol: AnyProtocol, writer: ProtoWriter, attempt: CallAttempt): number {
  const before = writer.length;
  protocol.encode(attempt.sequence, attempt.call.message, writer);
  return writer.length - before;
}

class ExchangeTcpChannel extends TcpChannel {
  readonly #protocol: AnyProtocol;
  /** Serial protocols: whose answer comes next. */
  #serving: CallAttempt | undefined;

  constructor(protocol: AnyProtocol, client: ChannelHost, place: ChannelPlace) {
    super(client, place);
    this.#protocol = protocol;
  }

  protected append(writer: ProtoWriter, attempt: CallAttempt): number {
    this.#serving = attempt;
    return appendMessage(this.#protocol, writer, attempt);
  }

  protected consume(bytes: Uint8Array, start: number, end: number): number {
    const nowMs = this.client.clock.monotonicMs();
    let at = start;
    while (at < end) {
      const size = this.#lengthAt(bytes, at, end);
      if (size === 0 || size > end - at) break;
      const attempt = this.#take(bytes, at, at + size);
      if (attempt !== undefined) {
        answer.bytes = bytes;
        answer.bodyStart = at;
        answer.bodyEnd = at + size;
        answer.nowMs = nowMs;
        attempt.onAnswer(answer);
        if (this.load === 0) this.place.onFree(this);
      }
      at += size;
    }
    return at - start;
  }

  /** Of a serial protocol the answer may still come, and would be taken for that of the next call. */
  protected abandon(): void {
    if (this.#protocol.sequenceOf !== undefined) return;
    this.retire();
    this.connection?.destroy();
  }

  #lengthAt(bytes: Uint8Array, at: number, end: number): number {
    let size: number;
    try {
      size = this.#protocol.frameLength(bytes, at, end);
    } catch (cause) {
      throw this.#failed("its length check", cause);
    }
    const limitBytes = this.client.limits.maxFrameBytes;
    if (size > limitBytes) throw new FrameTooLarge({ sizeBytes: size, limitBytes });
    if (size >= 0 && Number.isInteger(size)) return size;
    throw new ExchangeInvalid({ protocol: this.#protocol.name, problem: `its length check gave ${size}` });
  }

  #take(bytes: Uint8Array, at: number, end: number): CallAttempt | undefined {
    const protocol = this.#protocol;
    if (protocol.sequenceOf !== undefined) return this.#takeNumbered(bytes.subarray(at, end));
    const serving = this.#serving;
    this.#serving = undefined;
    if (serving !== undefined && this.ring.take(serving.sequence) !== undefined) return serving;
    throw new ExchangeInvalid({ protocol: protocol.name, problem: "it answered although nothing was asked" });
  }

  #takeNumbered(answered: Uint8Array): CallAttempt | undefined {
    let sequence: number;
    try {
      sequence = this.#protocol.sequenceOf!(answered);
    } catch (cause) {
      throw this.#failed("sequenceOf", cause);
    }
    return this.ring.take(sequence >>> 0);
  }

  /** A function of the caller's threw; the network is not to blame. */
  #failed(what: string, cause: unknown): AppError {
    const problem = `${what} threw ${cause instanceof Error ? cause.message : String(cause)}`;
    return new ExchangeInvalid({ protocol: this.#protocol.name, problem }, { cause });
  }
}

class ExchangeUdpChannel extends UdpChannel {
  readonly #protocol: AnyProtocol;
  #serving: CallAttempt | undefined;

  constructor(protocol: AnyProtocol, client: ChannelHost, place: ChannelPlace) {
    super(client, place);
    this.#protocol = protocol;
  }

  protected append(writer: ProtoWriter, attempt: CallAttempt): number {
    this.#serving = attempt;
    return appendMessage(this.#protocol, writer, attempt);
  }

  /** A datagram is an answer as a whole; others are ignored. */
  protected onDatagram(bytes: Uint8Array): void {
    const protocol = this.#protocol;
    let sequence = this.#serving?.sequence ?? 0;
    try {
      if (protocol.frameLength(bytes, 0, bytes.length) !== bytes.length) return;
      if (protocol.sequenceOf !== undefined) sequence = protocol.sequenceOf(bytes) >>> 0;
    } catch {
      return;
    }
    answer.bytes = bytes;
    answer.bodyStart = 0;
    answer.bodyEnd = bytes.length;
    answer.nowMs = this.client.clock.monotonicMs();
    if (sequence !== 0) this.ring.take(sequence)?.onAnswer(answer);
  }
}

export function createExchangeChannels(protocol: AnyProtocol): ChannelKind {
  return {
    isSerial: protocol.sequenceOf === undefined,
    only: protocol.transport,
    openTcp: (client, place) => new ExchangeTcpChannel(protocol, client, place),
    openUdp: (client, place) => new ExchangeUdpChannel(protocol, client, place),
  };
}
