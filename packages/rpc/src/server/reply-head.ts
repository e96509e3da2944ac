import { type RpcHead, resetHead, type WireError } from "@msec/protocol";

/** The facts of a request that its answer repeats (spec srpc.md §1.6). */
export interface AnsweredRequest {
  readonly sequenceHigh: number;
  readonly sequenceLow: number;
  readonly coloring: boolean;
  readonly colorIdHigh: number;
  readonly colorIdLow: number;
  readonly flowIdHigh: number;
  readonly flowIdLow: number;
  readonly caller: string;
  readonly method: string;
}

/** Head of an answer: the request's, and what went wrong. */
export function fillReplyHead(head: RpcHead, request: AnsweredRequest, error?: WireError): RpcHead {
  resetHead(head);
  head.sequenceHigh = request.sequenceHigh;
  head.sequenceLow = request.sequenceLow;
  head.coloring = request.coloring ? 1 : 0;
  head.colorIdHigh = request.colorIdHigh;
  head.colorIdLow = request.colorIdLow;
  head.flowIdHigh = request.flowIdHigh;
  head.flowIdLow = request.flowIdLow;
  head.caller = request.caller;
  head.methodName = request.method;
  if (error !== undefined) {
    head.err = error.err;
    head.reason = error.reason;
    head.errMsg = error.errMsg;
    head.result = error.result;
  }
  return head;
}
