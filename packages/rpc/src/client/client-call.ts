/** One call: its first attempt, its deadline and its end. What happens when an attempt fails is decided in call-repeats.ts. */
import { type AppError, ERROR_CODES } from "@msec/core";
import { remoteErrorOf } from "@msec/protocol";
import type { NestedCall } from "../call-context.js";
import { CallCancelled, CallTimeout, ResponseInvalid, ShuttingDown } from "../errors.js";
import { allowManyListeners } from "./abort-listeners.js";
import type { CallAttempt, ReceivedAnswer } from "./call-attempt.js";
import { type CallErrorDetails, withCallDetails } from "./call-error.js";
import { HedgeTimer } from "./call-hedge.js";
import { LOAD_REASONS, outcomeOfError } from "./call-outcome.js";
import { CallRepeats, type RepeatedCall } from "./call-repeats.js";
import type { ClientCore } from "./client-core.js";
import type { CallOutcome, Pick } from "./picker.js";
import { type CallOrigin, type CallRequest, RequestedCall } from "./requested-call.js";

const NONE_TRIED: readonly string[] = [];

/** Filled by the executor below: a promise without a closure per call. */
let grabbedResolve: (value: unknown) => void;
let grabbedReject: (error: unknown) => void;
const grab = (resolve: (value: unknown) => void, reject: (error: unknown) => void): void => {
  grabbedResolve = resolve;
  grabbedReject = reject;
};

/** A call and its first attempt in one object. Only this class decides when the call ends. */
export class ClientCall extends RequestedCall implements RepeatedCall, NestedCall {
  readonly promise: Promise<unknown>;
  /** Attempts started. */
  attempts = 0;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;
  #isSettled = false;
  #lastAddress = "";
  #current: CallAttempt | undefined = undefined;
  /** The second attempt under way of a hedged call. */
  #sibling: CallAttempt | undefined = undefined;
  #repeats: CallRepeats | undefined = undefined;
  #hedge: HedgeTimer | undefined = undefined;
  #onAbort: (() => void) | undefined = undefined;

  constructor(client: ClientCore, wanted: CallRequest, from: CallOrigin) {
    super(client, wanted, from);
    this.promise = new Promise(grab);
    this.#resolve = grabbedResolve;
    this.#reject = grabbedReject;
  }

  start(): void {
    const { signal } = this.options;
    if (!(this.deadlineMs > this.beganMs)) {
      this.settle(this.whyOver());
      return;
    }
    if (signal !== undefined && !this.#watch(signal)) return;
    const abandoned = this.parent?.attach(this);
    if (abandoned !== undefined) {
      this.cancel(abandoned);
      return;
    }
    const { place, beganMs } = this;
    place.budget.onCall(beganMs);
    if (place.direct !== undefined) {
      this.launch(this, undefined, beganMs);
      return;
    }
    let pick: Pick;
    try {
      pick = this.client.pick(this, NONE_TRIED, beganMs);
    } catch (error) {
      this.client.onPickerFault(error);
      this.settle(error);
      return;
    }
    const hedge = this.options.hedge ?? place.options.hedge;
    if (hedge !== undefined && this.isIdempotent) this.#hedge = HedgeTimer.arm(this, hedge);
    this.launch(this, pick, beganMs);
  }

  /** Given up by its caller, or by who waits for the request it belongs to. */
  cancel(cause: unknown): void {
    if (this.#isSettled) return;
    const error = new CallCancelled({ target: this.callee, method: this.method }, { cause });
    this.#endAll("cancelled", error, this.client.clock.monotonicMs());
    this.settle(error);
  }

  /** Sends an attempt to the picked instance, or to the direct address. */
  launch(attempt: CallAttempt, pick: Pick | undefined, nowMs: number): void {
    const { client } = this;
    const pool = client.poolOf(this, pick);
    attempt.begin(pool.address, pick, nowMs);
    this.#lastAddress = pool.address;
    attempt.attempt = this.attempts++;
    const isSecond = this.#current !== undefined;
    if (isSecond) this.#sibling = attempt;
    else this.#current = attempt;
    client.wheel.add(attempt, isSecond ? this.deadlineMs : this.#attemptDeadlineMs(pick, nowMs));
    pool.send(attempt);
  }

  onAttemptAnswer(attempt: CallAttempt, answer: ReceivedAnswer): void {
    const { head, nowMs } = answer;
    if (head.err !== 0) {
      this.#onErrorAnswer(attempt, answer);
      return;
    }
    let response: unknown;
    try {
      response = this.wanted.method.output.decode(answer.bytes, answer.bodyStart, answer.bodyEnd);
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      const error = new ResponseInvalid({ target: this.callee, method: this.method, problem }, { cause });
      this.#end(attempt, "error", { error, nowMs });
      this.settle(error);
      return;
    }
    attempt.finish("success", nowMs);
    if (this.#hedge !== undefined) this.#hedge.note(nowMs - this.beganMs);
    this.#close();
    this.#resolve(response);
  }

  onAttemptLost(attempt: CallAttempt, error: unknown): void {
    if (attempt.isDone) return;
    const { client } = this;
    // A program that ends with calls under way must not put the blame on the instances for all others of the machine.
    const outcome = client.isClosed ? "cancelled" : attempt.isSent ? "reset" : "refused";
    this.#end(attempt, outcome, { error, nowMs: client.clock.monotonicMs() });
    if (client.isClosed) this.settle(error);
    else if (this.#current !== undefined) this.#noteEnded(attempt);
    else if (attempt.isSent) this.#repeat().sent(error, attempt.channel?.isLossFree === true);
    else this.#repeat().unsent(error, true);
  }

  onUnsendable(attempt: CallAttempt, error: unknown): void {
    this.#end(attempt, "cancelled", { error, nowMs: this.client.clock.monotonicMs() });
    this.settle(error);
  }

  onAttemptTimeout(attempt: CallAttempt, nowMs: number): void {
    if (nowMs < this.deadlineMs) {
      if (this.#sibling === undefined && this.#repeat().tryElsewhere(attempt, nowMs)) return;
      this.client.wheel.add(attempt, this.deadlineMs);
      return;
    }
    const error = this.timeoutAfter(nowMs - this.beganMs);
    this.#endAll("timeout", error, nowMs);
    this.settle(error);
  }

  /** The time of an attempt is over, though not that of the call. */
  giveUp(attempt: CallAttempt, nowMs: number): void {
    attempt.channel?.noteTimeout(attempt);
    this.#end(attempt, "timeout", { error: this.timeoutAfter(nowMs - attempt.startedMs), nowMs });
  }

  onHedgeDue(nowMs: number): void {
    if (this.#isSettled || this.#sibling !== undefined || this.#current === undefined) return;
    this.#repeat().hedge(nowMs);
  }

  timeoutAfter(waitedMs: number): AppError {
    return new CallTimeout({ target: this.callee, method: this.method, waitedMs: Math.round(waitedMs) });
  }

  /** Fails the call. */
  settle(error: unknown): void {
    if (this.#isSettled) return;
    this.#close();
    const told = withCallDetails(error, this.#facts());
    this.#reject(told instanceof Error ? told : new Error("call failed", { cause: told }));
  }

  #facts(): CallErrorDetails {
    const { callee: target, method, attempts } = this;
    const elapsedMs = Math.round(this.client.clock.monotonicMs() - this.beganMs);
    const address = this.#lastAddress;
    return { target, method, ...(address !== "" && { address }), attempts, elapsedMs };
  }

  #onErrorAnswer(attempt: CallAttempt, { head, nowMs }: ReceivedAnswer): void {
    const error = remoteErrorOf(head);
    const { reason } = head;
    if (reason === ShuttingDown.reason) attempt.channel?.retire();
    this.#end(attempt, outcomeOfError(head), { error, nowMs });
    const isRefusal = reason === ShuttingDown.reason || LOAD_REASONS.has(reason);
    if (!isRefusal && !ERROR_CODES[error.code].retryable) this.settle(error);
    else if (this.#current !== undefined) this.#noteEnded(attempt, isRefusal);
    else if (isRefusal) this.#repeat().unsent(error, reason === ShuttingDown.reason);
    else this.#repeat().sent(error, false);
  }

  /** One of the two attempts of a hedged call failed; the other goes on. */
  #noteEnded(attempt: CallAttempt, isRefusal = false): void {
    if (!attempt.isSent || isRefusal) this.#repeat().noteUnsent();
  }

  #repeat(): CallRepeats {
    this.#repeats ??= new CallRepeats(this);
    return this.#repeats;
  }

  #end(attempt: CallAttempt, outcome: CallOutcome, how: { readonly error: unknown; readonly nowMs: number }): void {
    if (this.#current === attempt) {
      this.#current = this.#sibling;
      this.#sibling = undefined;
    } else if (this.#sibling === attempt) this.#sibling = undefined;
    attempt.finish(outcome, how.nowMs, how.error);
  }

  #endAll(outcome: "cancelled" | "timeout", error: unknown, nowMs: number): void {
    for (let attempt = this.#current; attempt !== undefined; attempt = this.#current) {
      if (outcome === "timeout") attempt.channel?.noteTimeout(attempt);
      this.#end(attempt, outcome, { error, nowMs });
    }
  }

  /** Half of what is left when another instance may be asked afterwards, so that a second attempt still fits. */
  #attemptDeadlineMs(pick: Pick | undefined, nowMs: number): number {
    const sent = this.attempts - (this.#repeats?.unsentCount ?? 0);
    const isLast = pick === undefined || sent >= this.maxAttempts;
    return isLast ? this.deadlineMs : nowMs + (this.deadlineMs - nowMs) / 2;
  }

  #watch(signal: AbortSignal): boolean {
    const cancel = (): void => this.cancel(signal.reason);
    if (signal.aborted) {
      cancel();
      return false;
    }
    this.#onAbort = cancel;
    allowManyListeners(signal);
    signal.addEventListener("abort", cancel, { once: true });
    return true;
  }

  #close(): void {
    this.#isSettled = true;
    this.client.inFlight--;
    this.parent?.detach(this);
    if (this.#onAbort !== undefined) this.options.signal?.removeEventListener("abort", this.#onAbort);
    if (this.#hedge !== undefined) this.client.wheel.remove(this.#hedge);
    const current = this.#current;
    if (current !== undefined && !current.isDone) this.#endLoser(current);
    const sibling = this.#sibling;
    if (sibling !== undefined && !sibling.isDone) this.#endLoser(sibling);
  }

  /** The other attempt of a hedged call has decided it. */
  #endLoser(loser: CallAttempt): void {
    const error = new CallCancelled({ target: this.callee, method: this.method });
    loser.finish("cancelled", this.client.clock.monotonicMs(), error);
  }
}
