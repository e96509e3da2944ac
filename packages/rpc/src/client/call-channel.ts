import type { AppError, Clock } from "@msec/core";
import type { DialTcpOptions, InputStream, OpenUdpOptions, OutputBufferPool, TimerWheel, UdpPort } from "@msec/net";
import type { ProtoWriter } from "@msec/protocol";
import type { ClientTls } from "../security/client-tls.js";
import type { AttemptChannel, CallAttempt } from "./call-attempt.js";

/** One way to one instance, shared by many calls. */
export interface CallChannel extends AttemptChannel {
  /** Calls under way or waiting for the connection. */
  readonly load: number;
  send(attempt: CallAttempt): void;
  /** Lets the process end if it has nothing under way. True = it does, until it is used again. */
  rest(): boolean;
  /** Cuts the connection; what is under way fails with `error`. */
  destroy(error: AppError): void;
}

/** Opens a connection, or gives undefined for an address that is none of its own. May reject like `net.connect` fails. */
export type Dial = (options: DialTcpOptions) => Promise<InputStream> | undefined;

/** Opens a port for datagrams, or gives undefined where that is the network's. */
export type OpenUdp = (options: OpenUdpOptions) => Promise<UdpPort> | undefined;

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
  readonly tls: ClientTls | undefined;
  readonly dial: Dial | undefined;
  readonly openUdp: OpenUdp | undefined;
  /** The same, for a connection that is about to be made. */
  tlsInUse(): ClientTls | undefined;
  /** The channel exists, until `untrack`. */
  track(channel: CallChannel): void;
  untrack(channel: CallChannel): void;
  /** A connection keeps the process alive from now on: ask it soon whether it still must. */
  onAwake(): void;
  /** An answer came that nobody waits for. */
  onLateAnswer(): void;
}

/** Where a channel leads. */
export interface ChannelPlace {
  readonly host: string;
  readonly port: number;
  readonly address: string;
  /** Over TLS. */
  readonly isSecure: boolean;
  /** Over TLS, whose certificate the other side must have; undefined: of anybody at that address. */
  readonly service: string | undefined;
  /** The connection was made. */
  onDialed(): void;
  /** The connection could not be made. */
  onDialFailed(error: unknown): void;
  /** The connection is gone. True = what was under way may be repeated freely. */
  onLost(hasAnswered: boolean): boolean;
  /** It takes no more calls. */
  drop(channel: CallChannel): void;
  /** It has nothing to do. */
  onFree(channel: CallChannel): void;
}

/** Opens a channel of one protocol. */
export interface ChannelKind {
  /** One call at a time per connection: answers carry no number. */
  readonly isSerial: boolean;
  /** SRPC, so that the client's own TLS setting counts. */
  readonly isOurs?: true;
  /** The transport it runs over; undefined: either. */
  readonly only?: "tcp" | "udp" | undefined;
  openTcp(client: ChannelHost, place: ChannelPlace): CallChannel;
  openUdp(client: ChannelHost, place: ChannelPlace): CallChannel;
}
