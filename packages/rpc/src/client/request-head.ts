import { colorId, type MethodType, type RpcHead, resetHead } from "@msec/protocol";
import { wirePriorityOf } from "../call-priority.js";
import type { CallAttempt } from "./call-attempt.js";

const MAX_WIRE_TIMEOUT_MS = 0xffff_ffff;
const colorIds = new WeakMap<MethodType, number>();

let lastMethod: MethodType | undefined;
let lastColorId = 0;

function colorIdOf(method: MethodType): number {
  if (method === lastMethod) return lastColorId;
  lastMethod = method;
  lastColorId = lookUpColorId(method);
  return lastColorId;
}

function lookUpColorId(method: MethodType): number {
  let id = colorIds.get(method);
  if (id === undefined) {
    id = colorId(method.fullName);
    colorIds.set(method, id);
  }
  return id;
}

const ROUNDING_MS = 1e-6;

/**
 * Whole milliseconds, rounded up. A deadline is a sum of two times, and rounding in its last bit must not become a millisecond that the
 * caller never gave.
 */
export function wireTimeoutOf(leftMs: number): number {
  return Math.ceil(leftMs - ROUNDING_MS);
}

/** Head of a request. Its `timeoutMs` is what is left of the whole call, so that the callee knows when nobody waits any more. */
export function fillRequestHead(
  head: RpcHead,
  attempt: CallAttempt,
  from: { readonly service: string; readonly nowMs: number },
): RpcHead {
  const { call } = attempt;
  const { parent } = call;
  resetHead(head);
  head.sequenceLow = attempt.sequence;
  head.colorIdLow = colorIdOf(call.methodType);
  head.caller = from.service;
  head.methodName = call.methodType.fullName;
  head.attempt = attempt.attempt;
  head.spanIdHigh = attempt.spanIdHigh;
  head.spanIdLow = attempt.spanIdLow;
  head.flowIdHigh = call.flowIdHigh;
  head.flowIdLow = call.flowIdLow;
  const leftMs = wireTimeoutOf(call.deadlineMs - from.nowMs);
  head.timeoutMs = leftMs > MAX_WIRE_TIMEOUT_MS ? 0 : Math.max(1, leftMs);
  head.priority = wirePriorityOf(call.priority);
  // Callees take the flow id for a user that is not told.
  if (call.userHash !== call.flowIdLow) head.userHash = call.userHash;
  if (parent !== undefined) {
    head.coloring = parent.coloring ? 1 : 0;
    head.parentSpanIdHigh = parent.spanIdHigh;
    head.parentSpanIdLow = parent.spanIdLow;
  }
  return head;
}
