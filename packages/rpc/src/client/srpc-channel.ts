/** Channels that speak SRPC: many calls under way, answers matched by sequence in any order. */
import { MAX_DATAGRAM_BYTES } from "@msec/net";
import {
  appendFrame,
  CAPABILITY_CANCEL,
  createFrameSlice,
  createHead,
  decodeAnswerHead,
  frameLength,
  type ProtoWriter,
  resetHead,
  sliceFrame,
} from "@msec/protocol";
import { ShuttingDown } from "../errors.js";
import type { CallAttempt, ReceivedAnswer } from "./call-attempt.js";
import type { ChannelKind } from "./call-channel.js";
import { fillRequestHead } from "./request-head.js";
import { TcpChannel } from "./tcp-channel.js";
import { UdpChannel } from "./udp-channel.js";

const requestHead = createHead();
const answerHead = createHead();
const slice = createFrameSlice();
/** Filled anew for each request. */
const origin = { service: "", nowMs: 0.5 };
const answer: ReceivedAnswer = { head: answerHead, bytes: new Uint8Array(0), bodyStart: 0, bodyEnd: 0, nowMs: 0.5 };

/** The head of the frame at `at` and where its body lies. */
function readAnswer(bytes: Uint8Array, at: number): void {
  sliceFrame(bytes, at, slice);
  decodeAnswerHead(bytes, slice.headStart, slice.headEnd, answerHead);
  answer.bytes = bytes;
  answer.bodyStart = slice.bodyStart;
  answer.bodyEnd = slice.bodyEnd;
}

function appendRequest(writer: ProtoWriter, attempt: CallAttempt, nowMs: number): number {
  const { call } = attempt;
  origin.nowMs = nowMs;
  fillRequestHead(requestHead, attempt, origin);
  return appendFrame(writer, requestHead, call.methodType.input, call.message);
}

class SrpcTcpChannel extends TcpChannel {
  #understandsCancel = false;

  protected append(writer: ProtoWriter, attempt: CallAttempt, nowMs: number): number {
    origin.service = this.client.service;
    return appendRequest(writer, attempt, nowMs);
  }

  protected consume(bytes: Uint8Array, start: number, end: number): number {
    const limitBytes = this.client.limits.maxFrameBytes;
    const nowMs = this.client.clock.monotonicMs();
    let at = start;
    while (at < end) {
      const size = frameLength(bytes, at, end, limitBytes);
      if (size === 0) break;
      readAnswer(bytes, at);
      answer.nowMs = nowMs;
      if (answerHead.sequenceHigh === 0) {
        if ((answerHead.capabilities & CAPABILITY_CANCEL) !== 0) this.#understandsCancel = true;
        const attempt = this.ring.take(answerHead.sequenceLow);
        if (attempt !== undefined) attempt.onAnswer(answer);
        else this.#onUnasked();
      }
      at += size;
    }
    return at - start;
  }

  /** Nobody waits for it: it came too late, or speaks about the connection as a whole. */
  #onUnasked(): void {
    if (answerHead.sequenceLow !== 0) this.client.onLateAnswer();
    else if (answerHead.reason === ShuttingDown.reason) this.retire();
  }

  protected abandon(attempt: CallAttempt): void {
    const { connection } = this;
    if (!this.#understandsCancel || connection === undefined || !connection.isOpen) return;
    try {
      connection.output.check();
    } catch {
      return; // a peer that does not read need not know
    }
    resetHead(requestHead);
    requestHead.sequenceLow = attempt.sequence;
    requestHead.methodName = attempt.method;
    requestHead.cancel = 1;
    appendFrame(connection.output.open(), requestHead);
  }
}

class SrpcUdpChannel extends UdpChannel {
  protected append(writer: ProtoWriter, attempt: CallAttempt, nowMs: number): number {
    origin.service = this.client.service;
    return appendRequest(writer, attempt, nowMs);
  }

  /** Datagrams that are no frame, or that nobody waits for, are ignored. */
  protected onDatagram(bytes: Uint8Array): void {
    try {
      if (frameLength(bytes, 0, bytes.length, MAX_DATAGRAM_BYTES) !== bytes.length) return;
      readAnswer(bytes, 0);
    } catch {
      return;
    }
    answer.nowMs = this.client.clock.monotonicMs();
    if (answerHead.sequenceHigh !== 0) return;
    const attempt = this.ring.take(answerHead.sequenceLow);
    if (attempt === undefined) this.client.onLateAnswer();
    else attempt.onAnswer(answer);
  }
}

export const SRPC_CHANNELS: ChannelKind = {
  isSerial: false,
  isOurs: true,
  openTcp: (client, place) => new SrpcTcpChannel(client, place),
  openUdp: (client, place) => new SrpcUdpChannel(client, place),
};
