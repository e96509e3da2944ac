/** One connection to one instance, whatever protocol is spoken over it: dialling, waiting, writing and the end. */
import { type AppError, random32 } from "@msec/core";
import { NetReset, netError, StreamConnection } from "@msec/net";
import { FrameTooLarge, type ProtoWriter } from "@msec/protocol";
import { runOutsideContext } from "../call-context.js";
import { dialStream } from "../security/client-tls.js";
import type { CallAttempt } from "./call-attempt.js";
import type { CallChannel, ChannelHost, ChannelPlace } from "./call-channel.js";
import { PendingRing } from "./pending-ring.js";

/** So many timeouts in a row without a byte from the peer, and new calls get a new connection: this one may lead nowhere. */
const SILENT_TIMEOUTS = 3;

export abstract class TcpChannel implements CallChannel {
  protected readonly client: ChannelHost;
  protected readonly place: ChannelPlace;
  protected readonly ring = new PendingRing<CallAttempt>(random32());
  protected connection: StreamConnection<ProtoWriter> | undefined;
  #waiting: CallAttempt[] = [];
  #isRetired = false;
  #silentTimeouts = 0;
  isLossFree = false;
  #hasAnswered = false;
  /** It does not keep the process alive. */
  #isResting = false;
  readonly #dialAbort = new AbortController();

  constructor(client: ChannelHost, place: ChannelPlace) {
    this.client = client;
    this.place = place;
    client.track(this);
    runOutsideContext(() => void this.#dial());
  }

  get load(): number {
    return this.ring.size + this.#waiting.length;
  }

  send(attempt: CallAttempt): void {
    attempt.channel = this;
    if (this.#isResting) this.#wake();
    if (this.connection === undefined) this.#waiting.push(attempt);
    else this.#write(this.connection, attempt, attempt.startedMs);
  }

  forget(attempt: CallAttempt): void {
    if (attempt.sequence !== 0) {
      if (attempt.isSent) this.abandon(attempt);
      this.ring.remove(attempt);
    }
    if (this.#isRetired) this.#endIfQuiet();
  }

  noteTimeout(attempt: CallAttempt): void {
    const { connection } = this;
    if (connection === undefined || connection.lastMessageMs >= attempt.startedMs) return;
    if (++this.#silentTimeouts >= SILENT_TIMEOUTS) this.retire();
  }

  /** No new calls; closes when the last one under way is answered. */
  retire(): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    this.place.drop(this);
    this.#endIfQuiet();
  }

  rest(): boolean {
    const { connection } = this;
    if (this.#isResting || connection?.canRef === false) return true;
    if (connection === undefined || this.load > 0) return false;
    this.#isResting = true;
    connection.unref();
    return true;
  }

  destroy(error: AppError): void {
    this.#dialAbort.abort(error);
    this.connection?.destroy(error);
  }

  /** Appends the request; gives its size. What it throws is the caller's mistake. */
  protected abstract append(writer: ProtoWriter, attempt: CallAttempt, nowMs: number): number;

  /** Takes answers from the front of `bytes[start, end)`; gives the bytes used. What it throws ends the connection. */
  protected abstract consume(bytes: Uint8Array, start: number, end: number): number;

  /** Nobody waits for the answer of a request that was sent. It is still in the ring. */
  protected abstract abandon(attempt: CallAttempt): void;

  #wake(): void {
    this.#isResting = false;
    this.connection?.ref();
    this.client.onAwake();
  }

  #endIfQuiet(): void {
    if (this.load === 0) this.connection?.leave();
  }

  async #dial(): Promise<void> {
    const { address, host, port, service } = this.place;
    const { client } = this;
    const { maxFrameBytes, idleTimeoutMs, connectTimeoutMs: timeoutMs } = client.limits;
    try {
      const options = { host, port, timeoutMs, signal: this.#dialAbort.signal };
      const own = client.dial?.(options);
      const stream = await (own ??
        dialStream({ ...options, service }, this.place.isSecure ? client.tlsInUse() : "none"));
      this.connection = new StreamConnection({
        stream,
        pool: client.buffers,
        wheel: client.wheel,
        clock: client.clock,
        address,
        limits: { idleTimeoutMs, maxBufferedInputBytes: maxFrameBytes + (64 << 10) },
        consume: (bytes, start, end) => {
          this.#silentTimeouts = 0;
          this.#hasAnswered = true;
          return this.consume(bytes, start, end);
        },
        onClose: (error) => this.#onLost(error ?? new NetReset({ address })),
        onEnd: () => this.#peerEnded(),
        isBusy: () => this.ring.size > 0,
      });
    } catch (cause) {
      const error = netError(cause, address);
      if (!this.#dialAbort.signal.aborted) this.place.onDialFailed(error);
      this.#onLost(error);
      return;
    }
    this.place.onDialed();
    if (this.connection.canRef) client.onAwake();
    const waiting = this.#waiting;
    this.#waiting = [];
    const nowMs = client.clock.monotonicMs();
    for (const attempt of waiting) if (!attempt.isDone) this.#write(this.connection, attempt, nowMs);
    if (this.#isRetired) this.#endIfQuiet();
    else if (this.load === 0) this.place.onFree(this);
  }

  /** The peer sends no more: whatever is under way is lost. */
  #peerEnded(): void {
    this.retire();
    this.connection?.destroy();
  }

  #onLost(error: unknown): void {
    this.#isRetired = true;
    if (this.connection !== undefined) this.isLossFree = this.place.onLost(this.#hasAnswered);
    this.client.untrack(this);
    const lost = this.ring.drain();
    const waiting = this.#waiting;
    this.#waiting = [];
    this.place.drop(this);
    for (const attempt of lost) attempt.onLost(error);
    for (const attempt of waiting) attempt.onLost(error);
  }

  #write(connection: StreamConnection<ProtoWriter>, attempt: CallAttempt, nowMs: number): void {
    const { output } = connection;
    if (!connection.isOpen) {
      attempt.onLost(new NetReset({ address: connection.address }));
      return;
    }
    try {
      output.check();
    } catch (error) {
      attempt.onLost(error);
      return;
    }
    this.ring.add(attempt);
    const writer = output.open();
    const before = writer.length;
    try {
      const size = this.append(writer, attempt, nowMs);
      const limitBytes = this.client.limits.maxFrameBytes;
      if (size > limitBytes) throw new FrameTooLarge({ sizeBytes: size, limitBytes });
      attempt.isSent = true;
    } catch (error) {
      writer.truncate(before);
      attempt.call.onUnsendable(attempt, error);
    }
  }
}
