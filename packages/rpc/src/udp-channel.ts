/** Calls over UDP, for old services that offer nothing else: one datagram each way, no repeats of its own, answers matched by sequence. */
import type { AppError } from "@msec/core";
import { createTimerEntry, MAX_DATAGRAM_BYTES, openUdp, type TimerEntry, type UdpPort } from "@msec/net";
import {
  appendFrame,
  createFrameSlice,
  createHead,
  decodeHead,
  FrameTooLarge,
  frameLength,
  ProtoWriter,
  sliceFrame,
} from "@msec/protocol";
import type { CallAttempt } from "./call-attempt.js";
import type { CallChannel, ChannelHost, ChannelPlace } from "./call-channel.js";
import { runOutsideContext } from "./call-context.js";
import { random32 } from "./ids.js";
import { PendingRing } from "./pending-ring.js";
import { fillRequestHead } from "./request-head.js";

const requestHead = createHead();
const answerHead = createHead();
const slice = createFrameSlice();
const writer = new ProtoWriter(MAX_DATAGRAM_BYTES);

export class UdpChannel implements CallChannel {
  readonly #client: ChannelHost;
  readonly #place: ChannelPlace;
  readonly #ring = new PendingRing<CallAttempt>(random32());
  readonly #idle: TimerEntry;
  #waiting: CallAttempt[] = [];
  #port: UdpPort | undefined;
  #isRetired = false;

  constructor(client: ChannelHost, place: ChannelPlace) {
    this.#client = client;
    this.#place = place;
    this.#idle = createTimerEntry(() => this.retire());
    client.track(this);
    runOutsideContext(() => void this.#open());
  }

  get load(): number {
    return this.#ring.size + this.#waiting.length;
  }

  send(attempt: CallAttempt): void {
    attempt.channel = this;
    this.#client.wheel.remove(this.#idle);
    if (this.#port === undefined) this.#waiting.push(attempt);
    else this.#write(this.#port, attempt);
  }

  forget(attempt: CallAttempt): void {
    if (attempt.sequence !== 0) this.#ring.remove(attempt);
    if (this.#ring.size > 0) return;
    if (this.#isRetired) this.#close();
    else this.#client.wheel.add(this.#idle, this.#client.clock.monotonicMs() + this.#client.limits.idleTimeoutMs);
  }

  noteTimeout(): void {
    // A lost datagram says nothing about the socket.
  }

  retire(): void {
    this.#isRetired = true;
    this.#place.drop(this);
    if (this.#ring.size === 0) this.#close();
  }

  destroy(error: AppError): void {
    this.#onLost(error);
  }

  async #open(): Promise<void> {
    const { host, port } = this.#place;
    try {
      this.#port = await openUdp({
        peer: { host, port },
        onDatagram: (bytes) => this.#onDatagram(bytes),
        onError: (error) => this.#onLost(error),
      });
    } catch (error) {
      this.#onLost(error);
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const attempt of waiting) if (!attempt.isDone) this.#write(this.#port, attempt);
    if (this.#isRetired && this.#ring.size === 0) this.#close();
  }

  #write(port: UdpPort, attempt: CallAttempt): void {
    const { call } = attempt;
    this.#ring.add(attempt);
    fillRequestHead(requestHead, attempt, this.#client);
    try {
      const sizeBytes = appendFrame(writer.reset(), requestHead, call.method.input, call.request);
      if (sizeBytes > MAX_DATAGRAM_BYTES) throw new FrameTooLarge({ sizeBytes, limitBytes: MAX_DATAGRAM_BYTES });
      attempt.isSent = true;
      port.send(writer.finish());
    } catch (error) {
      call.onUnsendable(attempt, error);
    }
  }

  /** Datagrams that are no frame, or that nobody waits for, are ignored. */
  #onDatagram(bytes: Uint8Array): void {
    try {
      if (frameLength(bytes, 0, bytes.length, MAX_DATAGRAM_BYTES) !== bytes.length) return;
      sliceFrame(bytes, 0, slice);
      decodeHead(bytes, slice.headStart, slice.headEnd, answerHead);
    } catch {
      return;
    }
    if (answerHead.sequenceHigh !== 0) return;
    this.#ring.take(answerHead.sequenceLow)?.onAnswer(answerHead, bytes, slice);
  }

  #onLost(error: unknown): void {
    this.#isRetired = true;
    this.#place.drop(this);
    const lost = [...this.#ring.drain(), ...this.#waiting];
    this.#waiting = [];
    this.#close();
    for (const attempt of lost) attempt.onLost(error);
  }

  #close(): void {
    this.#client.untrack(this);
    this.#client.wheel.remove(this.#idle);
    this.#port?.close();
  }
}
