import { type Clock, type Logger, silentLogger, systemClock } from "@msec/core";
import { OutputBufferPool, startTimerWheel, type TimerWheel } from "@msec/net";
import { ProtoWriter } from "@msec/protocol";
import type { CallChannel } from "./call-channel.js";
import type { CallEvents, OutgoingCall } from "./call-events.js";
import { type CallTarget, CallTargets } from "./call-target.js";
import { type CallPlace, ChannelPool, type PoolHost } from "./channel-pool.js";
import { ClientClosed } from "./errors.js";
import type { Picker } from "./picker.js";
import type { RetryBudgetOptions } from "./retry-budget.js";

export interface RpcClientLimits {
  /** Largest frame, in and out. Default 16 MiB. */
  readonly maxFrameBytes?: number;
  /** Connections per instance. Default 1: calls share it. */
  readonly connectionsPerAddress?: number;
  /** Default 1000; the call's own deadline is usually shorter. */
  readonly connectTimeoutMs?: number;
  /** Unused connections are closed after this long. Default 50000, under the 60 s after which servers close theirs. */
  readonly idleTimeoutMs?: number;
  /** Calls under way. Default 100000. More are refused at once (RPC_CLIENT_OVERLOADED). */
  readonly maxInFlight?: number;
  readonly retryBudget?: RetryBudgetOptions;
}

export interface ClientCoreOptions {
  readonly service: string;
  readonly picker: Picker;
  readonly events?: CallEvents;
  readonly limits?: RpcClientLimits;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** What all calls of a client share. */
export class ClientCore implements PoolHost {
  readonly service: string;
  readonly picker: Picker;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly buffers = new OutputBufferPool(() => new ProtoWriter(16 << 10));
  readonly limits: Required<RpcClientLimits>;
  inFlight = 0;
  isClosed = false;
  readonly #events: CallEvents | undefined;
  readonly #logger: Logger;
  readonly #targets: CallTargets;
  /** By host, then port: no text is built to find a pool. */
  readonly #pools = {
    tcp: new Map<string, Map<number, ChannelPool>>(),
    udp: new Map<string, Map<number, ChannelPool>>(),
  };
  readonly #channels = new Set<CallChannel>();

  constructor(options: ClientCoreOptions) {
    this.service = options.service;
    this.picker = options.picker;
    this.clock = options.clock ?? systemClock;
    this.wheel = startTimerWheel({ clock: this.clock });
    this.#events = options.events;
    this.#logger = options.logger ?? silentLogger;
    this.limits = {
      maxFrameBytes: 16 << 20,
      connectionsPerAddress: 1,
      connectTimeoutMs: 1000,
      idleTimeoutMs: 50_000,
      maxInFlight: 100_000,
      retryBudget: {},
      ...options.limits,
    };
    this.#targets = new CallTargets(this.limits.retryBudget);
  }

  /** @throws RPC_TARGET_INVALID */
  targetOf(target: string): CallTarget {
    return this.#targets.of(target);
  }

  poolOf(at: CallPlace): ChannelPool {
    const pools = this.#pools[at.transport];
    let byPort = pools.get(at.host);
    if (byPort === undefined) {
      byPort = new Map();
      pools.set(at.host, byPort);
    }
    let pool = byPort.get(at.port);
    if (pool === undefined) {
      pool = new ChannelPool(this, at);
      byPort.set(at.port, pool);
    }
    return pool;
  }

  /** A pool without connections is made anew when it is needed. */
  dropPool(pool: ChannelPool): void {
    const pools = this.#pools[pool.transport];
    const byPort = pools.get(pool.host);
    if (byPort?.get(pool.port) !== pool) return;
    byPort.delete(pool.port);
    if (byPort.size === 0) pools.delete(pool.host);
  }

  /** Telemetry must never break a call. */
  emit(call: OutgoingCall): void {
    if (this.#events === undefined) return;
    try {
      this.#events.onCall(call);
    } catch (error) {
      this.#logger.error("call event sink failed", { error });
    }
  }

  track(channel: CallChannel): void {
    this.#channels.add(channel);
  }

  untrack(channel: CallChannel): void {
    this.#channels.delete(channel);
  }

  /** Cuts all connections; calls under way reject with RPC_CLIENT_CLOSED. */
  close(): void {
    this.isClosed = true;
    for (const channel of this.#channels) channel.destroy(new ClientClosed({ service: this.service }));
    this.wheel.stop();
  }
}
