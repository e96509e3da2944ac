import type { Clock } from "@msec/core";
import type { TimerEntry, TimerWheel } from "@msec/net";
import { type MethodType, type RpcHead, wireErrorOf } from "@msec/protocol";
import type { CallParent } from "./call-context.js";
import type { OutgoingCall } from "./call-events.js";
import { random32, spanText } from "./ids.js";
import type { Pending } from "./pending-ring.js";
import type { CallOutcome, Pick } from "./picker.js";

/** The call that an attempt belongs to. */
export interface AttemptOwner {
  readonly client: { readonly clock: Clock; readonly wheel: TimerWheel; emit(call: OutgoingCall): void };
  readonly parent: CallParent | undefined;
  readonly method: MethodType;
  readonly target: string;
  readonly request: unknown;
  /** Monotonic. */
  readonly deadlineMs: number;
  readonly flowIdHigh: number;
  readonly flowIdLow: number;
  /** Attempts started before this one. */
  readonly attempts: number;
  onAnswer(attempt: CallAttempt, head: RpcHead, body: Uint8Array): void;
  /** The connection could not be made, or was lost. */
  onAttemptLost(attempt: CallAttempt, error: unknown): void;
  /** The request can't be written; no instance is to blame. */
  onUnsendable(attempt: CallAttempt, error: unknown): void;
  onAttemptTimeout(attempt: CallAttempt, nowMs: number): void;
}

/** The connection that carries an attempt. */
export interface AttemptChannel {
  /** The attempt is over; a late answer finds nobody. */
  forget(attempt: CallAttempt): void;
  /** It ended without an answer. */
  noteTimeout(attempt: CallAttempt): void;
  /** No new calls here. */
  retire(): void;
}

/** One try of a call at one instance: timer entry, pending entry and telemetry record in one object. */
export class CallAttempt implements TimerEntry, Pending, OutgoingCall {
  wheelDeadlineMs = 0;
  wheelNext: TimerEntry | undefined = undefined;
  wheelPrevious: TimerEntry | undefined = undefined;
  sequence = 0;
  /** The request was handed to a connection: the instance may have seen it. */
  isSent = false;
  isDone = false;
  channel: AttemptChannel | undefined = undefined;
  costMs = 0;
  err = 0;
  reason = "";
  readonly call: AttemptOwner;
  /** `ip:port`. */
  readonly address: string;
  readonly attempt: number;
  /** Monotonic. */
  readonly startedMs: number;
  readonly spanIdHigh = random32();
  readonly spanIdLow = random32();
  readonly #pick: Pick | undefined;

  constructor(call: AttemptOwner, place: { readonly address: string; readonly pick: Pick | undefined }, nowMs: number) {
    this.call = call;
    this.address = place.address;
    this.#pick = place.pick;
    this.attempt = call.attempts;
    this.startedMs = nowMs;
  }

  get target(): string {
    return this.call.target;
  }

  get method(): string {
    return this.call.method.fullName;
  }

  get spanId(): string {
    return spanText(this.spanIdHigh, this.spanIdLow);
  }

  get startedAtMs(): number {
    const { clock } = this.call.client;
    return Math.round(clock.nowMs() - (clock.monotonicMs() - this.startedMs));
  }

  onTimeout(nowMs: number): void {
    this.call.onAttemptTimeout(this, nowMs);
  }

  onAnswer(head: RpcHead, bytes: Uint8Array, body: { readonly bodyStart: number; readonly bodyEnd: number }): void {
    this.call.onAnswer(this, head, bytes.subarray(body.bodyStart, body.bodyEnd));
  }

  /** The connection could not be made, or was lost. */
  onLost(error: unknown): void {
    this.call.onAttemptLost(this, error);
  }

  /** Ends the attempt and tells balancer and telemetry, exactly once. */
  finish(outcome: CallOutcome, error?: unknown): void {
    if (this.isDone) return;
    this.isDone = true;
    const { client, parent } = this.call;
    client.wheel.remove(this);
    this.channel?.forget(this);
    this.costMs = client.clock.monotonicMs() - this.startedMs;
    if (error !== undefined) {
      const wire = wireErrorOf(error);
      this.err = wire.err;
      this.reason = wire.reason;
    }
    this.#pick?.report(outcome, this.costMs);
    parent?.noteCall(this);
    client.emit(this);
  }
}
