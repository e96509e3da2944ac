/**
 * Closes connections whose peer began a message and does not finish it (slow-loris). An idle limit does not find them: each byte
 * looks like activity. All connections are looked at four times per `messageTimeoutMs`, so that requests pay nothing.
 */
import type { AppError, Clock } from "@msec/core";
import { createTimerEntry, NetMessageTimeout, type TimerEntry, type TimerWheel } from "@msec/net";

/** Least rate of a long message, in bytes per millisecond. */
const MIN_BYTES_PER_MS = 16;

export interface WatchedConnection {
  readonly address: string;
  /** Bytes of a message that was begun and is not whole; 0 = the peer owes nothing. */
  readonly incompleteBytes: number;
  /** Changes with each whole message. */
  readonly progressMark: number;
  destroy(error?: AppError): void;
}

export interface StallWatchOptions {
  readonly connections: Iterable<WatchedConnection>;
  /** Time for a message, beside what its length takes at the least rate. */
  readonly messageTimeoutMs: number;
  readonly wheel: TimerWheel;
  readonly clock: Clock;
  readonly onStalled: (address: string) => void;
}

export class StallWatch {
  readonly #options: StallWatchOptions;
  readonly #entry: TimerEntry;
  #seen = new Map<WatchedConnection, { readonly mark: number; readonly sinceMs: number }>();

  constructor(options: StallWatchOptions) {
    this.#options = options;
    this.#entry = createTimerEntry((nowMs) => this.look(nowMs));
    this.#schedule(options.clock.monotonicMs());
  }

  stop(): void {
    this.#options.wheel.remove(this.#entry);
  }

  #schedule(nowMs: number): void {
    this.#options.wheel.add(this.#entry, nowMs + this.#options.messageTimeoutMs / 4);
  }

  /** Looks at all connections; the wheel calls it. */
  look(nowMs: number): void {
    const { connections, messageTimeoutMs, onStalled } = this.#options;
    const seen = new Map<WatchedConnection, { readonly mark: number; readonly sinceMs: number }>();
    for (const connection of connections) {
      const arrivedBytes = connection.incompleteBytes;
      if (arrivedBytes === 0) continue;
      const before = this.#seen.get(connection);
      const mark = connection.progressMark;
      const sinceMs = before?.mark === mark ? before.sinceMs : nowMs;
      const waitedMs = Math.round(nowMs - sinceMs);
      if (waitedMs > messageTimeoutMs + arrivedBytes / MIN_BYTES_PER_MS) {
        onStalled(connection.address);
        connection.destroy(new NetMessageTimeout({ address: connection.address, waitedMs, arrivedBytes }));
      } else seen.set(connection, { mark, sinceMs });
    }
    this.#seen = seen;
    this.#schedule(nowMs);
  }
}
