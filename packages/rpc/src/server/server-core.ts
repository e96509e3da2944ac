/** What all connections of a server share: methods, limits, counters, and the way of a request from its head to its handler. */
import type { AppError, Clock, Logger } from "@msec/core";
import type { TimerWheel } from "@msec/net";
import { createHead, type MethodType, type RpcHead } from "@msec/protocol";
import type { CallEvents } from "../call-events.js";
import type { RpcClient } from "../client/client.js";
import { CallCancelled, ClientClosed, MethodUnknown, RequestInvalid, ShuttingDown } from "../errors.js";
import { KeptShape } from "../kept-shape.js";
import type { Admission } from "../overload/admission.js";
import type { RequestGuard } from "../security/request-guard.js";
import { RequestAnswers } from "./request-answers.js";
import { RequestRunner } from "./request-runner.js";
import { ServerContext } from "./server-context.js";
import { createServerCounts } from "./server-counts.js";
import type { ReceivedFrame, RequestContext, ServerPeer } from "./server-peer.js";
import type { BoundMethod } from "./service-binding.js";

/** Number for "body not readable" (spec srpc.md §3), whatever the cause. */
const ERR_INVALID_BODY = -5;

/** What the constructor of a context reads of its peer. */
const NOBODY = { arrivedMs: 0.5, nowMs: 0.5 } as ServerPeer;

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
  isStopping = false;
  /** Other processes take what comes in: everything is still served here, and peers are told to come back to them. */
  isHandingOver = false;
  readonly counts = createServerCounts();
  /** Looks at each request when not everybody may call. */
  guard: RequestGuard | undefined;
  readonly #client: RpcClient | undefined;
  readonly #admission: Admission;
  readonly #answers: RequestAnswers;
  readonly #runner: RequestRunner;
  readonly #Context: typeof ServerContext<ServerPeer>;
  readonly #shape: KeptShape;

  constructor(options: ServerCoreOptions) {
    this.service = options.service;
    this.methods = options.methods;
    this.clock = options.clock;
    this.logger = options.logger;
    this.wheel = options.wheel;
    this.#client = options.client;
    this.#admission = options.admission;
    this.#answers = new RequestAnswers(options);
    this.#runner = new RequestRunner({ ...options, answers: this.#answers });
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
    this.#shape = new KeptShape(() => this.createContext(NOBODY, createHead(), "srpc"));
  }

  /** Requests that are owed an answer. */
  get underWay(): number {
    return this.#runner.inFlight + this.#runner.queued;
  }

  /** Called whenever the last request under way has been answered. */
  set onQuiet(onQuiet: () => void) {
    this.#runner.onQuiet = onQuiet;
  }

  clientOrThrow(): RpcClient {
    if (this.#client === undefined) throw new ClientClosed({ service: this.service });
    return this.#client;
  }

  /** Ends its timers. */
  stop(): void {
    this.wheel.stop();
    this.#shape.stop();
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
      this.#refuseBody(ctx, method!.type, error);
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
    return this.#admission.refusal(ctx, this.#runner, method.latency);
  }

  /** Runs the handler, now or when its turn comes. */
  run(ctx: RequestContext, method: BoundMethod, request: unknown): void {
    this.#runner.run(ctx, method, request);
  }

  /** A cancel frame. What is not under way any more was answered, or will be refused: nothing to do. */
  #cancel(peer: ServerPeer, head: RpcHead): void {
    const request = peer.running.find(head.sequenceHigh, head.sequenceLow) as RequestContext | undefined;
    request?.abandon(new CallCancelled({ target: this.service, method: request.method }));
  }

  /** The body can't be read. */
  #refuseBody(ctx: RequestContext, method: MethodType, cause: unknown): void {
    const problem = cause instanceof Error ? cause.message : String(cause);
    const error = new RequestInvalid({ method: method.fullName, problem }, { cause });
    this.refuse(ctx, error, ERR_INVALID_BODY);
  }

  /** Answers with an error; the handler was not started. `err` replaces the number of the error's code. */
  refuse(ctx: RequestContext, error: AppError, err?: number): void {
    this.#answers.refuse(ctx, error, err);
  }
}
