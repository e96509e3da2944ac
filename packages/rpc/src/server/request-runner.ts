/** Runs the handlers of requests that were admitted, at once or, while the worker is behind, in turn; counts those under way. */
import type { Clock } from "@msec/core";
import { runHandler } from "../call-context.js";
import type { Admission, WorkerLoad } from "../overload/admission.js";
import { RunQueue, SLICE_MS } from "../overload/run-queue.js";
import type { RequestAnswers } from "./request-answers.js";
import type { RequestContext } from "./server-peer.js";
import type { BoundMethod } from "./service-binding.js";

interface QueuedRequest {
  readonly ctx: RequestContext;
  readonly method: BoundMethod;
  readonly request: unknown;
}

export interface RequestRunnerOptions {
  readonly admission: Admission;
  readonly answers: RequestAnswers;
  readonly clock: Clock;
  /** Handlers find their context through `currentContext()`. */
  readonly asyncContext: boolean;
}

export class RequestRunner implements WorkerLoad {
  /** Requests whose handlers run. */
  inFlight = 0;
  /** Called whenever the last request under way has been answered. */
  onQuiet: () => void = () => undefined;
  readonly #admission: Admission;
  readonly #answers: RequestAnswers;
  readonly #asyncContext: boolean;
  readonly #queue: RunQueue<QueuedRequest>;

  constructor(options: RequestRunnerOptions) {
    this.#admission = options.admission;
    this.#answers = options.answers;
    this.#asyncContext = options.asyncContext;
    this.#queue = new RunQueue({
      nowMs: () => options.clock.monotonicMs(),
      start: (entry, nowMs) => this.#startQueued(entry, nowMs),
    });
  }

  /** Requests that were read and wait for their turn. */
  get queued(): number {
    return this.#queue.length;
  }

  /** The answer is written when the handler returns or its promise settles. */
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
    if (ctx.abandoned !== undefined) this.#answers.drop(ctx, ctx.abandoned);
    else if (expiry !== undefined) this.#answers.refuse(ctx, expiry);
  }

  #start(ctx: RequestContext, method: BoundMethod, request: unknown): void {
    this.inFlight++;
    let result: unknown;
    try {
      const handler = method.handler as (request: unknown, ctx: RequestContext) => unknown;
      result = this.#asyncContext ? runHandler(handler, request, ctx) : handler(request, ctx);
    } catch (error) {
      this.#leave(ctx);
      this.#answers.fail(ctx, error);
      return;
    }
    if (isThenable(result)) {
      ctx.link.running.add(ctx);
      result.then(
        (response) => {
          ctx.link.running.remove(ctx);
          this.#leave(ctx);
          this.#answers.finish(ctx, method, response);
          this.#admission.noteLatency(method.latency, ctx.costMs);
        },
        (error) => {
          ctx.link.running.remove(ctx);
          this.#leave(ctx);
          this.#answers.fail(ctx, error);
        },
      );
      return;
    }
    this.#leave(ctx);
    this.#answers.finish(ctx, method, result);
  }

  #leave(ctx: RequestContext): void {
    ctx.unwatch();
    ctx.link.inFlight--;
    if (--this.inFlight === 0 && this.#queue.length === 0) this.onQuiet();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
