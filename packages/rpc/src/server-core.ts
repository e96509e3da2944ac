/** What all connections of a server share: methods, limits, counters, and the course of one request from admission to answer. */
import { type AppError, type Clock, isAppError, type Logger } from "@msec/core";
import type { TimerWheel } from "@msec/net";
import { type FrameSlice, type MethodType, type RpcHead, type WireError, wireErrorOf } from "@msec/protocol";
import { runHandler } from "./call-context.js";
import type { CallEvents } from "./call-events.js";
import { withoutBlame } from "./callee-errors.js";
import type { RpcClient } from "./client.js";
import { CallCancelled, ClientClosed, MethodUnknown, RequestInvalid, ShuttingDown } from "./errors.js";
import type { Admission } from "./overload/admission.js";
import { RunQueue, SLICE_MS } from "./overload/run-queue.js";
import type { RunningRequests } from "./running-requests.js";
import type { RequestGuard } from "./security/request-guard.js";
import type { PeerSecurity } from "./security/server-security.js";
import { type ContextHost, ServerContext } from "./server-context.js";
import { createServerCounts } from "./server-counts.js";
import type { BoundMethod } from "./service-binding.js";

/** Number for "body not readable" (spec srpc.md §3), whatever the cause. */
const ERR_INVALID_BODY = -5;

/** The other end of requests: a TCP connection. */
export interface ServerPeer extends ContextHost {
  readonly core: ServerCore;
  nowMs: number;
  /** Requests under way. */
  inFlight: number;
  /** Those whose handlers have not settled yet. */
  readonly running: RunningRequests;
  /** What TLS told about it; undefined without TLS. */
  readonly security: PeerSecurity | undefined;
  /** Writes an answer. @throws what encoding throws; then nothing was written */
  answer(ctx: RequestContext, method: BoundMethod, response: unknown): void;
  answerError(ctx: RequestContext, error: WireError): void;
  /** The request ended and nobody waits for its answer. */
  answerDropped(): void;
  /** Closes the connection, if there is one, when the answer that is about to be written has left. */
  endAfterAnswer(): void;
}

/** A frame whose head was read. Used up before `dispatch` returns, so one object can serve a connection. */
export interface ReceivedFrame {
  readonly peer: ServerPeer;
  readonly head: RpcHead;
  bytes: Uint8Array;
  readonly slice: FrameSlice;
  /** Where the part of the head ends that an answer may repeat byte by byte; 0 = nowhere. */
  echoEnd?: number;
  /** The request, until `dispatch` returns. */
  current?: RequestContext | undefined;
}

export type RequestContext = ServerContext<ServerPeer>;

interface QueuedRequest {
  readonly ctx: RequestContext;
  readonly method: BoundMethod;
  readonly request: unknown;
}

export interface ServerCoreOptions {
  readonly service: string;
  readonly methods: ReadonlyMap<string, BoundMethod>;
  readonly events: CallEvents | undefined;
  readonly client: RpcClient | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly wheel: TimerWheel;
  readonly admission: Admission;
  readonly asyncContext: boolean;
  /** Added to the prototype of this server's contexts. */
  readonly contextMembers: object | undefined;
}

export class ServerCore {
  readonly service: string;
  methods: ReadonlyMap<string, BoundMethod>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly wheel: TimerWheel;
  inFlight = 0;
  isStopping = false;
  /** Other processes take what comes in: everything is still served here, and peers are told to come back to them. */
  isHandingOver = false;
  readonly counts = createServerCounts();
  /** Looks at each request when not everybody may call. */
  guard: RequestGuard | undefined;
  /** Called whenever the last request under way has been answered. */
  onQuiet: () => void = () => undefined;
  readonly #options: ServerCoreOptions;
  readonly #admission: Admission;
  readonly #events: CallEvents | undefined;
  readonly #Context: typeof ServerContext<ServerPeer>;
  readonly #queue: RunQueue<QueuedRequest>;

  constructor(options: ServerCoreOptions) {
    this.#options = options;
    this.#admission = options.admission;
    this.service = options.service;
    this.methods = options.methods;
    this.clock = options.clock;
    this.logger = options.logger;
    this.wheel = options.wheel;
    this.#events = options.events;
    class BoundContext extends ServerContext<ServerPeer> {
      // Written out: a third faster than the one that is made without it.
      constructor(link: ServerPeer, head: RpcHead, protocol: "srpc" | "http") {
        super(link, head, protocol);
      }
    }
    if (options.contextMembers !== undefined) {
      Object.defineProperties(BoundContext.prototype, Object.getOwnPropertyDescriptors(options.contextMembers));
    }
    this.#Context = BoundContext;
    this.#queue = new RunQueue({
      nowMs: () => options.clock.monotonicMs(),
      start: (entry, nowMs) => this.#startQueued(entry, nowMs),
    });
  }

  /** Requests that were read and wait for their turn. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Requests that are owed an answer. */
  get underWay(): number {
    return this.inFlight + this.#queue.length;
  }

  clientOrThrow(): RpcClient {
    const { client } = this.#options;
    if (client === undefined) throw new ClientClosed({ service: this.service });
    return client;
  }

  createContext(peer: ServerPeer, head: RpcHead, protocol: "srpc" | "http"): RequestContext {
    return new this.#Context(peer, head, protocol);
  }

  /** A request that came as a frame: refused, or its body is read and its handler runs. */
  dispatch(frame: ReceivedFrame): void {
    const { peer, head, bytes, slice } = frame;
    if (head.cancel !== 0) {
      this.#cancel(peer, head);
      return;
    }
    const ctx = this.createContext(peer, head, "srpc");
    frame.current = ctx;
    const method = this.methods.get(ctx.method);
    const refusal = this.refusal(ctx, method);
    if (refusal !== undefined) {
      this.refuse(ctx, refusal);
      return;
    }
    let request: unknown;
    try {
      request = method!.type.input.decode(bytes, slice.bodyStart, slice.bodyEnd);
    } catch (error) {
      this.refuseBody(ctx, method!.type, error);
      return;
    }
    this.run(ctx, method!, request);
  }

  /** Why this request is not started; undefined = it is. */
  refusal(ctx: RequestContext, method: BoundMethod | undefined): AppError | undefined {
    if (this.isStopping) {
      ctx.refusedBy = "stopping";
      return new ShuttingDown({ service: this.service });
    }
    if (this.guard !== undefined) {
      const refusal = this.guard.check(ctx);
      if (refusal !== undefined) return refusal;
    }
    if (method === undefined) {
      ctx.refusedBy = "method";
      return new MethodUnknown({ method: ctx.method });
    }
    return this.#admission.refusal(ctx, this);
  }

  /** Runs the handler, now or when its turn comes; the answer is written when it returns or its promise settles. */
  run(ctx: RequestContext, method: BoundMethod, request: unknown): void {
    const waitedMs = ctx.startedMs - ctx.arrivedMs;
    if (this.#queue.length > 0 || waitedMs > SLICE_MS || this.#admission.isLagging) {
      ctx.link.inFlight++;
      ctx.link.running.add(ctx);
      this.#queue.push({ ctx, method, request });
      return;
    }
    this.#admission.noteStart(0);
    ctx.link.inFlight++;
    this.#start(ctx, method, request);
  }

  /** A request that waited has its turn. */
  #startQueued({ ctx, method, request }: QueuedRequest, nowMs: number): void {
    ctx.link.running.remove(ctx);
    ctx.link.nowMs = nowMs;
    ctx.startedMs = nowMs;
    const expiry = ctx.abandoned === undefined ? this.#admission.expiry(ctx) : undefined;
    if (ctx.abandoned === undefined && expiry === undefined) {
      this.#admission.noteStart(nowMs - ctx.arrivedMs);
      this.#start(ctx, method, request);
      return;
    }
    this.inFlight++;
    this.#leave(ctx);
    if (ctx.abandoned !== undefined) this.#answerNobody(ctx, ctx.abandoned);
    else if (expiry !== undefined) this.refuse(ctx, expiry);
  }

  #start(ctx: RequestContext, method: BoundMethod, request: unknown): void {
    this.inFlight++;
    let result: unknown;
    try {
      const handler = method.handler as (request: unknown, ctx: RequestContext) => unknown;
      result = this.#options.asyncContext ? runHandler(handler, request, ctx) : handler(request, ctx);
    } catch (error) {
      this.#leave(ctx);
      this.#handlerFailed(ctx, error);
      return;
    }
    if (isThenable(result)) {
      ctx.link.running.add(ctx);
      result.then(
        (response) => {
          ctx.link.running.remove(ctx);
          this.#finish(ctx, method, response);
          this.#admission.noteLatency(method.latency, ctx.costMs);
        },
        (error) => {
          ctx.link.running.remove(ctx);
          this.#leave(ctx);
          this.#handlerFailed(ctx, error);
        },
      );
    } else this.#finish(ctx, method, result);
  }

  /** A cancel frame. What is not under way any more was answered, or will be refused: nothing to do. */
  #cancel(peer: ServerPeer, head: RpcHead): void {
    const request = peer.running.find(head.sequenceHigh, head.sequenceLow) as RequestContext | undefined;
    request?.abandon(new CallCancelled({ target: this.service, method: request.method }));
  }

  /** The body can't be read. */
  refuseBody(ctx: RequestContext, method: MethodType, cause: unknown): void {
    const problem = cause instanceof Error ? cause.message : String(cause);
    const error = new RequestInvalid({ method: method.fullName, problem }, { cause });
    this.refuse(ctx, error, ERR_INVALID_BODY);
  }

  /** Answers with an error; the handler was not started. `err` replaces the number of the error's code. */
  refuse(ctx: RequestContext, error: AppError, err?: number): void {
    const wire = wireErrorOf(error);
    this.#answerError(ctx, err === undefined ? wire : { ...wire, err });
  }

  #finish(ctx: RequestContext, method: BoundMethod, response: unknown): void {
    this.#leave(ctx);
    if (ctx.abandoned !== undefined) {
      this.#answerNobody(ctx, ctx.abandoned);
      return;
    }
    try {
      ctx.link.answer(ctx, method, response);
    } catch (error) {
      this.logger.error("response can't be sent", { method: ctx.method, requestId: ctx.requestId, error });
      this.#answerError(ctx, wireErrorOf(error));
      return;
    }
    this.#emit(ctx);
  }

  #answerNobody(ctx: RequestContext, why: AppError): void {
    const { err, reason } = wireErrorOf(why);
    ctx.err = err;
    ctx.reason = reason;
    ctx.link.answerDropped();
    this.#emit(ctx);
  }

  #handlerFailed(ctx: RequestContext, error: unknown): void {
    if (ctx.abandoned !== undefined) {
      this.#answerNobody(ctx, ctx.abandoned);
      return;
    }
    if (!isAppError(error)) {
      this.logger.error("handler failed", { method: ctx.method, requestId: ctx.requestId, error });
    }
    this.#answerError(ctx, wireErrorOf(ctx.isOwnEnd(error) ? error : withoutBlame(error)));
  }

  #answerError(ctx: RequestContext, error: WireError): void {
    ctx.err = error.err;
    ctx.reason = error.reason;
    ctx.link.answerError(ctx, error);
    this.#emit(ctx);
  }

  #leave(ctx: RequestContext): void {
    ctx.unwatch();
    ctx.link.inFlight--;
    if (--this.inFlight === 0 && this.#queue.length === 0) this.onQuiet();
  }

  /** Telemetry must never break a call. */
  #emit(ctx: RequestContext): void {
    const { link } = ctx;
    link.nowMs = this.clock.monotonicMs();
    ctx.costMs = link.nowMs - ctx.startedMs;
    if (this.#events === undefined) return;
    try {
      this.#events.onRequest(ctx);
    } catch (error) {
      this.logger.error("call event sink failed", { error });
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
