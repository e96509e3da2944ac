/** The server put together: its limits, its door, its addresses and connections, and what ends them. */
import type { Server as NetServer, Socket } from "node:net";
import { type HostPort, silentLogger, systemClock } from "@msec/core";
import { type InputStream, listenTcp, OutputBufferPool, startTimerWheel, type TcpListener } from "@msec/net";
import { ProtoWriter } from "@msec/protocol";
import { Admission } from "../overload/admission.js";
import type { MethodLatency } from "../overload/concurrency-limit.js";
import { RareWarning } from "../rare-warning.js";
import { ServerDoor } from "../security/server-door.js";
import type { PeerSecurity, SecurityRefusal, ServerSecurity } from "../security/server-security.js";
import { type DatagramListener, type DatagramListenerOptions, openDatagramListener } from "./datagram-listener.js";
import type { RpcServer, RpcServerOptions } from "./rpc-server.js";
import { endpointText, ServerConnection } from "./server-connection.js";
import { ServerCore } from "./server-core.js";
import type { RpcServerCounts } from "./server-counts.js";
import { ServerEnding, type ServerStopOptions } from "./server-ending.js";
import { completeServerLimits, type RpcServerLimits } from "./server-limits.js";
import { bindMethods, type ServiceBinding } from "./service-binding.js";

class TcpRpcServer implements RpcServer {
  readonly #core: ServerCore;
  readonly #admission: Admission;
  /** By method. */
  readonly #latencies = new Map<string, MethodLatency>();
  readonly #limits: Required<RpcServerLimits>;
  readonly #pool = new OutputBufferPool(() => new ProtoWriter(16 << 10));
  readonly #listeners: TcpListener[] = [];
  readonly #datagrams: DatagramListener[] = [];
  readonly #connections = new Set<ServerConnection>();
  readonly #door: ServerDoor;
  readonly #ending: ServerEnding;
  #stopping: Promise<{ cutOff: number }> | undefined;

  constructor(options: RpcServerOptions) {
    this.#limits = completeServerLimits(options.limits);
    const clock = options.clock ?? systemClock;
    const { maxInFlight, maxQueueMs, maxQueueDelayMs } = this.#limits;
    const logger = options.logger ?? silentLogger;
    this.#admission = new Admission({ clock, logger, maxInFlight, maxQueueMs, maxQueueDelayMs });
    this.#core = new ServerCore({
      service: options.service,
      methods: this.#bind(options.services),
      admission: this.#admission,
      events: options.events,
      client: options.client,
      clock,
      logger,
      wheel: startTimerWheel(options.clock === undefined ? {} : { clock: options.clock }),
      asyncContext: options.asyncContext ?? true,
      contextMembers: options.contextMembers,
    });
    this.#door = this.#openDoor(options);
    this.#core.guard = this.#door.guard;
    this.#ending = new ServerEnding({
      core: this.#core,
      door: this.#door,
      listeners: this.#listeners,
      datagrams: this.#datagrams,
      connections: this.#connections,
    });
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
    const { clock, logger, counts } = this.#core;
    const dropped = new RareWarning(logger, "connection refused: maxConnections reached");
    const listener = await listenTcp({
      ...at,
      maxConnections: this.#limits.maxConnections,
      readShared: true,
      onConnection: (socket) => this.accept(socket),
      onDrop: (peer) => {
        counts.refusedConnections++;
        dropped.note(clock.monotonicMs(), { peer });
      },
      onError: (error) => logger.error("listening socket failed", { error }),
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
    const { maxConnectionsPerAddress, maxBufferedBytes, messageTimeoutMs, idleTimeoutMs } = this.#limits;
    return new ServerDoor({
      security: options.security ?? {},
      maxPerAddress: maxConnectionsPerAddress,
      maxBufferedBytes,
      traffic: this.#core.counts,
      messageTimeoutMs,
      firstByteTimeoutMs: idleTimeoutMs,
      connections: this.#connections,
      clock,
      logger,
      wheel,
      events: options.events,
      onStream: (stream, socket, security) => this.#serve(stream, socket, security),
    });
  }

  #serve(stream: InputStream, socket: Socket, security: PeerSecurity | undefined): void {
    const { maxFrameBytes, idleTimeoutMs, maxQueuedOutputBytes } = this.#limits;
    const connection = new ServerConnection({
      core: this.#core,
      stream,
      security,
      address: endpointText(socket.remoteAddress, socket.remotePort),
      localAddress: endpointText(socket.localAddress, socket.localPort),
      pool: this.#pool,
      maxFrameBytes,
      limits: { idleTimeoutMs, maxQueuedOutputBytes },
      buffers: this.#door.buffers,
      onClose: (closed) => {
        this.#connections.delete(closed);
        this.#ending.noteChange();
      },
    });
    this.#connections.add(connection);
    this.#core.counts.acceptedConnections++;
    if (this.#core.isStopping) connection.announceStop();
  }

  stop(options: ServerStopOptions = {}): Promise<{ cutOff: number }> {
    this.#stopping ??= this.#stop(options);
    return this.#stopping;
  }

  async #stop(options: ServerStopOptions): Promise<{ cutOff: number }> {
    const cutOff = await this.#ending.run(options);
    this.#core.stop();
    this.#admission.stop();
    return { cutOff };
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
