/** Adds to an error where it happened, so that who reads it in a log need not guess. */
import { AppError, isAppError } from "@msec/core";

/** What a failed call adds to `error.details`, beside what the error brought itself. */
export interface CallErrorDetails {
  /** `First.Second`, or an address. */
  readonly target: string;
  /** `package.Service.Method`. */
  readonly method: string;
  /** `ip:port` of the instance that was asked last; absent when none was. */
  readonly address?: string;
  /** Attempts that were made, the first included. */
  readonly attempts: number;
  /** From the start of the call to its end, whole ms. */
  readonly elapsedMs: number;
}

/** The same code, reason and text with more details. One lost connection is the error of many calls, so each gets a copy; `cause` is the original. */
export function withCallDetails(error: unknown, call: CallErrorDetails): unknown {
  if (!isAppError(error)) return error;
  const { code, reason, message, details } = error;
  // The stack would show the event loop; that of `cause` shows more.
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return new AppError({ code, reason, message, details: { ...details, ...call } }, { cause: error });
  } finally {
    Error.stackTraceLimit = before;
  }
}
