import { defineError } from "@msec/core";

export const LoginRefused = defineError("CON_LOGIN_REFUSED", "UNAUTHENTICATED", () => "name or password is wrong");

export const LoginTooOften = defineError<{ retryAfterSec: number }>(
  "CON_LOGIN_TOO_OFTEN",
  "RESOURCE_EXHAUSTED",
  (d) => `too many attempts; try again in ${d.retryAfterSec} s`,
);

export const LoginBusy = defineError<{ retryAfterSec: number }>(
  "CON_LOGIN_BUSY",
  "UNAVAILABLE",
  (d) => `too many people sign in at once; try again in ${d.retryAfterSec} s`,
);

export const SetupDone = defineError(
  "CON_SETUP_DONE",
  "FAILED_PRECONDITION",
  () => "the first account exists already; sign in, or ask an administrator for an account",
);

export const SetupTokenWrong = defineError(
  "CON_SETUP_TOKEN_WRONG",
  "PERMISSION_DENIED",
  () => "the set-up token is not valid; use the link that the console printed when it started last",
);

export const UserExists = defineError<{ name: string }>(
  "CON_USER_EXISTS",
  "ALREADY_EXISTS",
  (d) => `there is a user ${d.name} already; names differ by more than upper and lower case`,
);

export const UserUnknown = defineError<{ name: string }>(
  "CON_USER_UNKNOWN",
  "NOT_FOUND",
  (d) => `there is no user ${d.name}`,
);

export const LastAdmin = defineError<{ name: string }>(
  "CON_LAST_ADMIN",
  "FAILED_PRECONDITION",
  (d) => `${d.name} is the last administrator; add another one first`,
);

export const PasswordWrong = defineError(
  "CON_PASSWORD_WRONG",
  "INVALID_ARGUMENT",
  () => "the current password is wrong",
);

export const NotAUser = defineError(
  "CON_NOT_A_USER",
  "FAILED_PRECONDITION",
  () => "an API token has no password and no session; sign in as a user",
);

export const ApiTokenExists = defineError<{ name: string }>(
  "CON_API_TOKEN_EXISTS",
  "ALREADY_EXISTS",
  (d) => `there is an API token ${d.name} already; revoke it or take another name`,
);

export const ApiTokenUnknown = defineError<{ tokenId: string }>(
  "CON_API_TOKEN_UNKNOWN",
  "NOT_FOUND",
  (d) => `there is no API token with id ${d.tokenId}`,
);
