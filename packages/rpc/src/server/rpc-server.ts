/** What a server promises to those who run one, and what they tell it. */
import type { Server as NetServer, Socket } from "node:net";
import type { Clock, HostPort, Logger } from "@msec/core";
import type { CallEvents } from "../call-events.js";
import type { RpcClient } from "../client/client.js";
import type { SecurityRefusal, ServerSecurity } from "../security/server-security.js";
import type { DatagramListenerOptions } from "./datagram-listener.js";
import type { RpcServerCounts } from "./server-counts.js";
import type { ServerStopOptions } from "./server-ending.js";
import type { RpcServerLimits } from "./server-limits.js";
import type { ServiceBinding } from "./service-binding.js";

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
