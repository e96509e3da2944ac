import type { Clock } from "@msec/core";
import { colorId, type MethodType, type RpcHead, resetHead } from "@msec/protocol";
import type { CallAttempt } from "./call-attempt.js";

const MAX_WIRE_TIMEOUT_MS = 0xffff_ffff;
const colorIds = new WeakMap<MethodType, number>();

function colorIdOf(method: MethodType): number {
  let id = colorIds.get(method);
  if (id === undefined) {
    id = colorId(method.fullName);
    colorIds.set(method, id);
  }
  return id;
}

/** Head of a request. Its `timeoutMs` is what is left of the whole call, so that the callee knows when nobody waits any more. */
export function fillRequestHead(
  head: RpcHead,
  attempt: CallAttempt,
  client: { readonly service: string; readonly clock: Clock },
): RpcHead {
  const { call } = attempt;
  const { parent } = call;
  resetHead(head);
  head.sequenceLow = attempt.sequence;
  head.colorIdLow = colorIdOf(call.method);
  head.caller = client.service;
  head.methodName = call.method.fullName;
  head.attempt = attempt.attempt;
  head.spanIdHigh = attempt.spanIdHigh;
  head.spanIdLow = attempt.spanIdLow;
  head.flowIdHigh = call.flowIdHigh;
  head.flowIdLow = call.flowIdLow;
  const leftMs = Math.ceil(call.deadlineMs - client.clock.monotonicMs());
  head.timeoutMs = leftMs > MAX_WIRE_TIMEOUT_MS ? 0 : Math.max(1, leftMs);
  if (parent !== undefined) {
    head.coloring = parent.coloring ? 1 : 0;
    head.parentSpanIdHigh = parent.spanIdHigh;
    head.parentSpanIdLow = parent.spanIdLow;
  }
  return head;
}
