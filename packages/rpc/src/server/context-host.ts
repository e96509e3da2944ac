/** What a request needs of the connection it came by, and of the server. */
import type { Clock } from "@msec/core";
import type { TimerWheel } from "@msec/net";
import type { RpcClient } from "../client/client.js";

export interface ContextHost {
  readonly core: {
    readonly service: string;
    readonly clock: Clock;
    readonly wheel: TimerWheel;
    /** @throws RPC_CLIENT_CLOSED the server has no client */
    clientOrThrow(): Pick<RpcClient, "callWithin" | "callMethodWithin">;
  };
  /** `ip:port` of the caller. */
  readonly address: string;
  /** `ip:port` the request came to. */
  readonly localAddress: string;
  /** Monotonic time at which the bytes being worked on arrived; deadlines count from here. */
  readonly arrivedMs: number;
  /** Monotonic; kept fresh by whoever reads the clock, so that it is read once per request. */
  readonly nowMs: number;
  readonly isLost: boolean;
}
