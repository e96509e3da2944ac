/** What an error of somebody else's client library says about the instance it came from. */
import type { CallOutcome } from "@msec/rpc";

/** Codes of Node's sockets, of undici (`fetch`) and of the usual drivers of MySQL, Redis and PostgreSQL. */
const OUTCOME_BY_CODE: Readonly<Record<string, CallOutcome>> = {
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  EHOSTDOWN: "refused",
  UND_ERR_CONNECT_TIMEOUT: "refused",
  ECONNRESET: "reset",
  EPIPE: "reset",
  PROTOCOL_CONNECTION_LOST: "reset",
  NR_CLOSED: "reset",
  UND_ERR_SOCKET: "reset",
  ETIMEDOUT: "timeout",
  ESOCKETTIMEDOUT: "timeout",
  UND_ERR_HEADERS_TIMEOUT: "timeout",
  UND_ERR_BODY_TIMEOUT: "timeout",
  PROTOCOL_SEQUENCE_TIMEOUT: "timeout",
  ER_CON_COUNT_ERROR: "busy",
  ER_USER_LIMIT_REACHED: "busy",
};
/** Depth to which causes are looked into. */
const MAX_CAUSES = 5;

/** An unknown error is the instance's: one that answers with errors must not look better than one that works. */
export function outcomeOfError(error: unknown): CallOutcome {
  let next: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && typeof next === "object" && next !== null; depth++) {
    const { code, name, cause, errors } = next as Partial<Record<"code" | "name" | "cause" | "errors", unknown>>;
    if (typeof code === "string" && Object.hasOwn(OUTCOME_BY_CODE, code)) return OUTCOME_BY_CODE[code]!;
    if (name === "TimeoutError") return "timeout";
    next = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return "error";
}
