import { defineError } from "@msec/core";

/** One thing that is wrong with a request. */
export interface InputProblem {
  /** `body.memo`, `query.limit`, `params.tag`. */
  readonly field: string;
  readonly problem: string;
  /** The limit that is broken, if there is one. */
  readonly limit?: unknown;
}

export const InputInvalid = defineError<{ problems: readonly InputProblem[] }>(
  "CON_INPUT_INVALID",
  "INVALID_ARGUMENT",
  (d) => d.problems.map((p) => `${p.field} ${p.problem}`).join("; "),
);

export const BodyMalformed = defineError<{ problem: string }>(
  "CON_BODY_MALFORMED",
  "INVALID_ARGUMENT",
  (d) => `the request body can't be read: ${d.problem}`,
);

export const BodyTooLarge = defineError<{ limitBytes: number }>(
  "CON_BODY_TOO_LARGE",
  "RESOURCE_EXHAUSTED",
  (d) => `the request body is larger than ${d.limitBytes} bytes`,
);

export const RouteUnknown = defineError<{ method: string; path: string }>(
  "CON_ROUTE_UNKNOWN",
  "NOT_FOUND",
  (d) => `there is no ${d.method} ${d.path}; GET /api/openapi.json lists what there is`,
);

export const RoutesIncomplete = defineError<{ missing: readonly string[]; unprotected: readonly string[] }>(
  "CON_ROUTES_INCOMPLETE",
  "INTERNAL",
  (d) =>
    `the console does not start: routes without a handler: ${d.missing.join(", ") || "none"}; ` +
    `without a permission: ${d.unprotected.join(", ") || "none"}`,
);

export const RouteServedTwice = defineError<{ name: string }>(
  "CON_ROUTE_SERVED_TWICE",
  "INTERNAL",
  (d) => `route ${d.name} has two handlers`,
);

export const HostNotAllowed = defineError<{ host: string }>(
  "CON_HOST_NOT_ALLOWED",
  "PERMISSION_DENIED",
  (d) => `the console does not answer as ${JSON.stringify(d.host)}; add that name to trustedHosts or set publicUrl`,
);

export const OriginNotAllowed = defineError<{ origin: string }>(
  "CON_ORIGIN_NOT_ALLOWED",
  "PERMISSION_DENIED",
  (d) => `a page of ${d.origin} may not change anything here`,
);

export const ClientHeaderMissing = defineError(
  "CON_CLIENT_HEADER_MISSING",
  "PERMISSION_DENIED",
  () => "a change that is authorised by the cookie needs the header x-msec-client: 1",
);

export const LoginNeeded = defineError<{ problem: string }>("CON_LOGIN_NEEDED", "UNAUTHENTICATED", (d) => d.problem);

export const PermissionDenied = defineError<{ permission: string; role: string }>(
  "CON_PERMISSION_DENIED",
  "PERMISSION_DENIED",
  (d) => `role ${d.role} may not do this; it needs the permission ${d.permission}`,
);
