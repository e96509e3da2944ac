export interface CallOptions {
  /** Longest wait for the answer, all attempts together. Default 800. Inside a request never longer than what is left of it. */
  readonly timeoutMs?: number;
  /** May be repeated without harm. Default: what the IDL says about the method. */
  readonly idempotent?: boolean;
  /** Attempts that may reach an instance, the first included. Default 3. */
  readonly maxAttempts?: number;
  /** Gives up: the call rejects with CANCELLED (RPC_CANCELLED). */
  readonly signal?: AbortSignal;
  /** 0 to 127, more is more important: what overloaded services refuse last. Default: that of the request, 64 outside of any. */
  readonly priority?: number;
  /** A second attempt when the first one takes long; idempotent methods of named targets only. Default: none. */
  readonly hedge?: HedgeOptions;
  /** A connection for this call alone, closed after the answer. Default false: connections are kept and shared. */
  readonly shortConnection?: boolean;
  /** A health check: dials an address even if it refused a moment ago. Default false. */
  readonly probe?: boolean;
  /**
   * Name of the end user, or of what else should stay together. Within a priority, overloaded services refuse by it, and the policy
   * `consistent hash` keeps its calls on one instance. Default: that of the request.
   */
  readonly user?: string;
}

/** When a call asks a second instance without waiting for the first to fail. Each such attempt costs a token of the retry budget. */
export interface HedgeOptions {
  /** Milliseconds from the start of the call, or `"p95"`: the time within which 95 of 100 calls of this method were answered lately. */
  readonly afterMs: number | "p95";
}

/** What holds for all calls of a client, or to one target. */
export type TargetOptions = Pick<CallOptions, "timeoutMs" | "maxAttempts" | "hedge" | "shortConnection">;
