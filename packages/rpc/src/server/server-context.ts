/**
 * One request on the server: what the handler sees as `CallContext`, what nested calls inherit as `CallParent` and what telemetry
 * gets as `IncomingRequest`. One object for all three, since allocation is what a call costs; texts are made when they are read.
 */

import { type AppError, random32 } from "@msec/core";
import type { InitOf, MessageOf, MessageType, MethodType, RpcHead, ServiceType } from "@msec/protocol";
import type { CallContext, CallParent, NestedCall } from "../call-context.js";
import type { IncomingRequest, OutgoingCall } from "../call-events.js";
import { priorityOfWire } from "../call-priority.js";
import type { CallOptions } from "../client/call-options.js";
import type { CallFunction, Stub } from "../client/caller.js";
import { createStub, exchangeRequest, rawRequest } from "../client/caller-members.js";
import type { ExchangeProtocol } from "../client/exchange-protocol.js";
import { decimalId, randomFlowHigh, spanText } from "../ids.js";
import type { RefusalCause } from "../overload/admission.js";
import type { ContextHost } from "./context-host.js";
import { RequestSignal, type SignalledRequest } from "./request-signal.js";
import type { RunningRequest } from "./running-requests.js";

/** Attempts kept per request for the hop record. */
const MAX_NOTED_CALLS = 32;
const NO_CALLS: readonly OutgoingCall[] = [];

export class ServerContext<H extends ContextHost = ContextHost>
  implements CallContext, CallParent, IncomingRequest, RunningRequest, SignalledRequest
{
  readonly method: string;
  readonly caller: string;
  coloring: boolean;
  priority: number;
  userHash: number;
  readonly attempt: number;
  readonly link: H;
  /** Halves of ids as signed numbers: unsigned ones above 2^31 would be allocated one by one. */
  readonly #sequenceHigh: number;
  readonly #sequenceLow: number;
  readonly #colorIdHigh: number;
  readonly #colorIdLow: number;
  readonly #flowIdHigh: number;
  readonly #flowIdLow: number;
  readonly #spanIdHigh: number;
  readonly #spanIdLow: number;
  readonly #parentSpanIdHigh: number;
  readonly #parentSpanIdLow: number;
  /** Monotonic; when its bytes were read. */
  readonly arrivedMs: number;
  /** Monotonic; when its turn came. */
  startedMs: number;
  /** Monotonic; Infinity = none. */
  readonly deadlineMs: number;
  readonly protocol: "srpc" | "http";
  costMs = 0;
  err = 0;
  reason = "";
  refusedBy: RefusalCause | "" = "";
  calls: readonly OutgoingCall[] = NO_CALLS;
  /** Why nobody waits for the answer. */
  abandoned: AppError | undefined = undefined;
  previousRunning: RunningRequest | undefined = undefined;
  nextRunning: RunningRequest | undefined = undefined;
  /** Calls under way; a set from the second one on. */
  #nested: NestedCall | Set<NestedCall> | undefined;
  /** Made when the handler asks for it. */
  #signal: RequestSignal | undefined;

  constructor(link: H, head: RpcHead, protocol: "srpc" | "http") {
    this.link = link;
    this.protocol = protocol;
    this.method = head.methodName;
    this.caller = head.caller;
    this.coloring = head.coloring !== 0;
    this.attempt = head.attempt;
    this.#sequenceHigh = head.sequenceHigh | 0;
    this.#sequenceLow = head.sequenceLow | 0;
    this.#colorIdHigh = head.colorIdHigh | 0;
    this.#colorIdLow = head.colorIdLow | 0;
    const hasFlow = head.flowIdHigh !== 0 || head.flowIdLow !== 0;
    this.#flowIdHigh = (hasFlow ? head.flowIdHigh : randomFlowHigh()) | 0;
    this.#flowIdLow = (hasFlow ? head.flowIdLow : random32()) | 0;
    this.priority = priorityOfWire(head.priority);
    this.userHash = head.userHash === 0 ? this.flowIdLow : head.userHash;
    const hasSpan = head.spanIdHigh !== 0 || head.spanIdLow !== 0;
    this.#spanIdHigh = (hasSpan ? head.spanIdHigh : random32()) | 0;
    this.#spanIdLow = (hasSpan ? head.spanIdLow : random32()) | 0;
    this.#parentSpanIdHigh = head.parentSpanIdHigh | 0;
    this.#parentSpanIdLow = head.parentSpanIdLow | 0;
    this.arrivedMs = link.arrivedMs;
    this.startedMs = link.nowMs;
    this.deadlineMs = head.timeoutMs === 0 ? Number.POSITIVE_INFINITY : link.arrivedMs + head.timeoutMs;
  }

  get sequenceHigh(): number {
    return this.#sequenceHigh >>> 0;
  }

  get sequenceLow(): number {
    return this.#sequenceLow >>> 0;
  }

  get colorIdHigh(): number {
    return this.#colorIdHigh >>> 0;
  }

  get colorIdLow(): number {
    return this.#colorIdLow >>> 0;
  }

  get flowIdHigh(): number {
    return this.#flowIdHigh >>> 0;
  }

  get flowIdLow(): number {
    return this.#flowIdLow >>> 0;
  }

  get spanIdHigh(): number {
    return this.#spanIdHigh >>> 0;
  }

  get spanIdLow(): number {
    return this.#spanIdLow >>> 0;
  }

  get parentSpanIdHigh(): number {
    return this.#parentSpanIdHigh >>> 0;
  }

  get parentSpanIdLow(): number {
    return this.#parentSpanIdLow >>> 0;
  }

  get service(): string {
    return this.link.core.service;
  }

  get peer(): string {
    return this.link.address;
  }

  get clientAddress(): string {
    return this.link.address;
  }

  get serverAddress(): string {
    return this.link.localAddress;
  }

  get requestId(): string {
    return decimalId(this.flowIdHigh, this.flowIdLow);
  }

  get spanId(): string {
    return spanText(this.spanIdHigh, this.spanIdLow);
  }

  get parentSpanId(): string {
    return spanText(this.parentSpanIdHigh, this.parentSpanIdLow);
  }

  get startedAtMs(): number {
    const { clock } = this.link.core;
    return Math.round(clock.nowMs() - (clock.monotonicMs() - this.startedMs));
  }

  remainingMs(): number {
    return Math.max(0, this.deadlineMs - this.link.core.clock.monotonicMs());
  }

  get signal(): AbortSignal {
    this.#signal ??= new RequestSignal(this);
    return this.#signal.signal;
  }

  call<I extends MessageType, O extends MessageType>(
    method: MethodType<I, O>,
    target: string,
    request: InitOf<I>,
    options?: CallOptions,
  ): Promise<MessageOf<O>> {
    return this.link.core.clientOrThrow().callWithin(this, { method, target, request, options }) as Promise<
      MessageOf<O>
    >;
  }

  stub<S extends ServiceType>(service: S, target: string, options?: CallOptions): Stub<S> {
    const call: CallFunction = (method, at, request, opts) => this.call(method, at, request, opts);
    return createStub(service, { call, target, options });
  }

  callMethod(target: string, method: string, request: unknown, options?: CallOptions | number): Promise<unknown> {
    return this.link.core.clientOrThrow().callMethodWithin(this, { target, method, request, options });
  }

  callRaw(target: string, method: string, request: Uint8Array, options?: CallOptions): Promise<Uint8Array> {
    const call = rawRequest({ target, method, request, options });
    return this.link.core.clientOrThrow().callWithin(this, call) as Promise<Uint8Array>;
  }

  exchange<Q, A>(target: string, protocol: ExchangeProtocol<Q, A>, request: Q, options?: CallOptions): Promise<A> {
    const call = exchangeRequest(protocol, { target, request, options });
    return this.link.core.clientOrThrow().callWithin(this, call) as Promise<A>;
  }

  noteCall(call: OutgoingCall): void {
    if (this.calls === NO_CALLS) this.calls = [call];
    else if (this.calls.length < MAX_NOTED_CALLS) (this.calls as OutgoingCall[]).push(call);
    else if (call.err !== 0) keepFailure(this.calls as OutgoingCall[], call);
  }

  attach(call: NestedCall): AppError | undefined {
    if (this.abandoned !== undefined) return this.abandoned;
    const nested = this.#nested;
    if (nested === undefined) this.#nested = call;
    else if (nested instanceof Set) nested.add(call);
    else this.#nested = new Set([nested, call]);
    return undefined;
  }

  detach(call: NestedCall): void {
    if (this.#nested === call) this.#nested = undefined;
    else if (this.#nested instanceof Set) this.#nested.delete(call);
  }

  /** Nobody waits any more: the handler's signal and the calls it waits for hear of it. */
  abandon(reason: AppError): void {
    if (this.abandoned !== undefined) return;
    this.abandoned = reason;
    this.#signal?.abort(reason);
    const nested = this.#nested;
    this.#nested = undefined;
    if (nested instanceof Set) for (const call of nested) call.cancel(reason);
    else nested?.cancel(reason);
  }

  /** The handler ended with what its own signal told it. */
  isOwnEnd(error: unknown): boolean {
    return this.#signal?.hasTold(error) === true;
  }

  /** The answer is given: nothing watches any more. */
  unwatch(): void {
    this.#signal?.unwatch();
  }
}

/** A failure is worth more than a success: it explains why the request failed. */
function keepFailure(calls: OutgoingCall[], failed: OutgoingCall): void {
  const at = calls.findIndex(({ err }) => err === 0);
  if (at < 0) return;
  calls.splice(at, 1);
  calls.push(failed);
}
