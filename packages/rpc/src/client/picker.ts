/** How one attempt ended, as the balancer needs to know it. */
export type CallOutcome =
  /** An answer arrived, error answers of the handler's own logic included. */
  | "success"
  /** Connection refused or unreachable: nothing was sent. */
  | "refused"
  /** The connection was lost after the request was sent. */
  | "reset"
  /** No answer within the deadline. */
  | "timeout"
  /** The peer answered that it cannot serve: unknown method, internal error. */
  | "error"
  /** The peer refused the request early, since it has too much to do. It is alive, and others may have more room. */
  | "busy"
  /** The caller gave up; says nothing about the instance. */
  | "cancelled";

/** Bounds repeats of calls to one service. */
export interface RetryTokens {
  /** A call begins: what it pays in. */
  onCall(nowMs: number): void;
  /** Takes a token; false = this repeat is not allowed. */
  take(): boolean;
  /** A token that was taken is not needed after all. */
  giveBack(): void;
}

/** One chosen instance. `report` must be called exactly once per pick; picks of the same instance may share one object. */
export interface Pick {
  readonly host: string;
  readonly port: number;
  readonly transport: "tcp" | "udp";
  /** Which instances were compared and why this one was taken, in words; told for coloured calls. */
  readonly choice?: string;
  /** @param nowMs `performance.now()`, if the caller has read it just now */
  report(outcome: CallOutcome, latencyMs: number, nowMs?: number): void;
}

/** What a choice may take into account. */
export interface PickedCall {
  /** `First.Second`. */
  readonly callee: string;
  /** Hash of the end user: policies that keep a key on one instance go by it. */
  readonly userHash: number;
  /** The request is coloured: the pick says why. */
  readonly isColored: boolean;
}

/**
 * Chooses an instance of a service for each attempt. Declared here, provided by the SDK from the balancer and shared memory.
 */
export interface Picker {
  /**
   * @param service `First.Second`
   * @param tried instances (`ip:port`) that earlier attempts of this call used; avoided while others are left
   * @param nowMs `performance.now()`, if the caller has read it just now
   * @throws NAME_SERVICE_UNKNOWN no table for this name; LB_NO_INSTANCE the table is empty
   */
  pick(service: string, tried: readonly string[], nowMs?: number): Pick;
  /** The same with what is known of the call. Default: `pick`. */
  pickFor?(call: PickedCall, tried: readonly string[], nowMs?: number): Pick;
  /** The budget for repeats of calls to this service, shared by all processes of the machine. Without it each client keeps its own. */
  budget?(service: string): RetryTokens;
}
