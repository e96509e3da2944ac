/**
 * Whether another attempt follows one that failed.
 *
 * | attempt ended by | may have been executed | another attempt |
 * | --- | --- | --- |
 * | connection refused, not made in time | no | any method, next instance, free |
 * | answer RPC_SHUTTING_DOWN | no | any method, next instance, free |
 * | answer RPC_OVERLOADED, RPC_QUEUED_TOO_LONG | no | any method, next instance, costs a token |
 * | connection lost | yes | idempotent methods; the first free, later ones cost a token |
 * | connection lost without any answer on it, like the one before | yes | idempotent methods, costs a token |
 * | half of the remaining time without an answer | yes | idempotent methods, other instance, costs a token; else it goes on waiting |
 * | answer with a retryable code | yes | idempotent methods, costs a token |
 * | nothing yet, `hedge` asked for | – | idempotent methods, other instance, costs a token; the first goes on too |
 *
 * Never past the deadline, never more than `maxAttempts` that may have reached an instance. Exists only for calls that need it.
 */
import { type AttemptOwner, CallAttempt } from "./call-attempt.js";
import type { CallTarget } from "./call-target.js";
import { addressText } from "./channel-pool.js";
import type { Pick, PickedCall } from "./picker.js";

/** Attempts that reached nobody; bounds the walk through a list of dead instances. */
const MAX_UNSENT_ATTEMPTS = 8;

export interface RepeatedCall extends AttemptOwner, PickedCall {
  readonly client: AttemptOwner["client"] & {
    pick(call: PickedCall, tried: readonly string[], nowMs: number): Pick;
  };
  readonly place: CallTarget;
  /** Of the first attempt. */
  readonly address: string;
  readonly attempts: number;
  readonly isIdempotent: boolean;
  readonly maxAttempts: number;
  launch(attempt: CallAttempt, pick: Pick | undefined, nowMs: number): void;
  giveUp(attempt: CallAttempt, nowMs: number): void;
  settle(error: unknown): void;
}

export class CallRepeats {
  /** Attempts that certainly were not executed. */
  unsentCount = 0;
  readonly #call: RepeatedCall;
  readonly #tried: string[];
  #hasUsedFreeRetry = false;

  constructor(call: RepeatedCall) {
    this.#call = call;
    this.#tried = [call.address];
  }

  noteUnsent(): void {
    this.unsentCount++;
  }

  /** The attempt was certainly not executed: any method may go to another instance. */
  unsent(error: unknown, isFree: boolean): void {
    const call = this.#call;
    const nowMs = call.client.clock.monotonicMs();
    this.unsentCount++;
    const mayRetry = this.unsentCount < MAX_UNSENT_ATTEMPTS && nowMs < call.deadlineMs && call.maxAttempts > 1;
    if (!mayRetry || (!isFree && !this.#takeToken())) {
      call.settle(error);
      return;
    }
    // Nobody else is left: asking the same instance again at once gets the same answer.
    const pick = this.#pickOther(nowMs);
    if (pick === undefined) call.settle(error);
    else this.#launch(pick, nowMs);
  }

  /** The attempt may have been executed. @param mayBeFree the first repeat costs no token */
  sent(error: unknown, mayBeFree: boolean): void {
    const call = this.#call;
    const nowMs = call.client.clock.monotonicMs();
    const isFree = mayBeFree && !this.#hasUsedFreeRetry;
    if (!this.#mayRepeat(nowMs) || !(isFree || this.#takeToken())) {
      call.settle(error);
      return;
    }
    if (isFree) this.#hasUsedFreeRetry = true;
    if (call.place.direct !== undefined) {
      this.#launch(undefined, nowMs);
      return;
    }
    let pick: Pick;
    try {
      pick = call.client.pick(call, this.#tried, nowMs);
    } catch (fault) {
      call.client.onPickerFault(fault);
      call.settle(error);
      return;
    }
    this.#launch(pick, nowMs);
  }

  /** Half of the time is over: a repeat elsewhere if that is allowed. False = the attempt keeps the rest of the time. */
  tryElsewhere(attempt: CallAttempt, nowMs: number): boolean {
    const call = this.#call;
    if (attempt.isSent && !(call.isIdempotent && this.#takeToken())) return false;
    const pick = this.#pickOther(nowMs);
    if (pick === undefined) {
      if (attempt.isSent) this.#giveTokenBack();
      return false;
    }
    if (!attempt.isSent) this.unsentCount++;
    call.giveUp(attempt, nowMs);
    this.#launch(pick, nowMs);
    return true;
  }

  /** A second attempt beside the first. */
  hedge(nowMs: number): void {
    if (!this.#mayRepeat(nowMs) || !this.#takeToken()) return;
    const pick = this.#pickOther(nowMs);
    if (pick === undefined) this.#giveTokenBack();
    else this.#launch(pick, nowMs);
  }

  /** A budget that throws allows nothing. */
  #takeToken(): boolean {
    try {
      return this.#call.place.budget.take();
    } catch (fault) {
      this.#call.client.onPickerFault(fault);
      return false;
    }
  }

  #giveTokenBack(): void {
    try {
      this.#call.place.budget.giveBack();
    } catch (fault) {
      this.#call.client.onPickerFault(fault);
    }
  }

  #mayRepeat(nowMs: number): boolean {
    const call = this.#call;
    return call.isIdempotent && call.attempts - this.unsentCount < call.maxAttempts && nowMs < call.deadlineMs;
  }

  /** An instance that was not tried yet. */
  #pickOther(nowMs: number): Pick | undefined {
    const call = this.#call;
    if (call.place.direct !== undefined) return undefined;
    let pick: Pick;
    try {
      pick = call.client.pick(call, this.#tried, nowMs);
    } catch (fault) {
      call.client.onPickerFault(fault);
      return undefined;
    }
    if (!this.#tried.includes(addressText(pick.host, pick.port))) return pick;
    try {
      pick.report("cancelled", 0, call.client.pickerMs(nowMs));
    } catch (fault) {
      call.client.onPickerFault(fault);
    }
    return undefined;
  }

  #launch(pick: Pick | undefined, nowMs: number): void {
    const attempt = new CallAttempt(this.#call);
    if (pick !== undefined) this.#tried.push(addressText(pick.host, pick.port));
    this.#call.launch(attempt, pick, nowMs);
  }
}
