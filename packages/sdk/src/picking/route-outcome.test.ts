import { expect, it } from "vitest";
import { outcomeOfError } from "./route-outcome.js";

const withCode = (code: string, more = {}) => Object.assign(new Error(code), { code, ...more });

it.each([
  ["a refused connection", withCode("ECONNREFUSED"), "refused"],
  ["fetch, which hides it", new TypeError("fetch failed", { cause: withCode("ECONNREFUSED") }), "refused"],
  ["both families refused", new AggregateError([withCode("ECONNREFUSED"), withCode("ENETUNREACH")]), "refused"],
  ["a connection that MySQL closed", withCode("PROTOCOL_CONNECTION_LOST", { fatal: true }), "reset"],
  ["a reset", withCode("ECONNRESET"), "reset"],
  ["a timeout of the socket", withCode("ETIMEDOUT"), "timeout"],
  ["a timeout of a signal", new DOMException("too late", "TimeoutError"), "timeout"],
  ["too many connections", withCode("ER_CON_COUNT_ERROR"), "busy"],
  ["an error of the server", withCode("ER_PARSE_ERROR"), "error"],
  ["a name of Object's own", withCode("constructor"), "error"],
  ["a text", "no", "error"],
  ["nothing", undefined, "error"],
])("%s", (_, error, outcome) => {
  expect(outcomeOfError(error)).toBe(outcome);
});

it("does not run in circles", () => {
  const error = new Error("me");
  error.cause = error;
  expect(outcomeOfError(error)).toBe("error");
});
