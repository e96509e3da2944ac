import { type AppError, isAppError } from "@msec/core";
import {
  NetAddressInUse,
  NetAddressUnavailable,
  NetFailed,
  NetNameUnknown,
  NetPermissionDenied,
  NetRefused,
  NetReset,
  NetTimeout,
  NetTooManyFiles,
  NetUnreachable,
} from "./errors.js";

type Make = (address: string, cause: unknown) => AppError;

const refused: Make = (address, cause) => new NetRefused({ address }, { cause });
const reset: Make = (address, cause) => new NetReset({ address }, { cause });
const unreachable: Make = (address, cause) => new NetUnreachable({ address }, { cause });
const nameUnknown: Make = (address, cause) => new NetNameUnknown({ address }, { cause });
const tooManyFiles: Make = (address, cause) => new NetTooManyFiles({ address }, { cause });

const table: Readonly<Record<string, Make>> = {
  ECONNREFUSED: refused,
  // A unix socket whose file is missing: nothing listens there either.
  ENOENT: refused,
  ECONNRESET: reset,
  EPIPE: reset,
  ECONNABORTED: reset,
  ERR_STREAM_PREMATURE_CLOSE: reset,
  ERR_STREAM_DESTROYED: reset,
  ERR_STREAM_WRITE_AFTER_END: reset,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EHOSTDOWN: unreachable,
  ENETDOWN: unreachable,
  ENOTFOUND: nameUnknown,
  EAI_AGAIN: nameUnknown,
  EADDRINUSE: (address, cause) => new NetAddressInUse({ address }, { cause }),
  EADDRNOTAVAIL: (address, cause) => new NetAddressUnavailable({ address }, { cause }),
  EACCES: (address, cause) => new NetPermissionDenied({ address }, { cause }),
  EPERM: (address, cause) => new NetPermissionDenied({ address }, { cause }),
  ETIMEDOUT: (address, cause) => new NetTimeout({ address, waitedMs: 0 }, { cause }),
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
};

/** Symbolic name of a system error, or of the first one inside an `AggregateError` (several addresses were tried). */
function errnoOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (typeof code === "string") return code;
  const inner = (error as { errors?: readonly unknown[] } | undefined)?.errors;
  return Array.isArray(inner) && inner.length > 0 ? errnoOf(inner[0]) : "UNKNOWN";
}

/** Converts what the system threw into one of our reasons; errors that already are ours pass. The only place that knows errno names. */
export function netError(error: unknown, address: string): AppError {
  if (isAppError(error)) return error;
  const errno = errnoOf(error);
  return table[errno]?.(address, error) ?? new NetFailed({ address, errno }, { cause: error });
}
