/** What an answer with an error says: about the instance, for the balancer, and about the request, for the caller. */
import { ERROR_CODES } from "@msec/core";
import type { RpcHead } from "@msec/protocol";
import {
  CertificateRefused,
  DeadlinePassed,
  MethodUnknown,
  Overloaded,
  QueuedTooLong,
  ShuttingDown,
  TlsRequired,
} from "../errors.js";
import type { CallOutcome } from "./picker.js";

/** Error answers that speak about the instance, not about the request. */
const OUTCOME_BY_REASON: Readonly<Record<string, CallOutcome>> = {
  [Overloaded.reason]: "busy",
  [QueuedTooLong.reason]: "busy",
  [ShuttingDown.reason]: "error",
  [MethodUnknown.reason]: "error",
  [DeadlinePassed.reason]: "timeout",
  // Others of its kind may be set up differently, or know a newer authority.
  [TlsRequired.reason]: "error",
  [CertificateRefused.reason]: "error",
  INTERNAL: "error",
};
/** Numbers of old peers that give no reason: unknown method, broken response, crashed script. */
const ERROR_NUMBERS: ReadonlySet<number> = new Set([-2, -6, -8, -20, -21]);

/** Of the framework, which a handler passes on when a call of its own failed. */
const NESTED_REASON = /^(RPC|NET|LB|NAME)_/;

/**
 * How an attempt ended whose answer is an error: the handler's own errors are answers like any other. But a service that says
 * UNAVAILABLE, of itself and not of one that it calls, can't serve: others may, whose database is not gone.
 */
export function outcomeOfError(head: RpcHead): CallOutcome {
  const { reason, err } = head;
  if (reason === "") return ERROR_NUMBERS.has(err) ? "error" : "success";
  if (Object.hasOwn(OUTCOME_BY_REASON, reason)) return OUTCOME_BY_REASON[reason]!;
  return err === ERROR_CODES.UNAVAILABLE.rpcNumber && !NESTED_REASON.test(reason) ? "error" : "success";
}

/** Reasons that say that the request was not started because there were too many. */
export const LOAD_REASONS: ReadonlySet<string> = new Set([Overloaded.reason, QueuedTooLong.reason]);
