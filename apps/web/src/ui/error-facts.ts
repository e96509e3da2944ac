import { isAppError } from "@msec/core";

/** What of an error is worth showing. */
export interface ErrorFacts {
  readonly message: string;
  readonly reason: string;
  /** To find the line in the console's log; empty when the console never answered. */
  readonly requestId: string;
}

export function errorFacts(error: unknown): ErrorFacts {
  if (!isAppError(error))
    return { message: error instanceof Error ? error.message : String(error), reason: "", requestId: "" };
  const requestId = (error.details as { requestId?: unknown } | undefined)?.requestId;
  return { message: error.message, reason: error.reason, requestId: typeof requestId === "string" ? requestId : "" };
}
