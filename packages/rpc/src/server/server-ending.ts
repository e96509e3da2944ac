/** How a server stops without failing a request: nothing new is accepted, what is under way ends, then connections close. */
import { startTimer } from "@msec/core";
import type { TcpListener } from "@msec/net";
import type { ServerDoor } from "../security/server-door.js";
import type { DatagramListener } from "./datagram-listener.js";
import type { ServerConnection } from "./server-connection.js";
import type { ServerCore } from "./server-core.js";

export interface ServerStopOptions {
  readonly graceMs?: number;
  readonly isHandover?: boolean;
}

/** What ends. The collections are the server's own: they change while it ends. */
export interface EndingParts {
  readonly core: ServerCore;
  readonly door: ServerDoor;
  readonly listeners: readonly TcpListener[];
  readonly datagrams: readonly DatagramListener[];
  readonly connections: ReadonlySet<ServerConnection>;
}

/** How long quiet connections of clients that don't know the stop notice stay open for requests that are on their way. */
const LINGER_MS = 100;
/** In a handover a connection without a message for so long is closed. */
const QUIET_MS = 1_000;
/** What is left of the grace for those who do not go: they are refused and closed as in any stop. */
const HANDOVER_RESERVE_MS = 1_000;
/** Sockets that were destroyed have gone by then. */
const CLOSE_MS = 1_000;

export class ServerEnding {
  readonly #parts: EndingParts;
  #onChange: () => void = () => undefined;

  constructor(parts: EndingParts) {
    this.#parts = parts;
  }

  /** A connection has gone. */
  noteChange(): void {
    this.#onChange();
  }

  /** Resolves when everything is closed, with the number of requests that were cut off. */
  async run({ graceMs = 10_000, isHandover = false }: ServerStopOptions): Promise<number> {
    const { core, door, listeners, datagrams, connections } = this.#parts;
    const { clock } = core;
    const deadlineMs = clock.monotonicMs() + graceMs;
    if (isHandover) core.isHandingOver = true;
    else core.isStopping = true;
    for (const listener of datagrams) listener.drain(isHandover);
    await Promise.all(listeners.map((listener) => listener.close()));
    for (const connection of connections) connection.announceStop();
    if (isHandover) await this.#handOver(deadlineMs - HANDOVER_RESERVE_MS);
    core.isStopping = true;
    await this.#until(() => core.underWay === 0, deadlineMs);
    await this.#until(() => connections.size === 0, Math.min(deadlineMs, clock.monotonicMs() + LINGER_MS));
    for (const connection of connections) if (connection.inFlight === 0) connection.end();
    await this.#until(() => connections.size === 0, Math.min(deadlineMs, clock.monotonicMs() + LINGER_MS));
    await Promise.all(datagrams.map((listener) => listener.close()));
    const cutOff = core.underWay;
    for (const connection of connections) connection.destroy();
    door.close();
    await this.#until(() => connections.size === 0, clock.monotonicMs() + CLOSE_MS);
    return cutOff;
  }

  /** Serves on until all peers have gone, closing the quiet ones. */
  async #handOver(untilMs: number): Promise<void> {
    const { core, connections } = this.#parts;
    const { clock } = core;
    const isEmpty = (): boolean => connections.size === 0 && core.underWay === 0;
    for (let nowMs = clock.monotonicMs(); !isEmpty() && nowMs < untilMs; nowMs = clock.monotonicMs()) {
      for (const connection of connections) {
        if (connection.inFlight === 0 && nowMs - connection.lastMessageMs >= QUIET_MS) connection.end();
      }
      await this.#until(isEmpty, Math.min(untilMs, nowMs + QUIET_MS / 4));
    }
    for (const connection of connections) connection.endBehindAnswer();
    await this.#until(isEmpty, untilMs + HANDOVER_RESERVE_MS - 2 * LINGER_MS);
  }

  /** Waits for a condition that changes when a request or a connection ends. */
  #until(isReached: () => boolean, deadlineMs: number): Promise<void> {
    const { core } = this.#parts;
    return new Promise((resolve) => {
      const waitMs = Math.max(0, deadlineMs - core.clock.monotonicMs());
      const timer = startTimer(core.clock, () => done(), waitMs);
      const done = (): void => {
        timer.stop();
        this.#watch(() => undefined);
        resolve();
      };
      this.#watch(() => {
        if (isReached()) done();
      });
      this.#onChange();
    });
  }

  /** Called when a connection has gone or the last request was answered. */
  #watch(onChange: () => void): void {
    this.#onChange = onChange;
    this.#parts.core.onQuiet = onChange;
  }
}
