/** The contract between the protocols that requests come by (frames and HTTP over TCP, datagrams) and the course of a request. */
import type { FrameSlice, RpcHead, WireError } from "@msec/protocol";
import type { PeerSecurity } from "../security/server-security.js";
import type { ContextHost } from "./context-host.js";
import type { RunningRequests } from "./running-requests.js";
import type { ServerContext } from "./server-context.js";
import type { BoundMethod } from "./service-binding.js";

/** The other end of requests: a TCP connection or the sender of a datagram. */
export interface ServerPeer extends ContextHost {
  nowMs: number;
  /** Requests under way. */
  inFlight: number;
  /** Those whose handlers have not settled yet. */
  readonly running: RunningRequests;
  /** What TLS told about it; undefined without TLS. */
  readonly security: PeerSecurity | undefined;
  /** Writes an answer. @throws what encoding throws; then nothing was written */
  answer(ctx: RequestContext, method: BoundMethod, response: unknown): void;
  answerError(ctx: RequestContext, error: WireError): void;
  /** The request ended and nobody waits for its answer. */
  answerDropped(): void;
  /** Closes the connection, if there is one, when the answer that is about to be written has left. */
  endAfterAnswer(): void;
}

/** A frame whose head was read. Used up before `dispatch` returns, so one object can serve a connection. */
export interface ReceivedFrame {
  readonly peer: ServerPeer;
  readonly head: RpcHead;
  bytes: Uint8Array;
  readonly slice: FrameSlice;
  /** Where the part of the head ends that an answer may repeat byte by byte; 0 = nowhere. */
  echoEnd?: number;
  /** The request, until `dispatch` returns. */
  current?: RequestContext | undefined;
}

export type RequestContext = ServerContext<ServerPeer>;
