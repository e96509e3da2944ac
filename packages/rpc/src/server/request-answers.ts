/** The end of a request: its answer goes to the peer, or nobody waits for one, and telemetry hears of it. */
import { type AppError, type Clock, isAppError, type Logger } from "@msec/core";
import { type WireError, wireErrorOf } from "@msec/protocol";
import type { CallEvents } from "../call-events.js";
import { withoutBlame } from "../client/callee-errors.js";
import { FailureLog } from "./failure-log.js";
import type { RequestContext } from "./server-peer.js";
import type { BoundMethod } from "./service-binding.js";

export interface RequestAnswersOptions {
  readonly events: CallEvents | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class RequestAnswers {
  readonly #events: CallEvents | undefined;
  readonly #clock: Clock;
  readonly #log: FailureLog;

  constructor(options: RequestAnswersOptions) {
    this.#events = options.events;
    this.#clock = options.clock;
    this.#log = new FailureLog(options.logger, options.clock);
  }

  /** The handler gave a response. */
  finish(ctx: RequestContext, method: BoundMethod, response: unknown): void {
    if (ctx.abandoned !== undefined) {
      this.drop(ctx, ctx.abandoned);
      return;
    }
    try {
      ctx.link.answer(ctx, method, response);
    } catch (error) {
      this.#log.error("response can't be sent", { method: ctx.method, requestId: ctx.requestId, error });
      this.#answerError(ctx, wireErrorOf(error));
      return;
    }
    this.#emit(ctx);
  }

  /** The handler threw, or its promise was rejected. */
  fail(ctx: RequestContext, error: unknown): void {
    if (ctx.abandoned !== undefined) {
      this.drop(ctx, ctx.abandoned);
      return;
    }
    if (!isAppError(error)) {
      this.#log.error("handler failed", { method: ctx.method, requestId: ctx.requestId, error });
    }
    this.#answerError(ctx, wireErrorOf(ctx.isOwnEnd(error) ? error : withoutBlame(error)));
  }

  /** The handler was not started. `err` replaces the number of the error's code. */
  refuse(ctx: RequestContext, error: AppError, err?: number): void {
    const wire = wireErrorOf(error);
    this.#answerError(ctx, err === undefined ? wire : { ...wire, err });
  }

  /** Nobody waits for the answer. */
  drop(ctx: RequestContext, why: AppError): void {
    const { err, reason } = wireErrorOf(why);
    ctx.err = err;
    ctx.reason = reason;
    ctx.link.answerDropped();
    this.#emit(ctx);
  }

  #answerError(ctx: RequestContext, error: WireError): void {
    ctx.err = error.err;
    ctx.reason = error.reason;
    ctx.link.answerError(ctx, error);
    this.#emit(ctx);
  }

  /** Telemetry must never break a call. */
  #emit(ctx: RequestContext): void {
    const { link } = ctx;
    link.nowMs = this.#clock.monotonicMs();
    ctx.costMs = link.nowMs - ctx.startedMs;
    if (this.#events === undefined) return;
    try {
      this.#events.onRequest(ctx);
    } catch (error) {
      this.#log.error("call event sink failed", { error });
    }
  }
}
