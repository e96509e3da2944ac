import type { WireError } from "@msec/protocol";
import type { ServerContext } from "./server-context.js";
import type { ServerCore } from "./server-core.js";
import type { BoundMethod } from "./service-binding.js";

/** The other end of a request: a TCP connection or the sender of a datagram. */
export interface ServerPeer {
  readonly core: ServerCore;
  /** `ip:port` of the caller. */
  readonly address: string;
  /** `ip:port` the request came to. */
  readonly localAddress: string;
  /** Monotonic time at which the bytes being worked on arrived; deadlines count from here. */
  readonly arrivedMs: number;
  /** Monotonic; kept fresh by whoever reads the clock, so that it is read once per request. */
  nowMs: number;
  /** Requests under way. */
  inFlight: number;
  /** Requests whose signal was asked for. */
  readonly watching: Set<ServerContext>;
  readonly isLost: boolean;
  /** Writes an answer. @throws what encoding throws; then nothing was written */
  answer(ctx: ServerContext, method: BoundMethod, response: unknown): void;
  answerError(ctx: ServerContext, error: WireError): void;
}
