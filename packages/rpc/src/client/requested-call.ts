/** A call as it was asked for: its request, its options with the defaults, and what it takes from the request it is made in. */
import { type AppError, random32 } from "@msec/core";
import type { MethodType } from "@msec/protocol";
import type { CallParent } from "../call-context.js";
import { DEFAULT_PRIORITY, userHashOf } from "../call-priority.js";
import { CallOptionInvalid, DeadlinePassed } from "../errors.js";
import { randomFlowHigh } from "../ids.js";
import { CallAttempt } from "./call-attempt.js";
import type { ChannelKind } from "./call-channel.js";
import type { CallOptions } from "./call-options.js";
import type { CallTarget } from "./call-target.js";
import type { ClientCore } from "./client-core.js";

const DEFAULT_TIMEOUT_MS = 800;
const DEFAULT_MAX_ATTEMPTS = 3;
const NO_OPTIONS: CallOptions = {};

export interface CallRequest {
  readonly method: MethodType;
  readonly target: string;
  readonly request: unknown;
  readonly options: CallOptions | undefined;
  /** Of a protocol of the caller's own. Default: SRPC. */
  readonly channels?: ChannelKind;
}

export interface CallOrigin {
  readonly place: CallTarget;
  /** The request in whose course the call is made. */
  readonly parent: CallParent | undefined;
}

/** What does not change in the course of a call. */
export class RequestedCall extends CallAttempt {
  readonly client: ClientCore;
  readonly parent: CallParent | undefined;
  readonly place: CallTarget;
  readonly wanted: CallRequest;
  readonly options: CallOptions;
  /** Monotonic. */
  readonly beganMs: number;
  readonly deadlineMs: number;
  /** The same in all attempts; inherited inside a request. */
  readonly flowIdHigh: number;
  readonly flowIdLow: number;
  readonly priority: number;
  readonly userHash: number;

  constructor(client: ClientCore, wanted: CallRequest, from: CallOrigin) {
    super();
    const { parent, place } = from;
    const options = wanted.options ?? NO_OPTIONS;
    this.client = client;
    this.parent = parent;
    this.place = place;
    this.wanted = wanted;
    this.options = options;
    this.beganMs = client.clock.monotonicMs();
    const ownMs = this.beganMs + (options.timeoutMs ?? place.options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const { priority, user } = options;
    if (parent === undefined) {
      this.flowIdHigh = randomFlowHigh();
      this.flowIdLow = random32();
      this.priority = priority ?? DEFAULT_PRIORITY;
      this.userHash = user === undefined ? this.flowIdLow : userHashOf(user);
      this.deadlineMs = ownMs;
    } else {
      this.flowIdHigh = parent.flowIdHigh;
      this.flowIdLow = parent.flowIdLow;
      this.priority = priority ?? parent.priority;
      this.userHash = user === undefined ? parent.userHash : userHashOf(user);
      this.deadlineMs = Math.min(parent.deadlineMs, ownMs);
    }
  }

  get methodType(): MethodType {
    return this.wanted.method;
  }

  get isColored(): boolean {
    return this.parent?.coloring === true;
  }

  get callee(): string {
    return this.wanted.target;
  }

  get message(): unknown {
    return this.wanted.request;
  }

  get isShort(): boolean {
    return this.options.shortConnection ?? this.place.options.shortConnection ?? false;
  }

  get isProbe(): boolean {
    return this.options.probe ?? false;
  }

  get isIdempotent(): boolean {
    return this.options.idempotent ?? this.wanted.method.isIdempotent;
  }

  get maxAttempts(): number {
    return this.options.maxAttempts ?? this.place.options.maxAttempts ?? DEFAULT_MAX_ATTEMPTS;
  }

  /** Why there is no time for it at all. */
  whyOver(): AppError {
    if (!Number.isNaN(this.deadlineMs)) return new DeadlinePassed({ method: this.method });
    return new CallOptionInvalid({ option: "timeoutMs", value: "NaN", problem: "give milliseconds" });
  }
}
