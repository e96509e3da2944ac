/** One connection: coalesced output, contiguous input, idle limit, and exactly one end. Works on any Duplex (TCP, TLS, unix, pipe). */
import { type AppError, type Clock, systemClock } from "@msec/core";
import { isPlainSocket } from "./direct-output.js";
import { netError } from "./errno.js";
import { NetIdle } from "./errors.js";
import { type Consume, InputReader } from "./input-reader.js";
import {
  OutputBatcher,
  type OutputBuffer,
  type OutputBufferPool,
  type StreamTraffic,
  UNREAD,
} from "./output-batcher.js";
import { attachInput, type InputStream } from "./shared-read.js";
import { createTimerEntry, type TimerEntry, type TimerWheel } from "./timer-wheel.js";

/** Time for a peer to read the last answers of a connection whose input could not be read. */
const LAST_WORDS_MS = 200;

export interface StreamConnectionLimits {
  /** Most bytes of an incomplete message. Default 16 MiB + 64 KiB. */
  readonly maxBufferedInputBytes?: number;
  /** Most bytes that may wait for a peer that does not read; then the connection is closed. Default 64 MiB. */
  readonly maxQueuedOutputBytes?: number;
  /** While more output than this waits, nothing is read, so a peer that does not read can't ask for more. Default 1 MiB. */
  readonly pauseAtQueuedBytes?: number;
  /** Close after this long without a complete message. 0 = never. Default 0. */
  readonly idleTimeoutMs?: number;
}

export interface StreamConnectionOptions<B extends OutputBuffer> {
  readonly stream: InputStream;
  readonly pool: OutputBufferPool<B>;
  readonly wheel: TimerWheel;
  /** Peer, for error texts. */
  readonly address: string;
  readonly limits?: StreamConnectionLimits;
  readonly clock?: Pick<Clock, "monotonicMs">;
  readonly consume: Consume;
  /** Called once. `error` is undefined when the end was asked for or the peer closed in order. */
  readonly onClose: (error: AppError | undefined) => void;
  /** The peer will send no more. Default: finish the output and close. */
  readonly onEnd?: () => void;
  /** Asked when the idle time is over, or when input can't be read; true = stay. For work that is still under way. */
  readonly isBusy?: () => boolean;
  /** Input could not be read while there was work under way: nothing more is read. Call `end()` when the work is done. */
  readonly onReadFailed?: () => void;
  /** Bytes in and out are added here; may be shared by many connections. */
  readonly traffic?: StreamTraffic;
}

export class StreamConnection<B extends OutputBuffer> {
  readonly address: string;
  readonly output: OutputBatcher<B>;
  /** Monotonic time at which the bytes being worked on were read; one look at the clock serves all messages among them. */
  readMs: number;
  readonly #stream: InputStream;
  readonly #reader: InputReader;
  readonly #wheel: TimerWheel;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #options: StreamConnectionOptions<B>;
  readonly #pauseAtBytes: number;
  readonly #idleTimeoutMs: number;
  readonly #traffic: StreamTraffic;
  #idleEntry: TimerEntry | undefined;
  #lastMessageMs: number;
  #error: AppError | undefined;
  #isOpen = true;
  #isPaused = false;
  /** What came can't be read: nothing more is. */
  #hasFailed = false;

  constructor(options: StreamConnectionOptions<B>) {
    const limits = options.limits ?? {};
    this.address = options.address;
    this.#options = options;
    this.#stream = options.stream;
    this.#wheel = options.wheel;
    this.#clock = options.clock ?? systemClock;
    this.readMs = this.#clock.monotonicMs();
    this.#lastMessageMs = this.readMs;
    this.#pauseAtBytes = limits.pauseAtQueuedBytes ?? 1 << 20;
    this.#reader = new InputReader(options.consume, limits.maxBufferedInputBytes ?? (16 << 20) + (64 << 10));
    const { stream, pool, address } = options;
    this.output = new OutputBatcher({
      stream,
      pool,
      address,
      onDrain: () => this.#onDrain(),
      ...(limits.maxQueuedOutputBytes === undefined ? {} : { maxQueuedBytes: limits.maxQueuedOutputBytes }),
      ...(options.traffic === undefined ? {} : { traffic: options.traffic }),
    });
    this.#traffic = options.traffic ?? UNREAD;
    this.#idleTimeoutMs = limits.idleTimeoutMs ?? 0;
    if (this.#idleTimeoutMs > 0) {
      this.#idleEntry = createTimerEntry((nowMs) => this.#onIdle(nowMs));
      this.#wheel.add(this.#idleEntry, this.#lastMessageMs + this.#idleTimeoutMs);
    }
    stream.on("error", (error) => {
      this.#error ??= netError(error, address);
    });
    stream.on("end", () => this.#onEnd());
    stream.on("drain", () => this.#onDrain());
    stream.on("close", () => this.#onClosed());
    attachInput(stream, (bytes, start, end) => this.#onBytes(bytes, start, end));
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Monotonic time of the last complete message (or of the opening). */
  get lastMessageMs(): number {
    return this.#lastMessageMs;
  }

  /** Bytes of a message that the peer has begun and not finished; 0 while it is us who don't read. */
  get incompleteBytes(): number {
    return this.#reader.isBlocked || this.#isPaused ? 0 : this.#reader.heldBytes;
  }

  /** All that it holds in memory: input that waits for more or for its turn, output that waits for the peer. */
  get heldBytes(): number {
    return this.#stream.destroyed ? 0 : this.#reader.heldBytes + this.output.queuedBytes;
  }

  /** It keeps the process alive, unless `unref` says otherwise. */
  get canRef(): boolean {
    return this.#stream.unref !== undefined;
  }

  /** Keeps the process alive, as it does from the start. */
  ref(): void {
    this.#stream.ref?.();
  }

  /** Lets the process exit although the connection is open. */
  unref(): void {
    this.#stream.unref?.();
  }

  /** Only keep input until `unblockInput()`. May be called from `consume`. */
  blockInput(): void {
    this.#reader.block();
  }

  /** Goes on with input that was kept. */
  unblockInput(): void {
    if (!this.#isOpen) return;
    const heldBefore = this.#beginRead();
    try {
      this.#reader.unblock();
      this.#endRead(heldBefore);
    } catch (error) {
      this.#failRead(error);
    }
  }

  /** Sends what is queued, then closes. */
  end(): void {
    this.output.flush();
    if (this.#hasFailed) this.#closeAfterLastWords();
    else if (this.#canCloseNow()) this.#stream.destroy();
    else if (this.#stream.writable) this.#stream.end();
    // A peer that keeps its side open must not keep ours: reading goes on until the idle limit.
  }

  /** Sends what is queued, then closes without waiting for the peer to end too: nothing that it may still send is wanted. */
  leave(): void {
    this.output.flush();
    if (this.output.queuedBytes === 0 && isPlainSocket(this.#stream)) this.#stream.destroy();
    else this.end();
  }

  /** Closes now; what is queued is lost. `error` is what `onClose` gets. */
  destroy(error?: AppError): void {
    this.#error ??= error;
    this.#stream.destroy();
  }

  /** Both sides have said all: closing takes one system call less than ending first. */
  #canCloseNow(): boolean {
    return this.#stream.readableEnded && this.output.queuedBytes === 0 && isPlainSocket(this.#stream);
  }

  #onBytes(bytes: Uint8Array, start: number, end: number): void {
    this.#traffic.receivedBytes += end - start;
    if (!this.#isOpen || this.#hasFailed) return;
    const heldBefore = this.#beginRead();
    try {
      this.#reader.push(bytes, start, end);
      this.#endRead(heldBefore);
    } catch (error) {
      this.#failRead(error);
    }
  }

  #beginRead(): number {
    this.readMs = this.#clock.monotonicMs();
    this.output.hold();
    return this.#reader.heldBytes;
  }

  #endRead(heldBefore: number): void {
    if (this.#reader.heldBytes <= heldBefore) this.#lastMessageMs = this.readMs;
    this.output.release();
    if (this.output.queuedBytes > this.#pauseAtBytes) this.#pause();
  }

  #failRead(error: unknown): void {
    this.#error ??= netError(error, this.address);
    this.#hasFailed = true;
    const hasAnswers = this.output.queuedBytes > 0;
    this.output.release();
    if (this.#stream.writable && this.#options.onReadFailed !== undefined && this.#options.isBusy?.() === true) {
      this.#options.onReadFailed();
    } else if (hasAnswers && this.#stream.writable) this.#closeAfterLastWords();
    else this.#stream.destroy();
  }

  /**
   * Answers that are already written still leave, then the connection closes. Closed with input that nobody has read, the kernel would
   * take them back; so what still comes is read and dropped until the peer has ended too, for a moment.
   */
  #closeAfterLastWords(): void {
    this.#stream.end();
    if (this.#idleEntry !== undefined) this.#wheel.remove(this.#idleEntry);
    this.#idleEntry = createTimerEntry(() => this.#stream.destroy());
    this.#wheel.add(this.#idleEntry, this.#clock.monotonicMs() + LAST_WORDS_MS);
  }

  #pause(): void {
    this.#isPaused = true;
    this.#stream.pause();
  }

  #onDrain(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#stream.resume();
  }

  #onEnd(): void {
    if (this.#hasFailed) this.#stream.destroy();
    else if (this.#options.onEnd !== undefined) this.#options.onEnd();
    else this.end();
  }

  #onIdle(nowMs: number): void {
    const quietUntilMs = this.#lastMessageMs + this.#idleTimeoutMs;
    if (quietUntilMs > nowMs) this.#wheel.add(this.#idleEntry!, quietUntilMs);
    else if (this.#options.isBusy?.()) this.#wheel.add(this.#idleEntry!, nowMs + this.#idleTimeoutMs);
    else this.destroy(new NetIdle({ address: this.address, idleMs: this.#idleTimeoutMs }));
  }

  #onClosed(): void {
    this.#isOpen = false;
    this.#reader.clear();
    if (this.#idleEntry !== undefined) this.#wheel.remove(this.#idleEntry);
    this.#options.onClose(this.#error);
  }
}
