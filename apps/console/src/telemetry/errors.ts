import { defineError } from "@msec/core";

export const RangeInvalid = defineError<{ field: string; problem: string; limit: number }>(
  "CON_RANGE_INVALID",
  "INVALID_ARGUMENT",
  (d) => `${d.field} ${d.problem} ${d.limit}`,
);

export const RequestUnknown = defineError<{ requestId: string }>(
  "CON_REQUEST_UNKNOWN",
  "NOT_FOUND",
  (d) => `nothing is known of request ${d.requestId}: no record arrived yet, or it is older than the retention`,
);
