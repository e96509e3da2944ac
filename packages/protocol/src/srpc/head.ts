/**
 * CRpcHead, the head of every SRPC frame. Fields 10–60 are the original ones (spec srpc.md §1.2); numbers from 100 on are ours
 * and are skipped by old peers. Append only: a number is never used twice.
 *
 *   100 timeout_ms     uint32   what is left of the caller's deadline when the request was sent; 0 = none told
 *   101 attempt        uint32   0 for the first try, then 1, 2, …
 *   102 span_id        fixed64  id of this call attempt
 *   103 parent_span_id fixed64  id of the attempt inside which the call was made; 0 at the entrance
 *   104 reason         string   response: our open error reason; `err` carries the number of its code
 *   105 priority       uint32   business priority + 1 (1 to 128, more is more important); 0 = none told
 *   106 user_hash      uint32   the same for all requests of one end user: within a priority users are refused alike; 0 = none told
 *   107 capabilities   uint32   response: what this server understands, see {@link CAPABILITY_CANCEL}
 *   108 cancel         uint32   1 = the caller has given up its request of this sequence; no body, no answer
 *
 * 64-bit values are kept as two unsigned 32-bit halves: a BigInt costs more than the whole head (findings, "Single operations").
 */
export interface RpcHead {
  sequenceHigh: number;
  sequenceLow: number;
  /** 1 = this request is coloured for logging. */
  coloring: number;
  colorIdHigh: number;
  colorIdLow: number;
  flowIdHigh: number;
  flowIdLow: number;
  /** 0 = ok, negative = framework error. */
  err: number;
  result: number;
  errMsg: string;
  caller: string;
  methodName: string;
  timeoutMs: number;
  attempt: number;
  spanIdHigh: number;
  spanIdLow: number;
  parentSpanIdHigh: number;
  parentSpanIdLow: number;
  reason: string;
  priority: number;
  userHash: number;
  capabilities: number;
  cancel: number;
}

/** The most important business priority; heads carry it plus 1. */
export const HIGHEST_PRIORITY = 127;

/** Bit of `capabilities`: cancel frames are understood; sent to other servers they would be answered as unknown methods. */
export const CAPABILITY_CANCEL = 1;

/**
 * Bit of `capabilities`: this frame is an answer. Set in all answers over UDP, where requests and answers look alike and a forged
 * sender could make two servers answer each other for ever.
 */
export const CAPABILITY_ANSWER = 2;

/** A head with every field at its default. */
export function createHead(): RpcHead {
  return {
    sequenceHigh: 0,
    sequenceLow: 0,
    coloring: 0,
    colorIdHigh: 0,
    colorIdLow: 0,
    flowIdHigh: 0,
    flowIdLow: 0,
    err: 0,
    result: 0,
    errMsg: "",
    caller: "",
    methodName: "",
    timeoutMs: 0,
    attempt: 0,
    spanIdHigh: 0,
    spanIdLow: 0,
    parentSpanIdHigh: 0,
    parentSpanIdLow: 0,
    reason: "",
    priority: 0,
    userHash: 0,
    capabilities: 0,
    cancel: 0,
  };
}
