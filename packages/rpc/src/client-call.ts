/**
 * One call: its attempts, its deadline and the decision whether another attempt follows.
 *
 * | attempt ended by | may have been executed | another attempt |
 * | --- | --- | --- |
 * | connection refused, not made in time | no | any method, next instance, free |
 * | answer RPC_SHUTTING_DOWN | no | any method, next instance, free |
 * | answer RPC_OVERLOADED | no | any method, next instance, costs a token |
 * | connection lost | yes | idempotent methods; the first free, later ones cost a token |
 * | half of the remaining time without an answer | yes | idempotent methods, other instance, costs a token; else it goes on waiting |
 * | answer with a retryable code | yes | idempotent methods, costs a token |
 *
 * Never past the deadline, never more than `maxAttempts` that may have reached an instance.
 */
import { ERROR_CODES, isAppError } from "@msec/core";
import { type MethodType, type RpcHead, remoteErrorOf } from "@msec/protocol";
import { CallAttempt } from "./call-attempt.js";
import type { CallOptions, CallParent } from "./call-context.js";
import type { CallTarget } from "./call-target.js";
import type { CallPlace } from "./channel-pool.js";
import type { ClientCore } from "./client-core.js";
import {
  CallCancelled,
  CallTimeout,
  DeadlinePassed,
  MethodUnknown,
  Overloaded,
  ResponseInvalid,
  ShuttingDown,
} from "./errors.js";
import { random32, randomFlowHigh } from "./ids.js";
import type { CallOutcome, Pick } from "./picker.js";

const DEFAULT_TIMEOUT_MS = 800;
const DEFAULT_MAX_ATTEMPTS = 3;
/** Attempts that reached nobody; bounds the walk through a list of dead instances. */
const MAX_UNSENT_ATTEMPTS = 8;
const NONE_TRIED: readonly string[] = [];
const NO_OPTIONS: CallOptions = {};

/** Error answers that speak about the instance, not about the request. */
const OUTCOME_BY_REASON: Readonly<Record<string, CallOutcome>> = {
  [Overloaded.reason]: "error",
  [ShuttingDown.reason]: "error",
  [MethodUnknown.reason]: "error",
  [DeadlinePassed.reason]: "timeout",
  INTERNAL: "error",
};
/** Numbers of old peers that give no reason: unknown method, broken response, crashed script. */
const ERROR_NUMBERS: ReadonlySet<number> = new Set([-2, -6, -8, -20, -21]);

export interface CallRequest {
  readonly method: MethodType;
  readonly target: string;
  readonly request: unknown;
  readonly options: CallOptions | undefined;
}

/** Filled by the executor below: a promise without a closure per call. */
let grabbedResolve: (value: unknown) => void;
let grabbedReject: (error: unknown) => void;
const grab = (resolve: (value: unknown) => void, reject: (error: unknown) => void): void => {
  grabbedResolve = resolve;
  grabbedReject = reject;
};

export class ClientCall {
  readonly client: ClientCore;
  readonly parent: CallParent | undefined;
  readonly method: MethodType;
  readonly target: string;
  readonly request: unknown;
  readonly promise: Promise<unknown>;
  readonly startedMs: number;
  readonly deadlineMs: number;
  /** The same in all attempts; inherited inside a request. */
  readonly flowIdHigh: number;
  readonly flowIdLow: number;
  /** Attempts started. */
  attempts = 0;
  readonly #place: CallTarget;
  readonly #options: CallOptions;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;
  #current: CallAttempt | undefined;
  #tried: readonly string[] = NONE_TRIED;
  #unsent = 0;
  #hasUsedFreeRetry = false;
  #isSettled = false;
  #onAbort: (() => void) | undefined;

  constructor(
    client: ClientCore,
    call: CallRequest,
    from: { readonly place: CallTarget; readonly parent: CallParent | undefined },
  ) {
    const { parent } = from;
    this.client = client;
    this.parent = parent;
    this.method = call.method;
    this.target = call.target;
    this.request = call.request;
    this.#place = from.place;
    this.#options = call.options ?? NO_OPTIONS;
    this.promise = new Promise(grab);
    this.#resolve = grabbedResolve;
    this.#reject = grabbedReject;
    this.flowIdHigh = parent === undefined ? randomFlowHigh() : parent.flowIdHigh;
    this.flowIdLow = parent === undefined ? random32() : parent.flowIdLow;
    this.startedMs = client.clock.monotonicMs();
    const ownMs = this.startedMs + (this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    this.deadlineMs = parent !== undefined && parent.deadlineMs < ownMs ? parent.deadlineMs : ownMs;
  }

  start(): void {
    const { signal } = this.#options;
    if (this.deadlineMs <= this.startedMs) {
      this.#settle(new DeadlinePassed({ method: this.method.fullName }));
      return;
    }
    if (signal !== undefined && !this.#watch(signal)) return;
    this.#place.budget.onCall(this.startedMs);
    this.#next(this.startedMs);
  }

  onAnswer(attempt: CallAttempt, head: RpcHead, body: Uint8Array): void {
    if (head.err !== 0) {
      this.#onErrorAnswer(attempt, head);
      return;
    }
    let response: unknown;
    try {
      response = this.method.output.decode(body, 0, body.length);
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      const { target, method } = this;
      const error = new ResponseInvalid({ target, method: method.fullName, problem }, { cause });
      attempt.finish("error", error);
      this.#settle(error);
      return;
    }
    attempt.finish("success");
    this.#succeed(response);
  }

  onAttemptLost(attempt: CallAttempt, error: unknown): void {
    if (attempt.isDone) return;
    attempt.finish(attempt.isSent ? "reset" : "refused", error);
    if (this.client.isClosed) this.#settle(error);
    else if (!attempt.isSent) this.#retryUnsent(error, true);
    else this.#retrySent(error, true);
  }

  /** The request can't be written; no instance is to blame. */
  onUnsendable(attempt: CallAttempt, error: unknown): void {
    attempt.finish("cancelled", error);
    this.#settle(error);
  }

  onAttemptTimeout(attempt: CallAttempt, nowMs: number): void {
    if (nowMs < this.deadlineMs) {
      this.#onPartialTimeout(attempt, nowMs);
      return;
    }
    const waitedMs = Math.round(nowMs - this.startedMs);
    const error = new CallTimeout({ target: this.target, method: this.method.fullName, waitedMs });
    attempt.channel?.noteTimeout(attempt);
    attempt.finish("timeout", error);
    this.#settle(error);
  }

  /** Half of the time is over. A repeat elsewhere if that is allowed, otherwise the attempt keeps the rest of the time. */
  #onPartialTimeout(attempt: CallAttempt, nowMs: number): void {
    const mayRepeat = attempt.isSent ? this.#isIdempotent && this.#place.budget.take() : true;
    const pick = mayRepeat ? this.#tryPick() : undefined;
    if (pick === undefined || this.#tried.includes(addressOf(pick))) {
      pick?.report("cancelled", 0);
      if (mayRepeat && attempt.isSent) this.#place.budget.giveBack();
      this.client.wheel.add(attempt, this.deadlineMs);
      return;
    }
    const waitedMs = Math.round(nowMs - attempt.startedMs);
    attempt.channel?.noteTimeout(attempt);
    attempt.finish("timeout", new CallTimeout({ target: this.target, method: this.method.fullName, waitedMs }));
    this.#launch(pick, nowMs);
  }

  #onErrorAnswer(attempt: CallAttempt, head: RpcHead): void {
    const error = remoteErrorOf(head);
    const outcome =
      OUTCOME_BY_REASON[head.reason] ?? (head.reason === "" && ERROR_NUMBERS.has(head.err) ? "error" : "success");
    if (head.reason === ShuttingDown.reason) attempt.channel?.retire();
    attempt.finish(outcome, error);
    if (head.reason === ShuttingDown.reason) this.#retryUnsent(error, true);
    else if (head.reason === Overloaded.reason) this.#retryUnsent(error, false);
    else if (ERROR_CODES[error.code].retryable) this.#retrySent(error, false);
    else this.#settle(error);
  }

  get #isIdempotent(): boolean {
    return this.#options.idempotent ?? this.method.isIdempotent;
  }

  get #maxAttempts(): number {
    return this.#options.maxAttempts ?? DEFAULT_MAX_ATTEMPTS;
  }

  /** Attempts that may have been executed. */
  get #sent(): number {
    return this.attempts - this.#unsent;
  }

  /** The attempt was certainly not executed. */
  #retryUnsent(error: unknown, isFree: boolean): void {
    const nowMs = this.client.clock.monotonicMs();
    this.#unsent++;
    const mayRetry = this.#unsent < MAX_UNSENT_ATTEMPTS && nowMs < this.deadlineMs && this.#maxAttempts > 1;
    if (!mayRetry || (!isFree && !this.#place.budget.take())) {
      this.#settle(error);
      return;
    }
    const pick = this.#tryPick();
    // Nobody else is left: asking the same instance again at once gets the same answer.
    if (pick === undefined || this.#tried.includes(addressOf(pick))) {
      pick?.report("cancelled", 0);
      this.#settle(error);
      return;
    }
    this.#launch(pick, nowMs);
  }

  #retrySent(error: unknown, isConnectionLoss: boolean): void {
    const nowMs = this.client.clock.monotonicMs();
    const mayRetry = this.#isIdempotent && this.#sent < this.#maxAttempts && nowMs < this.deadlineMs;
    const isFree = isConnectionLoss && !this.#hasUsedFreeRetry;
    if (!mayRetry || !(isFree || this.#place.budget.take())) {
      this.#settle(error);
      return;
    }
    if (isFree) this.#hasUsedFreeRetry = true;
    this.#next(nowMs, error);
  }

  /** @param lastError what the caller gets when no instance can be chosen; default: what the picker threw */
  #next(nowMs: number, lastError?: unknown): void {
    if (this.#place.direct !== undefined) {
      this.#send(undefined, this.#place.direct, nowMs);
      return;
    }
    let pick: Pick;
    try {
      pick = this.client.picker.pick(this.target, this.#tried);
    } catch (error) {
      this.#settle(lastError ?? error);
      return;
    }
    this.#launch(pick, nowMs);
  }

  #tryPick(): Pick | undefined {
    if (this.#place.direct !== undefined) return undefined;
    try {
      return this.client.picker.pick(this.target, this.#tried);
    } catch {
      return undefined;
    }
  }

  #launch(pick: Pick, nowMs: number): void {
    this.#send(pick, pick, nowMs);
  }

  #send(pick: Pick | undefined, at: CallPlace, nowMs: number): void {
    const pool = this.client.poolOf(at);
    const attempt = new CallAttempt(this, { address: pool.address, pick }, nowMs);
    this.attempts++;
    this.#current = attempt;
    this.#tried = this.#tried === NONE_TRIED ? pool.asTried : [...this.#tried, pool.address];
    this.client.wheel.add(attempt, this.#attemptDeadlineMs(pick, nowMs));
    pool.channel().send(attempt);
  }

  /** Half of what is left when another instance may be asked afterwards, so that a second attempt still fits. */
  #attemptDeadlineMs(pick: Pick | undefined, nowMs: number): number {
    const isLast = pick === undefined || this.#sent >= this.#maxAttempts;
    return isLast ? this.deadlineMs : nowMs + (this.deadlineMs - nowMs) / 2;
  }

  #watch(signal: AbortSignal): boolean {
    const cancel = (): void => {
      const error = new CallCancelled({ target: this.target, method: this.method.fullName }, { cause: signal.reason });
      this.#current?.finish("cancelled", error);
      this.#settle(error);
    };
    if (signal.aborted) {
      cancel();
      return false;
    }
    this.#onAbort = cancel;
    signal.addEventListener("abort", cancel, { once: true });
    return true;
  }

  #succeed(response: unknown): void {
    this.#close();
    this.#resolve(response);
  }

  #settle(error: unknown): void {
    if (this.#isSettled) return;
    this.#close();
    this.#reject(isAppError(error) ? error : new Error("call failed", { cause: error }));
  }

  #close(): void {
    this.#isSettled = true;
    this.client.inFlight--;
    if (this.#onAbort !== undefined) this.#options.signal?.removeEventListener("abort", this.#onAbort);
  }
}

function addressOf(pick: Pick): string {
  return `${pick.host}:${pick.port}`;
}
