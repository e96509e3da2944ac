import type { Server as NetServer, Socket } from "node:net";
import { type Clock, type HostPort, type Logger, silentLogger, startTimer, systemClock } from "@msec/core";
import { type InputStream, listenTcp, OutputBufferPool, startTimerWheel, type TcpListener } from "@msec/net";
import { ProtoWriter } from "@msec/protocol";
import type { CallEvents } from "./call-events.js";
import type { RpcClient } from "./client.js";
import { type DatagramListener, type DatagramListenerOptions, openDatagramListener } from "./datagram-listener.js";
import { Admission } from "./overload/admission.js";
import type { MethodLatency } from "./overload/concurrency-limit.js";
import { ServerDoor } from "./security/server-door.js";
import type { PeerSecurity, SecurityRefusal, ServerSecurity } from "./security/server-security.js";
import { endpointText, ServerConnection } from "./server-connection.js";
import { ServerCore } from "./server-core.js";
import type { RpcServerCounts } from "./server-counts.js";
import { bindMethods, type ServiceBinding } from "./service-binding.js";

export interface RpcServerLimits {
  /** Largest frame or HTTP body, in and out. Default 16 MiB. Longer ones are refused before their body arrives. */
  readonly maxFrameBytes?: number;
  /** Default 10000. More are closed at once. */
  readonly maxConnections?: number;
  /** Requests under way. Default 10000. More are answered RESOURCE_EXHAUSTED (RPC_OVERLOADED) at once. */
  readonly maxInFlight?: number;
  /** A request that waited longer between its arrival and its turn is refused (RPC_QUEUED_TOO_LONG). Default 800; 0 = never. */
  readonly maxQueueMs?: number;
  /**
   * When requests wait longer than this for their turn, the worker takes only what it manages, the most important first; the same
   * happens when latencies show that too many are under way. Default 20; 0 = overload control is off.
   */
  readonly maxQueueDelayMs?: number;
  /** A connection without a complete message for this long is closed, unless a request is under way on it. Default 60000. */
  readonly idleTimeoutMs?: number;
  /** Time for the rest of a message that was begun, beside what its length takes at 16 KB/s (NET_MESSAGE_TIMEOUT). Default 30000; 0 = any. */
  readonly messageTimeoutMs?: number;
  /** Connections from one address; more are closed at once. Default: half of `maxConnections`; 0 = any. */
  readonly maxConnectionsPerAddress?: number;
  /** Most bytes of answers that may wait for a peer that does not read; then its connection is closed. Default 64 MiB. */
  readonly maxQueuedOutputBytes?: number;
}

export interface RpcServerOptions {
  /** Own name, `First.Second`. */
  readonly service: string;
  readonly services: readonly ServiceBinding[];
  readonly events?: CallEvents;
  /** For `ctx.call`. */
  readonly client?: RpcClient;
  readonly limits?: RpcServerLimits;
  /** TLS, and who may call. Default: plain, everybody. */
  readonly security?: ServerSecurity;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /**
   * Keep `currentContext()` through awaits and timers. Default true. Costs about 0.1 µs around a plain handler and about 1 µs around an
   * async one; `ctx` as an argument works either way.
   */
  readonly asyncContext?: boolean;
  /**
   * Getters and methods that every context of this server gets (`log`, `metrics`, …); `this` is the context. They sit on the prototype:
   * a request that does not use them pays nothing.
   */
  readonly contextMembers?: object;
}

export interface ServerStopOptions {
  readonly graceMs?: number;
  readonly isHandover?: boolean;
}

export interface RpcServer {
  /** Opens one more address. @throws NET_ADDRESS_IN_USE and the other reasons of `listenTcp` */
  listen(at: { readonly host?: string; readonly port?: number } | { readonly server: NetServer }): Promise<HostPort>;
  /** Serves frames over UDP too: one per datagram, both ways. @throws NET_ADDRESS_IN_USE and others, RPC_NETWORK_INVALID */
  listenUdp(at: DatagramListenerOptions): Promise<HostPort>;
  /**
   * From now on requests go to these handlers; what is under way ends with the old ones.
   *
   * @throws RPC_HANDLER_MISSING, RPC_METHOD_DUPLICATE; then the old ones stay
   */
  replace(services: readonly ServiceBinding[]): void;
  /** Takes a connection that somebody else accepted. */
  accept(socket: Socket): void;
  readonly addresses: readonly HostPort[];
  /** Requests under way. */
  readonly inFlight: number;
  readonly connections: number;
  /** Since the start. */
  readonly counts: RpcServerCounts;
  readonly isStopping: boolean;
  /** Overload control refuses some requests now. */
  readonly isShedding: boolean;
  /** Peers turned away, by cause. */
  readonly refused: Readonly<Partial<Record<SecurityRefusal, number>>>;
  /** Exchanges the lists of those who may call. @throws NET_ADDRESS_LIST_INVALID, RPC_CALLER_LIST_INVALID; then the old ones stay */
  allow(lists: Pick<ServerSecurity, "allowCallers" | "allowFrom">): void;
  /**
   * Stops accepting, finishes what is under way, answers what still comes in with RPC_SHUTTING_DOWN, then closes. After `graceMs`
   * (default 10000) the rest is cut off. Resolves when everything is closed; further calls wait for the same end.
   *
   * With `isHandover`, when other processes serve the same addresses already: refuses nobody. Peers are told to connect anew and are
   * served until they have; connections that stay quiet for a second are closed.
   */
  stop(options?: ServerStopOptions): Promise<{ readonly cutOff: number }>;
}

/** How long quiet connections of clients that don't know the stop notice stay open for requests that are on their way. */
const LINGER_MS = 100;
/** In a handover a connection without a message for so long is closed. */
const QUIET_MS = 1_000;
/** What is left of the grace for those who do not go: they are refused and closed as in any stop. */
const HANDOVER_RESERVE_MS = 1_000;

class TcpRpcServer implements RpcServer {
  readonly #core: ServerCore;
  readonly #admission: Admission;
  /** By method. */
  readonly #latencies = new Map<string, MethodLatency>();
  readonly #limits: RpcServerLimits;
  readonly #pool = new OutputBufferPool(() => new ProtoWriter(16 << 10));
  readonly #listeners: TcpListener[] = [];
  readonly #datagrams: DatagramListener[] = [];
  readonly #connections = new Set<ServerConnection>();
  readonly #door: ServerDoor;
  #stopping: Promise<{ cutOff: number }> | undefined;
  #onChange: () => void = () => undefined;

  constructor(options: RpcServerOptions) {
    this.#limits = options.limits ?? {};
    const clock = options.clock ?? systemClock;
    this.#admission = new Admission({
      clock,
      maxInFlight: this.#limits.maxInFlight ?? 10_000,
      maxQueueMs: this.#limits.maxQueueMs ?? 800,
      maxQueueDelayMs: this.#limits.maxQueueDelayMs ?? 20,
    });
    this.#core = new ServerCore({
      service: options.service,
      methods: this.#bind(options.services),
      admission: this.#admission,
      events: options.events,
      client: options.client,
      clock,
      logger: options.logger ?? silentLogger,
      wheel: startTimerWheel(options.clock === undefined ? {} : { clock: options.clock }),
      asyncContext: options.asyncContext ?? true,
      contextMembers: options.contextMembers,
    });
    this.#core.onQuiet = () => this.#onChange();
    this.#door = this.#openDoor(options);
    this.#core.guard = this.#door.guard;
  }

  get addresses(): readonly HostPort[] {
    return this.#listeners.map((listener) => listener.address);
  }

  get inFlight(): number {
    return this.#core.underWay;
  }

  get connections(): number {
    return this.#connections.size;
  }

  get counts(): RpcServerCounts {
    return this.#core.counts;
  }

  get isStopping(): boolean {
    return this.#core.isStopping;
  }

  get isShedding(): boolean {
    return this.#admission.isShedding;
  }

  get refused(): Readonly<Partial<Record<SecurityRefusal, number>>> {
    return this.#door.refused;
  }

  allow(lists: Pick<ServerSecurity, "allowCallers" | "allowFrom">): void {
    this.#door.allow(lists);
    this.#core.guard = this.#door.guard;
  }

  async listen(at: { host?: string; port?: number } | { server: NetServer }): Promise<HostPort> {
    const { maxConnections } = this.#limits;
    const listener = await listenTcp({
      ...at,
      ...(maxConnections === undefined ? {} : { maxConnections }),
      readShared: true,
      onConnection: (socket) => this.accept(socket),
      onDrop: (peer) => {
        this.#core.counts.refusedConnections++;
        this.#core.logger.warn("connection refused: maxConnections reached", { peer });
      },
      onError: (error) => this.#core.logger.error("listening socket failed", { error }),
    });
    this.#listeners.push(listener);
    return listener.address;
  }

  async listenUdp(at: DatagramListenerOptions): Promise<HostPort> {
    const listener = await openDatagramListener(this.#core, {
      ...at,
      admits: (host) => this.#door.admitsSender(host),
    });
    this.#datagrams.push(listener);
    return listener.address;
  }

  replace(services: readonly ServiceBinding[]): void {
    this.#core.methods = this.#bind(services);
  }

  accept(socket: Socket): void {
    this.#door.accept(socket);
  }

  /** A method keeps what overload control has learnt of it. */
  #bind(services: readonly ServiceBinding[]): ReturnType<typeof bindMethods> {
    return bindMethods(services, (method) => {
      let latency = this.#latencies.get(method);
      if (latency === undefined) {
        latency = this.#admission.addMethod();
        this.#latencies.set(method, latency);
      }
      return latency;
    });
  }

  #openDoor(options: RpcServerOptions): ServerDoor {
    const { clock, logger, wheel } = this.#core;
    const { maxConnections = 10_000, maxConnectionsPerAddress, messageTimeoutMs, idleTimeoutMs } = this.#limits;
    return new ServerDoor({
      security: options.security ?? {},
      maxPerAddress: maxConnectionsPerAddress ?? Math.ceil(maxConnections / 2),
      messageTimeoutMs: messageTimeoutMs ?? 30_000,
      firstByteTimeoutMs: idleTimeoutMs ?? 60_000,
      connections: this.#connections,
      clock,
      logger,
      wheel,
      events: options.events,
      onStream: (stream, socket, security) => this.#serve(stream, socket, security),
    });
  }

  #serve(stream: InputStream, socket: Socket, security: PeerSecurity | undefined): void {
    const connection = new ServerConnection({
      core: this.#core,
      stream,
      security,
      address: endpointText(socket.remoteAddress, socket.remotePort),
      localAddress: endpointText(socket.localAddress, socket.localPort),
      pool: this.#pool,
      maxFrameBytes: this.#limits.maxFrameBytes ?? 16 << 20,
      limits: {
        idleTimeoutMs: this.#limits.idleTimeoutMs ?? 60_000,
        maxQueuedOutputBytes: this.#limits.maxQueuedOutputBytes ?? 64 << 20,
      },
      onClose: (closed) => {
        this.#connections.delete(closed);
        this.#onChange();
      },
    });
    this.#connections.add(connection);
    this.#core.counts.acceptedConnections++;
    if (this.#core.isStopping) connection.announceStop();
  }

  stop({ graceMs = 10_000, isHandover = false }: ServerStopOptions = {}): Promise<{ cutOff: number }> {
    this.#stopping ??= this.#stop(graceMs, isHandover);
    return this.#stopping;
  }

  async #stop(graceMs: number, isHandover: boolean): Promise<{ cutOff: number }> {
    const { clock, wheel } = this.#core;
    const deadlineMs = clock.monotonicMs() + graceMs;
    if (isHandover) this.#core.isHandingOver = true;
    else this.#core.isStopping = true;
    for (const listener of this.#datagrams) listener.drain(isHandover);
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    for (const connection of this.#connections) connection.announceStop();
    if (isHandover) await this.#handOver(deadlineMs - HANDOVER_RESERVE_MS);
    this.#core.isStopping = true;
    await this.#until(() => this.#core.underWay === 0, deadlineMs);
    await this.#until(() => this.#connections.size === 0, Math.min(deadlineMs, clock.monotonicMs() + LINGER_MS));
    for (const connection of this.#connections) if (connection.inFlight === 0) connection.end();
    await this.#until(() => this.#connections.size === 0, Math.min(deadlineMs, clock.monotonicMs() + LINGER_MS));
    await Promise.all(this.#datagrams.map((listener) => listener.close()));
    const cutOff = this.#core.underWay;
    for (const connection of this.#connections) connection.destroy();
    this.#door.close();
    await this.#until(() => this.#connections.size === 0, clock.monotonicMs() + 1000);
    wheel.stop();
    this.#admission.stop();
    return { cutOff };
  }

  /** Serves on until all peers have gone, closing the quiet ones. */
  async #handOver(untilMs: number): Promise<void> {
    const { clock } = this.#core;
    const isEmpty = (): boolean => this.#connections.size === 0 && this.#core.underWay === 0;
    for (let nowMs = clock.monotonicMs(); !isEmpty() && nowMs < untilMs; nowMs = clock.monotonicMs()) {
      for (const connection of this.#connections) {
        if (connection.inFlight === 0 && nowMs - connection.lastMessageMs >= QUIET_MS) connection.end();
      }
      await this.#until(isEmpty, Math.min(untilMs, nowMs + QUIET_MS / 4));
    }
    for (const connection of this.#connections) connection.endBehindAnswer();
    await this.#until(isEmpty, untilMs + HANDOVER_RESERVE_MS - 2 * LINGER_MS);
  }

  /** Waits for a condition that changes when a request or a connection ends. */
  #until(isReached: () => boolean, deadlineMs: number): Promise<void> {
    return new Promise((resolve) => {
      const waitMs = Math.max(0, deadlineMs - this.#core.clock.monotonicMs());
      const timer = startTimer(this.#core.clock, () => done(), waitMs);
      const done = (): void => {
        timer.stop();
        this.#onChange = () => undefined;
        resolve();
      };
      this.#onChange = () => {
        if (isReached()) done();
      };
      this.#onChange();
    });
  }
}

/**
 * A server without addresses yet.
 *
 * @throws RPC_HANDLER_MISSING, RPC_METHOD_DUPLICATE, NET_TLS_FILES_INVALID, NET_ADDRESS_LIST_INVALID, RPC_CALLER_LIST_INVALID
 */
export function createRpcServer(options: RpcServerOptions): RpcServer {
  return new TcpRpcServer(options);
}
