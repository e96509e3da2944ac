/**
 * Calls over UDP: one datagram each way, no repeats of its own. The socket is connected, so the kernel drops datagrams of other senders;
 * a datagram that is lost is a timeout.
 */
import { type AppError, random32 } from "@msec/core";
import {
  createTimerEntry,
  MAX_DATAGRAM_BYTES,
  type OpenUdpOptions,
  openUdp,
  type TimerEntry,
  type UdpPort,
} from "@msec/net";
import { FrameTooLarge, ProtoWriter } from "@msec/protocol";
import { runOutsideContext } from "../call-context.js";
import type { CallAttempt } from "./call-attempt.js";
import type { CallChannel, ChannelHost, ChannelPlace } from "./call-channel.js";
import { PendingRing } from "./pending-ring.js";

const writer = new ProtoWriter(MAX_DATAGRAM_BYTES);

export abstract class UdpChannel implements CallChannel {
  protected readonly client: ChannelHost;
  protected readonly place: ChannelPlace;
  protected readonly ring = new PendingRing<CallAttempt>(random32());
  readonly #idle: TimerEntry;
  #waiting: CallAttempt[] = [];
  #port: UdpPort | undefined;
  #isRetired = false;
  /** A datagram that is refused has reached nobody. */
  readonly isLossFree = true;
  /** It does not keep the process alive. */
  #isResting = false;

  constructor(client: ChannelHost, place: ChannelPlace) {
    this.client = client;
    this.place = place;
    this.#idle = createTimerEntry(() => this.retire());
    client.track(this);
    runOutsideContext(() => void this.#open());
  }

  get load(): number {
    return this.ring.size + this.#waiting.length;
  }

  send(attempt: CallAttempt): void {
    attempt.channel = this;
    if (this.#isResting) this.#wake();
    this.client.wheel.remove(this.#idle);
    if (this.#port === undefined) this.#waiting.push(attempt);
    else this.#write(this.#port, attempt, attempt.startedMs);
  }

  forget(attempt: CallAttempt): void {
    if (attempt.sequence !== 0) this.ring.remove(attempt);
    if (this.load > 0) return;
    if (this.#isRetired) this.#close();
    else this.client.wheel.add(this.#idle, this.client.clock.monotonicMs() + this.client.limits.idleTimeoutMs);
  }

  noteTimeout(): void {
    // A lost datagram says nothing about the socket.
  }

  retire(): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    this.place.drop(this);
    if (this.load === 0) this.#close();
  }

  rest(): boolean {
    const port = this.#port;
    if (this.#isResting || (port !== undefined && port.ref === undefined)) return true;
    if (port === undefined || this.load > 0) return false;
    this.#isResting = true;
    port.unref();
    return true;
  }

  destroy(error: AppError): void {
    this.#onLost(error);
  }

  /** Appends the request; gives its size. What it throws is the caller's mistake. */
  protected abstract append(writer: ProtoWriter, attempt: CallAttempt, nowMs: number): number;

  /** A datagram of the peer. What it throws is ignored: anybody can forge a sender. */
  protected abstract onDatagram(bytes: Uint8Array): void;

  #wake(): void {
    this.#isResting = false;
    this.#port?.ref?.();
    this.client.onAwake();
  }

  async #open(): Promise<void> {
    const { host, port } = this.place;
    try {
      const options: OpenUdpOptions = {
        peer: { host, port },
        onDatagram: (bytes) => this.onDatagram(bytes),
        onError: (error) => this.#onLost(error),
      };
      this.#port = await (this.client.openUdp?.(options) ?? openUdp(options));
    } catch (error) {
      this.#onLost(error);
      return;
    }
    if (this.#port.ref !== undefined) this.client.onAwake();
    const waiting = this.#waiting;
    this.#waiting = [];
    const nowMs = this.client.clock.monotonicMs();
    for (const attempt of waiting) if (!attempt.isDone) this.#write(this.#port, attempt, nowMs);
    if (this.#isRetired && this.load === 0) this.#close();
  }

  #write(port: UdpPort, attempt: CallAttempt, nowMs: number): void {
    this.ring.add(attempt);
    try {
      const sizeBytes = this.append(writer.reset(), attempt, nowMs);
      if (sizeBytes > MAX_DATAGRAM_BYTES) throw new FrameTooLarge({ sizeBytes, limitBytes: MAX_DATAGRAM_BYTES });
      attempt.isSent = true;
      port.send(writer.finish());
    } catch (error) {
      attempt.call.onUnsendable(attempt, error);
    }
  }

  #onLost(error: unknown): void {
    this.#isRetired = true;
    const lost = [...this.ring.drain(), ...this.#waiting];
    this.#waiting = [];
    this.place.drop(this);
    this.#close();
    for (const attempt of lost) attempt.onLost(error);
  }

  #close(): void {
    this.client.untrack(this);
    this.client.wheel.remove(this.#idle);
    this.#port?.close();
  }
}
