import { type Clock, random32 } from "@msec/core";
import type { TimerEntry, TimerWheel } from "@msec/net";
import { type MethodType, type RpcHead, wireErrorOf } from "@msec/protocol";
import type { CallParent } from "../call-context.js";
import type { OutgoingCall } from "../call-events.js";
import { spanText } from "../ids.js";
import type { Pending } from "./pending-ring.js";
import type { CallOutcome, Pick } from "./picker.js";

/** An answer as it arrived. One object serves all answers of a connection: it is used up before the next one. */
export interface ReceivedAnswer {
  readonly head: RpcHead;
  bytes: Uint8Array;
  bodyStart: number;
  bodyEnd: number;
  /** Monotonic time at which the chunk with the answer was taken up; read once per chunk. */
  nowMs: number;
}

/** The call that an attempt belongs to. */
export interface AttemptOwner {
  readonly client: {
    readonly clock: Clock;
    readonly wheel: TimerWheel;
    /** `nowMs` if it is a value of `performance.now()`, which pickers understand; undefined on other clocks. */
    pickerMs(nowMs: number): number | undefined;
    /** The picker, or the budget it keeps, threw. */
    onPickerFault(error: unknown): void;
    emit(call: OutgoingCall): void;
  };
  readonly parent: CallParent | undefined;
  readonly methodType: MethodType;
  readonly callee: string;
  readonly message: unknown;
  /** Monotonic. */
  readonly deadlineMs: number;
  readonly flowIdHigh: number;
  readonly flowIdLow: number;
  readonly priority: number;
  readonly userHash: number;
  /** One connection for this call alone. */
  readonly isShort: boolean;
  /** Dials an address although it refused a moment ago. */
  readonly isProbe: boolean;
  onAttemptAnswer(attempt: CallAttempt, answer: ReceivedAnswer): void;
  /** The connection could not be made, or was lost. */
  onAttemptLost(attempt: CallAttempt, error: unknown): void;
  /** The request can't be written; no instance is to blame. */
  onUnsendable(attempt: CallAttempt, error: unknown): void;
  onAttemptTimeout(attempt: CallAttempt, nowMs: number): void;
}

/** The connection that carries an attempt. */
export interface AttemptChannel {
  /** It is lost, and what was under way may be repeated without a token of the budget. */
  readonly isLossFree: boolean;
  /** The attempt is over. When no answer came the peer is told that nobody waits, if it understands that. */
  forget(attempt: CallAttempt): void;
  /** It ended without an answer. */
  noteTimeout(attempt: CallAttempt): void;
  /** No new calls here. */
  retire(): void;
}

/**
 * One try of a call at one instance: timer entry, pending entry and telemetry record in one object. The first try is the call's own
 * object (`ClientCall`), so that a call that needs no second one allocates once.
 */
export class CallAttempt implements TimerEntry, Pending, OutgoingCall {
  wheelDeadlineMs = 0.5;
  wheelNext: TimerEntry | undefined = undefined;
  wheelPrevious: TimerEntry | undefined = undefined;
  sequence = 0;
  /** The request was handed to a connection: the instance may have seen it. */
  isSent = false;
  isDone = false;
  channel: AttemptChannel | undefined = undefined;
  costMs = 0.5;
  err = 0;
  reason = "";
  readonly call: AttemptOwner;
  /** `ip:port`. */
  address = "";
  attempt = 0;
  /** Monotonic. */
  startedMs = 0.5;
  readonly spanIdHigh = random32();
  readonly spanIdLow = random32();
  #pick: Pick | undefined = undefined;

  /** @param call default: this very object */
  constructor(call?: AttemptOwner) {
    this.call = call ?? (this as unknown as AttemptOwner);
  }

  /** Says where it goes. */
  begin(address: string, pick: Pick | undefined, nowMs: number): void {
    this.address = address;
    this.#pick = pick;
    this.startedMs = nowMs;
  }

  /** Told for coloured calls; only read for their records. */
  get choice(): string {
    return this.#pick?.choice ?? "";
  }

  get target(): string {
    return this.call.callee;
  }

  get method(): string {
    return this.call.methodType.fullName;
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

  onAnswer(answer: ReceivedAnswer): void {
    this.call.onAttemptAnswer(this, answer);
  }

  /** The connection could not be made, or was lost. */
  onLost(error: unknown): void {
    this.call.onAttemptLost(this, error);
  }

  /** Ends the attempt and tells balancer and telemetry, exactly once. */
  finish(outcome: CallOutcome, nowMs: number, error?: unknown): void {
    if (this.isDone) return;
    this.isDone = true;
    const { client, parent } = this.call;
    client.wheel.remove(this);
    this.channel?.forget(this);
    this.costMs = nowMs - this.startedMs;
    if (error !== undefined) {
      const wire = wireErrorOf(error);
      this.err = wire.err;
      this.reason = wire.reason;
    }
    try {
      this.#pick?.report(outcome, this.costMs, client.pickerMs(nowMs));
    } catch (fault) {
      client.onPickerFault(fault);
    }
    parent?.noteCall(this);
    client.emit(this);
  }
}
