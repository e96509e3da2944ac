/**
 * The one error class. `code` is closed and owns policy; `reason` is open, unique in the repository and names the cause.
 * Callers branch on `code` or `reason`, never on the text.
 */

/** Policy of each code: number on the SRPC wire, HTTP status, exit code of commands, and whether a repeat may help. */
export const ERROR_CODES = {
  CANCELLED: { rpcNumber: -101, httpStatus: 499, exitCode: 130, retryable: false },
  UNKNOWN: { rpcNumber: -102, httpStatus: 500, exitCode: 1, retryable: false },
  INVALID_ARGUMENT: { rpcNumber: -1, httpStatus: 400, exitCode: 2, retryable: false },
  DEADLINE_EXCEEDED: { rpcNumber: -10, httpStatus: 504, exitCode: 4, retryable: false },
  NOT_FOUND: { rpcNumber: -103, httpStatus: 404, exitCode: 5, retryable: false },
  ALREADY_EXISTS: { rpcNumber: -104, httpStatus: 409, exitCode: 6, retryable: false },
  PERMISSION_DENIED: { rpcNumber: -105, httpStatus: 403, exitCode: 7, retryable: false },
  RESOURCE_EXHAUSTED: { rpcNumber: -106, httpStatus: 429, exitCode: 8, retryable: true },
  FAILED_PRECONDITION: { rpcNumber: -107, httpStatus: 412, exitCode: 9, retryable: false },
  ABORTED: { rpcNumber: -108, httpStatus: 409, exitCode: 10, retryable: true },
  OUT_OF_RANGE: { rpcNumber: -109, httpStatus: 400, exitCode: 11, retryable: false },
  UNIMPLEMENTED: { rpcNumber: -6, httpStatus: 501, exitCode: 12, retryable: false },
  INTERNAL: { rpcNumber: -2, httpStatus: 500, exitCode: 1, retryable: false },
  UNAVAILABLE: { rpcNumber: -11, httpStatus: 503, exitCode: 3, retryable: true },
  DATA_LOSS: { rpcNumber: -110, httpStatus: 500, exitCode: 13, retryable: false },
  UNAUTHENTICATED: { rpcNumber: -111, httpStatus: 401, exitCode: 14, retryable: false },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Facts that travel with an error. Safe for the peer: no secrets, no stacks. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** What crosses a process boundary. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly message: string;
  readonly details: ErrorDetails;
}

export class AppError extends Error {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly details: ErrorDetails;

  constructor(body: ErrorBody, options?: { cause?: unknown }) {
    super(body.message, options);
    this.name = "AppError";
    this.code = body.code;
    this.reason = body.reason;
    this.details = body.details;
  }

  toBody(): ErrorBody {
    return { code: this.code, reason: this.reason, message: this.message, details: this.details };
  }
}

/** A constructor of one reason, made by {@link defineError}. */
export interface ErrorDefinition<D extends object> {
  new (details: D, options?: { cause?: unknown }): AppError & { readonly details: D };
  readonly code: ErrorCode;
  readonly reason: string;
}

/**
 * Declares one reason. Only `errors.ts` files call it, and each reason has a heading in `docs/reference/errors.md`.
 *
 * @param reason unique, upper case, prefixed by area: `CFG PROTO NET SHM RPC LB NAME IDL MON LOG EXEC REL CON CLI`
 * @param text what a person reads: names the field and the limit, and says what to do
 */
export function defineError<D extends object = Record<string, never>>(
  reason: string,
  code: ErrorCode,
  text: (details: D) => string,
): ErrorDefinition<D> {
  class Defined extends AppError {
    static readonly code: ErrorCode = code;
    static readonly reason: string = reason;
    constructor(details: D, options?: { cause?: unknown }) {
      super({ code, reason, message: text(details), details: details as ErrorDetails }, options);
    }
  }
  return Defined as unknown as ErrorDefinition<D>;
}

export function isAppError(error: unknown): error is AppError {
  return error instanceof AppError;
}

/** Rebuilds an error that a peer sent. An unknown code becomes `UNKNOWN`. */
export function errorFromBody(body: {
  code?: unknown;
  reason?: unknown;
  message?: unknown;
  details?: unknown;
}): AppError {
  const code = typeof body.code === "string" && Object.hasOwn(ERROR_CODES, body.code) ? body.code : "UNKNOWN";
  return new AppError({
    code: code as ErrorCode,
    reason: typeof body.reason === "string" ? body.reason : "UNKNOWN",
    message: typeof body.message === "string" ? body.message : "the peer gave no message",
    details: typeof body.details === "object" && body.details !== null ? (body.details as ErrorDetails) : {},
  });
}

/** Turns anything that was thrown into an `AppError`; what is not ours becomes `INTERNAL` with a fixed text. */
export function toAppError(error: unknown): AppError {
  if (isAppError(error)) return error;
  return new AppError(
    { code: "INTERNAL", reason: "INTERNAL", message: "internal error; see the log of this process", details: {} },
    { cause: error },
  );
}
