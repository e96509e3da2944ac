/** Whether a request is started. Asked before its body is read, so that a refusal costs next to nothing. */
import type { AppError, Clock, Logger } from "@msec/core";
import { DeadlinePassed, Overloaded, QueuedTooLong } from "../errors.js";
import { RareWarning } from "../rare-warning.js";
import { createMethodLatency, type MethodLatency } from "./concurrency-limit.js";
import { LoopLagMeter } from "./loop-lag.js";
import { OverloadControl } from "./overload-control.js";

/**
 * Why a request was not started: the instance stops, the method is unknown, the caller's deadline had passed, it waited too long
 * (`msg_timeout`), `maxInFlight` was reached (`full`), more were under way than their latency allows (`limit`), or the worker can't keep up
 * and others are more important (`shed`); or it came from somebody who may not call (`tls required`, `certificate`, `caller`).
 */
export type RefusalCause =
  | "stopping"
  | "method"
  | "deadline"
  | "msg_timeout"
  | "full"
  | "limit"
  | "shed"
  | "tls required"
  | "certificate"
  | "caller";

/** The causes that speak of the load, not of the request. */
type LoadCause = Extract<RefusalCause, "msg_timeout" | "full" | "limit" | "shed">;

export interface AdmissionOptions {
  readonly maxInFlight: number;
  /** A request that waited longer between its arrival and its turn is refused, ms. 0 = never. */
  readonly maxQueueMs: number;
  /** Wait for the turn from which on less is taken, ms. 0 = overload control is off. */
  readonly maxQueueDelayMs: number;
  readonly clock: Clock;
  /** Hears of the first refusal for each cause, and of the number each 10 s. */
  readonly logger: Logger;
}

/** What is read of a request, and written to it. */
export interface AdmissionSubject {
  readonly method: string;
  readonly priority: number;
  readonly userHash: number;
  /** Monotonic; now. */
  readonly startedMs: number;
  /** Monotonic; Infinity = none. */
  readonly deadlineMs: number;
  /** Monotonic; when its bytes were read. */
  readonly arrivedMs: number;
  refusedBy: RefusalCause | "";
}

export interface WorkerLoad {
  /** Requests whose handlers run. */
  readonly inFlight: number;
  /** Requests that wait for their turn. */
  readonly queued: number;
}

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #control: OverloadControl | undefined;
  /** Made once: in an overload thousands a second are refused, and a stack trace each would be the most costly part. */
  readonly #errors: Readonly<Record<LoadCause, AppError>>;
  readonly #warnings: Readonly<Record<LoadCause, RareWarning>>;

  constructor(options: AdmissionOptions) {
    const { clock, logger, maxInFlight, maxQueueDelayMs, maxQueueMs } = options;
    this.#options = options;
    if (maxQueueDelayMs > 0) {
      this.#control = new OverloadControl({ maxInFlight, maxQueueDelayMs, clock, lag: new LoopLagMeter(clock) });
    }
    this.#errors = {
      msg_timeout: new QueuedTooLong({ limitMs: maxQueueMs }),
      full: new Overloaded({ problem: `${maxInFlight} requests are under way, no more are allowed` }),
      limit: new Overloaded({ problem: "more requests are under way than it answers in their usual time" }),
      shed: new Overloaded({ problem: "it can't keep up and serves more important requests first" }),
    };
    const warning = (): RareWarning => new RareWarning(logger, "requests are refused, the worker is overloaded");
    this.#warnings = { msg_timeout: warning(), full: warning(), limit: warning(), shed: warning() };
  }

  /** Some requests are refused since the worker can't keep up. */
  get isShedding(): boolean {
    return this.#control?.isShedding ?? false;
  }

  /** Latency of a method; hand it to {@link noteLatency}. */
  addMethod(): MethodLatency {
    const latency = createMethodLatency();
    this.#control?.limit.watch(latency);
    return latency;
  }

  /** A handler that waited for something has ended. Others tell nothing by their latency: their queue is the event loop. */
  noteLatency(method: MethodLatency, costMs: number): void {
    this.#control?.limit.noteLatency(method, costMs);
  }

  /** The worker is behind: handlers are started in turn. */
  get isLagging(): boolean {
    return this.#control?.isLagging ?? false;
  }

  /** A request is started after so long a wait in the queue; 0 = it did not pass through it. */
  noteStart(waitMs: number): void {
    this.#control?.noteStart(waitMs);
  }

  /** @returns why a request that comes out of the queue is not worth the work any more; undefined = it is */
  expiry(request: AdmissionSubject): AppError | undefined {
    const tooLate = this.#tooLate(request);
    if (tooLate !== undefined) return tooLate;
    const isWanted = this.#control?.isStillWanted(request, request.startedMs - request.arrivedMs) ?? true;
    return isWanted ? undefined : this.#refuse(request, "shed");
  }

  /** @returns why it is not started, also noted in `refusedBy`; undefined = it is */
  refusal(request: AdmissionSubject, load: WorkerLoad, method: MethodLatency): AppError | undefined {
    const tooLate = this.#tooLate(request);
    if (tooLate !== undefined) return tooLate;
    if (load.inFlight + load.queued >= this.#options.maxInFlight) return this.#refuse(request, "full");
    const cause = this.#control?.check(request, method, load.inFlight);
    return cause === undefined ? undefined : this.#refuse(request, cause);
  }

  #tooLate(request: AdmissionSubject): AppError | undefined {
    const { maxQueueMs } = this.#options;
    if (request.deadlineMs <= request.startedMs) {
      request.refusedBy = "deadline";
      return new DeadlinePassed({ method: request.method });
    }
    const isTooOld = maxQueueMs > 0 && request.startedMs - request.arrivedMs > maxQueueMs;
    return isTooOld ? this.#refuse(request, "msg_timeout") : undefined;
  }

  stop(): void {
    this.#control?.stop();
  }

  #refuse(request: AdmissionSubject, cause: LoadCause): AppError {
    request.refusedBy = cause;
    this.#warnings[cause].note(request.startedMs, { cause, method: request.method });
    return this.#errors[cause];
  }
}
