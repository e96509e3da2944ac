/** All that stands between the network and the requests of one server, put together, counted and logged. */
import type { Socket } from "node:net";
import type { Clock, Logger } from "@msec/core";
import { AddressList, type InputStream, type StreamTraffic, type TimerWheel } from "@msec/net";
import type { CallEvents } from "../call-events.js";
import { RareWarning } from "../rare-warning.js";
import { BufferWatch, type HoldingConnection } from "./buffer-watch.js";
import { CallerList } from "./caller-list.js";
import { ConnectionGate } from "./connection-gate.js";
import { RequestGuard } from "./request-guard.js";
import type { PeerSecurity, SecurityRefusal, ServerSecurity } from "./server-security.js";
import { StallWatch, type WatchedConnection } from "./stall-watch.js";

export interface ServerDoorOptions {
  readonly security: ServerSecurity;
  readonly maxPerAddress: number;
  readonly maxBufferedBytes: number;
  /** Of all connections. */
  readonly traffic: StreamTraffic;
  readonly messageTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  readonly connections: Iterable<WatchedConnection & HoldingConnection>;
  readonly wheel: TimerWheel;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: CallEvents | undefined;
  readonly onStream: (stream: InputStream, socket: Socket, security: PeerSecurity | undefined) => void;
}

export class ServerDoor {
  readonly buffers: BufferWatch;
  readonly #options: ServerDoorOptions;
  readonly #gate: ConnectionGate;
  readonly #guard: RequestGuard;
  readonly #stalls: StallWatch | undefined;
  readonly #refusals = new Map<SecurityRefusal, RareWarning>();

  /** @throws NET_TLS_FILES_INVALID, NET_ADDRESS_LIST_INVALID, RPC_CALLER_LIST_INVALID */
  constructor(options: ServerDoorOptions) {
    this.#options = options;
    const { security, clock, messageTimeoutMs } = options;
    const onRefused = (cause: SecurityRefusal, peer: string, why?: string): void => this.#note(cause, peer, why);
    this.#gate = new ConnectionGate({ ...options, nowMs: () => clock.monotonicMs(), onRefused });
    const { tls, allowCallers } = security;
    const callers = allowCallers === undefined ? undefined : new CallerList(allowCallers);
    this.#guard = new RequestGuard({ tls, callers, onRefused: (cause, peer) => this.#count(cause, peer) });
    this.buffers = new BufferWatch({
      ...options,
      onOverfull: (address) => this.#note("buffered bytes", address),
    });
    if (messageTimeoutMs > 0) {
      this.#stalls = new StallWatch({ ...options, onStalled: (address) => this.#note("message timeout", address) });
    }
  }

  /** What each request is shown to; undefined while nothing is restricted, so that requests pay nothing. */
  get guard(): RequestGuard | undefined {
    return this.#options.security.tls === undefined && this.#guard.callers === undefined ? undefined : this.#guard;
  }

  /** How many were turned away, by cause. */
  get refused(): Readonly<Partial<Record<SecurityRefusal, number>>> {
    return Object.fromEntries([...this.#refusals].map(([cause, { count }]) => [cause, count]));
  }

  accept(socket: Socket): void {
    this.#gate.accept(socket);
  }

  admitsSender(host: string): boolean {
    return this.#gate.admitsSender(host);
  }

  /**
   * Exchanges the lists; connections that are open stay open.
   *
   * @throws NET_ADDRESS_LIST_INVALID, RPC_CALLER_LIST_INVALID; then nothing has changed
   */
  allow({ allowCallers, allowFrom }: Pick<ServerSecurity, "allowCallers" | "allowFrom">): void {
    const callers = allowCallers === undefined ? undefined : new CallerList(allowCallers);
    this.#gate.addresses = allowFrom === undefined ? undefined : new AddressList(allowFrom);
    this.#guard.callers = callers;
  }

  close(): void {
    this.buffers.stop();
    this.#stalls?.stop();
    this.#gate.close();
  }

  /** Somebody was turned away before a request of theirs was read. */
  #note(cause: SecurityRefusal, peer: string, why?: string): void {
    this.#options.events?.onRefused?.(cause);
    this.#count(cause, peer, why);
  }

  #count(cause: SecurityRefusal, peer: string, why?: string): void {
    const { clock, logger } = this.#options;
    const warning = this.#refusals.get(cause) ?? new RareWarning(logger, "peer turned away");
    this.#refusals.set(cause, warning);
    warning.note(clock.monotonicMs(), { cause, peer, ...(why !== undefined && { why }) });
  }
}
