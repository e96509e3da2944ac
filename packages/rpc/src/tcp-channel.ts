/** One multiplexed connection to one instance: many calls under way, answers matched by sequence in any order. */
import type { AppError } from "@msec/core";
import { dialTcp, NetReset, StreamConnection } from "@msec/net";
import {
  appendFrame,
  createFrameSlice,
  createHead,
  decodeHead,
  FrameTooLarge,
  frameLength,
  type ProtoWriter,
  sliceFrame,
} from "@msec/protocol";
import type { CallAttempt } from "./call-attempt.js";
import type { CallChannel, ChannelHost, ChannelPlace } from "./call-channel.js";
import { runOutsideContext } from "./call-context.js";
import { ShuttingDown } from "./errors.js";
import { random32 } from "./ids.js";
import { PendingRing } from "./pending-ring.js";
import { fillRequestHead } from "./request-head.js";

/** So many timeouts in a row without a byte from the peer, and new calls get a new connection: this one may lead nowhere. */
const SILENT_TIMEOUTS = 3;
const requestHead = createHead();
const answerHead = createHead();
const slice = createFrameSlice();
export class TcpChannel implements CallChannel {
  readonly #client: ChannelHost;
  readonly #pool: ChannelPlace;
  readonly #ring = new PendingRing<CallAttempt>(random32());
  #waiting: CallAttempt[] = [];
  #connection: StreamConnection<ProtoWriter> | undefined;
  #isRetired = false;
  #silentTimeouts = 0;
  readonly #dialAbort = new AbortController();

  constructor(client: ChannelHost, pool: ChannelPlace) {
    this.#client = client;
    this.#pool = pool;
    client.track(this);
    runOutsideContext(() => void this.#dial());
  }

  get load(): number {
    return this.#ring.size + this.#waiting.length;
  }

  send(attempt: CallAttempt): void {
    attempt.channel = this;
    if (this.#connection === undefined) this.#waiting.push(attempt);
    else this.#write(this.#connection, attempt);
  }

  forget(attempt: CallAttempt): void {
    if (attempt.sequence !== 0) this.#ring.remove(attempt);
    if (this.#isRetired) this.#endIfQuiet();
  }

  noteTimeout(attempt: CallAttempt): void {
    const connection = this.#connection;
    if (connection === undefined || connection.lastMessageMs >= attempt.startedMs) return;
    if (++this.#silentTimeouts >= SILENT_TIMEOUTS) this.retire();
  }

  /** No new calls; closes when the last one under way is answered. */
  retire(): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    this.#pool.drop(this);
    this.#endIfQuiet();
  }

  destroy(error: AppError): void {
    this.#dialAbort.abort(error);
    this.#connection?.destroy(error);
  }

  #endIfQuiet(): void {
    if (this.#ring.size === 0) this.#connection?.end();
  }

  async #dial(): Promise<void> {
    const { address, host, port } = this.#pool;
    const client = this.#client;
    try {
      const stream = await dialTcp({
        host,
        port,
        timeoutMs: client.limits.connectTimeoutMs,
        signal: this.#dialAbort.signal,
        readShared: true,
      });
      this.#connection = new StreamConnection({
        stream,
        pool: client.buffers,
        wheel: client.wheel,
        clock: client.clock,
        address,
        limits: {
          idleTimeoutMs: client.limits.idleTimeoutMs,
          maxBufferedInputBytes: client.limits.maxFrameBytes + (64 << 10),
        },
        consume: (bytes, start, end) => this.#consume(bytes, start, end),
        onClose: (error) => this.#onLost(error ?? new NetReset({ address })),
        onEnd: () => this.#peerEnded(),
        isBusy: () => this.#ring.size > 0,
      });
    } catch (error) {
      this.#onLost(error);
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const attempt of waiting) if (!attempt.isDone) this.#write(this.#connection, attempt);
  }

  /** The peer sends no more: whatever is under way is lost. */
  #peerEnded(): void {
    this.retire();
    this.#connection?.destroy();
  }

  #onLost(error: unknown): void {
    this.#isRetired = true;
    this.#client.untrack(this);
    this.#pool.drop(this);
    const lost = this.#ring.drain();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const attempt of lost) attempt.onLost(error);
    for (const attempt of waiting) attempt.onLost(error);
  }

  #write(connection: StreamConnection<ProtoWriter>, attempt: CallAttempt): void {
    if (!connection.isOpen) {
      attempt.onLost(new NetReset({ address: connection.address }));
      return;
    }
    const { call } = attempt;
    try {
      connection.output.check();
    } catch (error) {
      attempt.onLost(error);
      return;
    }
    this.#ring.add(attempt);
    fillRequestHead(requestHead, attempt, this.#client);
    try {
      const writer = connection.output.open();
      const size = appendFrame(writer, requestHead, call.method.input, call.request);
      const limitBytes = this.#client.limits.maxFrameBytes;
      if (size > limitBytes) {
        writer.truncate(writer.length - size);
        throw new FrameTooLarge({ sizeBytes: size, limitBytes });
      }
      attempt.isSent = true;
    } catch (error) {
      call.onUnsendable(attempt, error);
    }
  }

  #consume(bytes: Uint8Array, start: number, end: number): number {
    this.#silentTimeouts = 0;
    let at = start;
    while (at < end) {
      const size = frameLength(bytes, at, end, this.#client.limits.maxFrameBytes);
      if (size === 0) break;
      sliceFrame(bytes, at, slice);
      decodeHead(bytes, slice.headStart, slice.headEnd, answerHead);
      if (answerHead.sequenceHigh === 0) {
        const attempt = this.#ring.take(answerHead.sequenceLow);
        if (attempt !== undefined) attempt.onAnswer(answerHead, bytes, slice);
        else if (answerHead.sequenceLow === 0 && answerHead.reason === ShuttingDown.reason) this.retire();
      }
      at += size;
    }
    return at - start;
  }
}
