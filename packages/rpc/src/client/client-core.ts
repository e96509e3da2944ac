import { type Clock, isAppError, type Logger, type Random, silentLogger, systemClock } from "@msec/core";
import { createTimerEntry, OutputBufferPool, startTimerWheel, type TimerWheel } from "@msec/net";
import { ProtoWriter } from "@msec/protocol";
import type { CallEvents, OutgoingCall } from "../call-events.js";
import { ClientClosed } from "../errors.js";
import type { ClientTls } from "../security/client-tls.js";
import type { CallChannel, ChannelKind, Dial, OpenUdp } from "./call-channel.js";
import type { TargetOptions } from "./call-options.js";
import { type CallTarget, CallTargets } from "./call-target.js";
import type { CallPlace, ChannelPool, PoolHost } from "./channel-pool.js";
import { DialBackoff } from "./dial-backoff.js";
import { FaultLog } from "./fault-log.js";
import { LostConnections } from "./lost-connections.js";
import type { Pick, PickedCall, Picker } from "./picker.js";
import { PoolSet } from "./pool-set.js";
import type { RetryBudgetOptions } from "./retry-budget.js";
import { SRPC_CHANNELS } from "./srpc-channel.js";

export interface RpcClientLimits {
  /** Largest frame, in and out. Default 16 MiB. */
  readonly maxFrameBytes?: number;
  /** Connections per instance. Default 1: calls share it. */
  readonly connectionsPerAddress?: number;
  /** Connections per instance with protocols that allow one call at a time; further calls wait for a free one. Default 16. */
  readonly serialConnectionsPerAddress?: number;
  /** Default 1000; the call's own deadline is usually shorter. */
  readonly connectTimeoutMs?: number;
  /** Unused connections are closed after this long. Default 50000, under the 60 s after which servers close theirs. */
  readonly idleTimeoutMs?: number;
  /** Calls under way. Default 100000. More are refused at once (RPC_CLIENT_OVERLOADED). */
  readonly maxInFlight?: number;
  /** Of direct addresses, and of names whose picker keeps none for the machine. */
  readonly retryBudget?: RetryBudgetOptions;
}

export interface ClientCoreOptions {
  readonly service: string;
  readonly picker: Picker;
  readonly events?: CallEvents;
  readonly limits?: RpcClientLimits;
  /** For calls that don't say otherwise. */
  readonly defaults?: TargetOptions;
  /** As `defaults`, for one target each, by its text. */
  readonly targets?: Readonly<Record<string, TargetOptions>>;
  /** Certificates for calls over TLS. Without it calls are plain. */
  readonly tls?: ClientTls;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Opens connections in its own way; undefined for an address = over the network. For tests without sockets. */
  readonly dial?: Dial;
  /** The same for datagrams. */
  readonly openUdp?: OpenUdp;
  /** For pauses between dials; in [0, 1). Default `Math.random`. */
  readonly random?: Random;
}

/** Connections without work are looked for this often while any keeps the process alive: to tell the system at each call would cost more. */
const REST_CHECK_MS = 100;

interface PooledCall {
  readonly callee: string;
  readonly place: CallTarget;
  readonly wanted: { readonly channels?: ChannelKind | undefined };
}

/** What all calls of a client share. */
export class ClientCore implements PoolHost {
  readonly service: string;
  readonly picker: Picker;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly buffers = new OutputBufferPool(() => new ProtoWriter(16 << 10));
  readonly limits: Required<RpcClientLimits>;
  readonly tls: ClientTls | undefined;
  inFlight = 0;
  lateAnswers = 0;
  isClosed = false;
  readonly #events: CallEvents | undefined;
  readonly #faults: FaultLog;
  readonly #targets: CallTargets;
  readonly dial: Dial | undefined;
  readonly openUdp: OpenUdp | undefined;
  readonly backoff: DialBackoff;
  readonly lost = new LostConnections();
  /** Services that are called by name must prove it. */
  readonly #checksNames: boolean;
  readonly #pools: PoolSet;
  /** Pools of protocols that callers bring. */
  readonly #foreignPools = new Map<ChannelKind, PoolSet>();
  /** With TLS, by service: two names may lead to one address, and each must be proved. */
  readonly #namedPools = new Map<string, PoolSet>();
  readonly #channels = new Set<CallChannel>();
  readonly #restCheck = createTimerEntry((nowMs) => this.#letRest(nowMs));
  #endOfFiles: (() => void) | undefined;

  constructor(options: ClientCoreOptions) {
    this.service = options.service;
    this.picker = options.picker;
    this.clock = options.clock ?? systemClock;
    this.wheel = startTimerWheel({ clock: this.clock });
    this.#events = options.events;
    this.#faults = new FaultLog(options.logger ?? silentLogger, this.clock);
    this.limits = {
      maxFrameBytes: 16 << 20,
      connectionsPerAddress: 1,
      serialConnectionsPerAddress: 16,
      connectTimeoutMs: 1000,
      idleTimeoutMs: 50_000,
      maxInFlight: 100_000,
      retryBudget: {},
      ...options.limits,
    };
    const { picker, defaults = {}, targets = {} } = options;
    this.#targets = new CallTargets({ picker, budget: this.limits.retryBudget, defaults, targets });
    this.#pools = new PoolSet(this, SRPC_CHANNELS);
    this.tls = options.tls;
    this.#checksNames = options.tls?.mode === "required";
    this.dial = options.dial;
    this.openUdp = options.openUdp;
    this.backoff = new DialBackoff(options.random);
  }

  /** @throws RPC_TARGET_INVALID */
  targetOf(target: string): CallTarget {
    return this.#targets.of(target);
  }

  /** The connections for an attempt at the picked instance, or at the direct address. */
  poolOf(call: PooledCall, pick: Pick | undefined): ChannelPool {
    const kind = call.wanted.channels;
    if (kind !== undefined) return this.#foreignPoolOf(pick ?? call.place.direct!, kind);
    if (pick === undefined) return this.#pools.of(call.place.direct!);
    return this.#checksNames ? this.#namedPoolOf(call.callee, pick) : this.#pools.of(pick);
  }

  #foreignPoolOf(at: CallPlace, kind: ChannelKind): ChannelPool {
    let pools = this.#foreignPools.get(kind);
    if (pools === undefined) {
      pools = new PoolSet(this, kind);
      this.#foreignPools.set(kind, pools);
    }
    return pools.of(at);
  }

  /** The connections to an instance that must prove to be `service`. */
  #namedPoolOf(service: string, at: CallPlace): ChannelPool {
    let pools = this.#namedPools.get(service);
    if (pools === undefined) {
      pools = new PoolSet(this, SRPC_CHANNELS, service);
      this.#namedPools.set(service, pools);
    }
    return pools.of(at);
  }

  /** A pool without connections is made anew when it is needed. */
  dropPool(pool: ChannelPool): void {
    const { kind, service } = pool;
    if (service !== undefined) {
      const named = this.#namedPools.get(service);
      if (named?.drop(pool) === true && named.isEmpty) this.#namedPools.delete(service);
      return;
    }
    if (kind === SRPC_CHANNELS) {
      this.#pools.drop(pool);
      return;
    }
    const pools = this.#foreignPools.get(kind);
    if (pools?.drop(pool) === true && pools.isEmpty) this.#foreignPools.delete(kind);
  }

  /** An instance for an attempt. @throws what the picker throws */
  pick(call: PickedCall, tried: readonly string[], nowMs: number): Pick {
    const { picker } = this;
    const pickerMs = this.pickerMs(nowMs);
    return picker.pickFor === undefined
      ? picker.pick(call.callee, tried, pickerMs)
      : picker.pickFor(call, tried, pickerMs);
  }

  /** It, or the budget it keeps, threw. Its own words for "there is none" are no fault. */
  onPickerFault(error: unknown): void {
    if (!isAppError(error)) this.#faults.tell("picker failed", error);
  }

  pickerMs(nowMs: number): number | undefined {
    return this.clock === systemClock ? nowMs : undefined;
  }

  /** Telemetry must never break a call. */
  emit(call: OutgoingCall): void {
    if (this.#events === undefined) return;
    try {
      this.#events.onCall(call);
    } catch (error) {
      this.#faults.tell("call event sink failed", error);
    }
  }

  tlsInUse(): ClientTls | undefined {
    this.#endOfFiles ??= this.tls?.files.onChange(() => this.#dialAnew());
    return this.tls;
  }

  /** There are new certificates: connections that were made with the old ones take no new calls. Plain ones are few where there are any. */
  #dialAnew(): void {
    for (const channel of this.#channels) channel.retire();
  }

  track(channel: CallChannel): void {
    this.#channels.add(channel);
  }

  untrack(channel: CallChannel): void {
    this.#channels.delete(channel);
  }

  onAwake(): void {
    if (this.#restCheck.wheelNext === undefined && !this.isClosed)
      this.wheel.add(this.#restCheck, this.clock.monotonicMs() + REST_CHECK_MS);
  }

  onLateAnswer(): void {
    this.lateAnswers++;
  }

  #letRest(nowMs: number): void {
    let isAwake = false;
    for (const channel of this.#channels) if (!channel.rest()) isAwake = true;
    if (isAwake) this.wheel.add(this.#restCheck, nowMs + REST_CHECK_MS);
  }

  /** Cuts all connections; calls under way reject with RPC_CLIENT_CLOSED. */
  close(): void {
    this.isClosed = true;
    this.#endOfFiles?.();
    for (const channel of this.#channels) channel.destroy(new ClientClosed({ service: this.service }));
    this.wheel.stop();
  }
}
