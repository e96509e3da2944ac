/**
 * Keeps what all connections of a server hold in memory (input that is no whole message yet, answers that wait) under one limit. Limits
 * per connection do not: ten thousand peers that each send most of a large request would hold ten thousand times as much.
 *
 * Nobody can have buffered more than went over the wire, so the connections are looked at whenever an eighth of the limit has passed
 * since the last look: messages cost two additions and a comparison per read, whatever the number of connections.
 */
import type { AppError, Clock } from "@msec/core";
import { createTimerEntry, NetBuffersFull, type StreamTraffic, type TimerEntry, type TimerWheel } from "@msec/net";

/** Answers are written between reads too. */
const LOOK_EVERY_MS = 100;
const IDLE_LOOK_EVERY_MS = 1_000;

export interface HoldingConnection {
  readonly address: string;
  /** Input that waits for the rest of its message or for its turn, and output that waits for the peer. */
  readonly heldBytes: number;
  destroy(error?: AppError): void;
}

export interface BufferWatchOptions {
  readonly connections: Iterable<HoldingConnection>;
  /** All of them together. */
  readonly maxBufferedBytes: number;
  readonly traffic: StreamTraffic;
  readonly wheel: TimerWheel;
  readonly clock: Clock;
  readonly onOverfull: (address: string) => void;
}

export class BufferWatch {
  readonly #options: BufferWatchOptions;
  readonly #entry: TimerEntry;
  #lookAtBytes = 0;
  #bytesBefore = 0;

  constructor(options: BufferWatchOptions) {
    this.#options = options;
    this.#entry = createTimerEntry((nowMs) => this.#onTime(nowMs));
    this.#onTime(options.clock.monotonicMs());
  }

  stop(): void {
    this.#options.wheel.remove(this.#entry);
  }

  /** Call when bytes have come in. */
  noteTraffic(): void {
    const { receivedBytes, sentBytes } = this.#options.traffic;
    if (receivedBytes + sentBytes >= this.#lookAtBytes) this.#look(receivedBytes + sentBytes);
  }

  #onTime(nowMs: number): void {
    const { traffic, wheel } = this.#options;
    const bytes = traffic.receivedBytes + traffic.sentBytes;
    this.noteTraffic();
    wheel.add(this.#entry, nowMs + (bytes === this.#bytesBefore ? IDLE_LOOK_EVERY_MS : LOOK_EVERY_MS));
    this.#bytesBefore = bytes;
  }

  #look(trafficBytes: number): void {
    const { connections, maxBufferedBytes } = this.#options;
    this.#lookAtBytes = trafficBytes + maxBufferedBytes / 8;
    let heldBytes = 0;
    for (const connection of connections) heldBytes += connection.heldBytes;
    if (heldBytes > maxBufferedBytes) this.#relieve(heldBytes);
  }

  /** Cuts the largest of the address that holds most, then the next, until there is room for a while. */
  #relieve(heldBytes: number): void {
    const { maxBufferedBytes, onOverfull } = this.#options;
    let excessBytes = heldBytes - maxBufferedBytes * (7 / 8);
    for (const { connection, bytes } of largestFirst(this.#options.connections)) {
      if (excessBytes <= 0) return;
      excessBytes -= bytes;
      const { address } = connection;
      onOverfull(address);
      connection.destroy(new NetBuffersFull({ address, heldBytes: bytes, limitBytes: maxBufferedBytes }));
    }
  }
}

interface Holding {
  readonly connection: HoldingConnection;
  readonly host: string;
  readonly bytes: number;
}

function largestFirst(connections: Iterable<HoldingConnection>): readonly Holding[] {
  const perHost = new Map<string, number>();
  const found: Holding[] = [];
  for (const connection of connections) {
    const bytes = connection.heldBytes;
    if (bytes === 0) continue;
    const { address } = connection;
    const host = address.slice(0, address.lastIndexOf(":"));
    found.push({ connection, host, bytes });
    perHost.set(host, (perHost.get(host) ?? 0) + bytes);
  }
  return found.sort((a, b) => perHost.get(b.host)! - perHost.get(a.host)! || b.bytes - a.bytes);
}
