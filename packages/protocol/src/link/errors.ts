import { defineError } from "@msec/core";

export const LinkFrameTooLarge = defineError<{ sizeBytes: number; limitBytes: number }>(
  "PROTO_LINK_FRAME_TOO_LARGE",
  "RESOURCE_EXHAUSTED",
  (d) => `link frame of ${d.sizeBytes} B exceeds the limit of ${d.limitBytes} B`,
);

export const LinkFrameInvalid = defineError<{ problem: string }>(
  "PROTO_LINK_FRAME_INVALID",
  "INVALID_ARGUMENT",
  (d) => `link frame is not valid: ${d.problem}`,
);

export const LinkMethodUnknown = defineError<{ method: string }>(
  "PROTO_LINK_METHOD_UNKNOWN",
  "UNIMPLEMENTED",
  (d) => `link method ${JSON.stringify(d.method)} is not known here`,
);

export const LinkParamsInvalid = defineError<{ method: string; problems: readonly string[] }>(
  "PROTO_LINK_PARAMS_INVALID",
  "INVALID_ARGUMENT",
  (d) => `parameters of link method ${d.method} are not valid: ${d.problems.join("; ")}`,
);

export const JoinTokenInvalid = defineError<{ problem: string }>(
  "PROTO_JOIN_TOKEN_INVALID",
  "INVALID_ARGUMENT",
  (d) => `the join token is not valid: ${d.problem}; make a new one on the console's Machines page`,
);
