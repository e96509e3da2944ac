import type { AppError, Clock } from "@msec/core";
import type { OutputBufferPool, TimerWheel } from "@msec/net";
import type { ProtoWriter } from "@msec/protocol";
import type { AttemptChannel, CallAttempt } from "./call-attempt.js";

/** One way to one instance, shared by many calls. */
export interface CallChannel extends AttemptChannel {
  /** Calls under way or waiting for the connection. */
  readonly load: number;
  send(attempt: CallAttempt): void;
  /** Cuts the connection; what is under way fails with `error`. */
  destroy(error: AppError): void;
}

/** What a channel needs of its client. */
export interface ChannelHost {
  readonly service: string;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly buffers: OutputBufferPool<ProtoWriter>;
  readonly limits: {
    readonly maxFrameBytes: number;
    readonly connectTimeoutMs: number;
    readonly idleTimeoutMs: number;
  };
  /** The channel exists, until `untrack`. */
  track(channel: CallChannel): void;
  untrack(channel: CallChannel): void;
}

/** Where a channel leads; `drop` is called when it takes no more calls. */
export interface ChannelPlace {
  readonly host: string;
  readonly port: number;
  readonly address: string;
  drop(channel: CallChannel): void;
}
