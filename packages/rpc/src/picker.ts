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
  /** The peer answered that it cannot serve: overload, unknown method, internal error. */
  | "error"
  /** The caller gave up; says nothing about the instance. */
  | "cancelled";

/** One chosen instance. `report` must be called exactly once. */
export interface Pick {
  readonly host: string;
  readonly port: number;
  readonly transport: "tcp" | "udp";
  report(outcome: CallOutcome, latencyMs: number): void;
}

/**
 * Chooses an instance of a service for each attempt. Declared here, provided by the SDK from the balancer and shared memory.
 */
export interface Picker {
  /**
   * @param service `First.Second`
   * @param tried instances (`ip:port`) that earlier attempts of this call used; avoided while others are left
   * @throws NAME_SERVICE_UNKNOWN no table for this name; LB_NO_INSTANCE the table is empty
   */
  pick(service: string, tried: readonly string[]): Pick;
}
