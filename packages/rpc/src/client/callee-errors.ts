/** Errors of calls that a handler made, as its own caller may see them. */
import { type AppError, isAppError } from "@msec/core";
import {
  CalleeFailed,
  CertificateRefused,
  DeadlinePassed,
  MethodUnknown,
  Overloaded,
  QueuedTooLong,
  RequestInvalid,
  ResponseInvalid,
  ShuttingDown,
  TlsRequired,
} from "../errors.js";

/** Reasons by which a caller judges this very instance; an error of a nested call must not look like them. */
const INSTANCE_REASONS: ReadonlySet<string> = new Set([
  Overloaded.reason,
  QueuedTooLong.reason,
  ShuttingDown.reason,
  MethodUnknown.reason,
  DeadlinePassed.reason,
  RequestInvalid.reason,
  ResponseInvalid.reason,
  TlsRequired.reason,
  CertificateRefused.reason,
]);

/** An error with which a handler failed, so that the caller does not take it for one of this instance. */
export function withoutBlame(error: unknown): unknown {
  if (!isAppError(error) || !(INSTANCE_REASONS.has(error.reason) || isCalleeUnavailable(error))) return error;
  return new CalleeFailed({ reason: error.reason }, { cause: error });
}

/** A service that was called said, in words of its own, that it can't serve. */
function isCalleeUnavailable({ code, details }: AppError): boolean {
  return code === "UNAVAILABLE" && "err" in details && "attempts" in details;
}
