/**
 * Numbers of the head's `err` and their meaning. The original numbers (0 to -21) keep their texts, spelling included, since these are
 * parts of metric names that dashboards know. Our own codes use the numbers of the core table: those the original has where the meaning
 * is the same, and -101 to -111.
 */

import { AppError, ERROR_CODES, type ErrorCode, toAppError } from "@msec/core";
import { RemoteError } from "../errors.js";
import type { RpcHead } from "./head.js";

interface ErrorNumber {
  readonly text: string;
  /** How we report this number when an old peer sends it. */
  readonly code: ErrorCode;
}

/** The original's table. */
export const SRPC_ERROR_NUMBERS: Readonly<Record<number, ErrorNumber>> = {
  [-1]: { text: "invalid parameter", code: "INVALID_ARGUMENT" },
  [-2]: { text: "system error", code: "INTERNAL" },
  [-3]: { text: "invalid package", code: "INVALID_ARGUMENT" },
  [-4]: { text: "invalid package header", code: "INVALID_ARGUMENT" },
  [-5]: { text: "invalid package body", code: "INVALID_ARGUMENT" },
  [-6]: { text: "invalid method name", code: "UNIMPLEMENTED" },
  [-7]: { text: "package header uninitialized", code: "INVALID_ARGUMENT" },
  [-8]: { text: "package body uninitialized", code: "INVALID_ARGUMENT" },
  [-9]: { text: "no memory", code: "RESOURCE_EXHAUSTED" },
  [-10]: { text: "timeout", code: "DEADLINE_EXCEEDED" },
  [-11]: { text: "network error", code: "UNAVAILABLE" },
  [-12]: { text: "recevice timeout", code: "DEADLINE_EXCEEDED" },
  [-13]: { text: "network sendrecv failed", code: "UNAVAILABLE" },
  [-14]: { text: "invalid endpoint", code: "INVALID_ARGUMENT" },
  [-15]: { text: "get route failed", code: "UNAVAILABLE" },
  [-16]: { text: "invalid sequence", code: "DATA_LOSS" },
  [-17]: { text: "no package body", code: "INVALID_ARGUMENT" },
  [-18]: { text: "service implement failed", code: "UNKNOWN" },
  [-19]: { text: "backend process failed, use GetErrText get more information", code: "UNKNOWN" },
  [-20]: { text: "php error", code: "UNKNOWN" },
  [-21]: { text: "python error", code: "UNKNOWN" },
};

const OTHER_TEXT = "unkown error";
/** Longer texts are cut: an error must not make a frame too large. */
const MAX_TEXT_LENGTH = 2048;

/** Reasons for which old peers know a number of their own, finer than that of the code. */
const NUMBER_BY_REASON: Readonly<Record<string, number>> = {
  PROTO_FRAME_BAD_START: -3,
  PROTO_FRAME_BAD_END: -3,
  PROTO_FRAME_BAD_LENGTH: -3,
  PROTO_MESSAGE_MALFORMED: -5,
  PROTO_REQUIRED_FIELD_MISSING: -8,
};

const CODE_BY_NUMBER: ReadonlyMap<number, ErrorCode> = new Map(
  (Object.keys(ERROR_CODES) as ErrorCode[]).map((code) => [ERROR_CODES[code].rpcNumber, code]),
);

/** Text of a number: the original's for its numbers, the code's name for ours, "success" for 0. */
export function srpcErrorText(err: number): string {
  if (err === 0) return "success";
  const own = SRPC_ERROR_NUMBERS[err] ?? undefined;
  if (own) return own.text;
  return CODE_BY_NUMBER.get(err)?.toLowerCase().replaceAll("_", " ") ?? OTHER_TEXT;
}

/** Code of a number; numbers nobody knows (a service's own) are `UNKNOWN`. */
export function codeOfErrorNumber(err: number): ErrorCode {
  return SRPC_ERROR_NUMBERS[err]?.code ?? CODE_BY_NUMBER.get(err) ?? "UNKNOWN";
}

/** What a response head says about a failure. */
export interface WireError {
  readonly err: number;
  readonly reason: string;
  readonly errMsg: string;
  /** The service's own number for what went wrong, for old clients that read `result`; 0 = none. */
  readonly result: number;
}

/**
 * Anything thrown → what goes into the head. What is not an AppError becomes INTERNAL with a fixed text. `details.result` of an AppError,
 * a 32-bit integer, becomes the head's `result`.
 */
export function wireErrorOf(error: unknown): WireError {
  const { code, reason, message, details } = toAppError(error);
  const err = Object.hasOwn(NUMBER_BY_REASON, reason) ? NUMBER_BY_REASON[reason]! : ERROR_CODES[code].rpcNumber;
  const errMsg = message.length > MAX_TEXT_LENGTH ? message.slice(0, MAX_TEXT_LENGTH) : message;
  return { err, reason, errMsg, result: resultOf(details) };
}

function resultOf(details: object): number {
  const { result } = details as { readonly result?: unknown };
  return typeof result === "number" && (result | 0) === result ? result : 0;
}

/**
 * A response head with `err` ≠ 0 → the error to be thrown at the caller. The peer's reason is kept; a peer that gives none (an old
 * one) yields RPC_REMOTE_ERROR. `details.err` is the number as received, `details.result` the service's own one if it gave any.
 */
export function remoteErrorOf(head: RpcHead): AppError {
  const details = head.result === 0 ? { err: head.err } : { err: head.err, result: head.result };
  return new AppError({
    code: codeOfErrorNumber(head.err),
    reason: head.reason || RemoteError.reason,
    message: head.errMsg || `${new RemoteError(details).message}: ${srpcErrorText(head.err)}`,
    details,
  });
}
