import { defineError } from "@msec/core";

export const JoinTokenRequired = defineError<{ home: string }>(
  "CFG_JOIN_TOKEN_REQUIRED",
  "FAILED_PRECONDITION",
  (d) =>
    `the home ${d.home} has not joined a console yet: make a token on the console's Machines page and start once with --join-token (or MSEC_JOIN_TOKEN, or MSEC_JOIN_TOKEN_FILE)`,
);

export const AlreadyJoined = defineError<{ home: string; agentId: string }>(
  "CFG_ALREADY_JOINED",
  "ALREADY_EXISTS",
  (d) =>
    `the home ${d.home} belongs to agent ${d.agentId} already: start without a join token, or add --rejoin to give it up and join anew`,
);

export const IdentityDamaged = defineError<{ path: string; problem: string }>(
  "CFG_IDENTITY_DAMAGED",
  "DATA_LOSS",
  (d) => `the agent's identity in ${d.path} can't be used: ${d.problem}; join anew with a token and --rejoin`,
);

export const JoinRefused = defineError<{ why: string; consoleReason: string }>(
  "CON_JOIN_REFUSED",
  "PERMISSION_DENIED",
  (d) =>
    `the console refused to let this machine join: ${d.why} (${d.consoleReason}); make a new token on the console's Machines page, each works once`,
);

export const ConsoleAway = defineError<{ why: string }>(
  "CON_AWAY",
  "UNAVAILABLE",
  (d) => `the console can't be reached now: ${d.why}`,
);

export const OrderSignatureInvalid = defineError(
  "EXEC_SIGNATURE_INVALID",
  "UNAUTHENTICATED",
  () => "the order's signature is not from the console's order key; it was not looked at",
);

export const OrderMalformed = defineError<{ problem: string }>(
  "EXEC_ORDER_MALFORMED",
  "INVALID_ARGUMENT",
  (d) => `the order is not valid: ${d.problem}`,
);

export const OrderForOtherAgent = defineError<{ agentId: string; orderAgentId: string }>(
  "EXEC_OTHER_AGENT",
  "PERMISSION_DENIED",
  (d) => `the order is for agent ${d.orderAgentId}, this is ${d.agentId}`,
);

export const OrderExpired = defineError<{ orderId: string; lateMs: number }>(
  "EXEC_ORDER_EXPIRED",
  "FAILED_PRECONDITION",
  (d) => `order ${d.orderId} expired ${d.lateMs} ms ago; give it again`,
);

export const OrderFromFuture = defineError<{ orderId: string; earlyMs: number }>(
  "EXEC_ORDER_FROM_FUTURE",
  "FAILED_PRECONDITION",
  (d) => `order ${d.orderId} was issued ${d.earlyMs} ms in the future; set the clocks`,
);

export const ClockSkewed = defineError<{ skewMs: number; limitMs: number }>(
  "EXEC_CLOCK_SKEWED",
  "FAILED_PRECONDITION",
  (d) =>
    `this machine's clock and the console's differ by ${d.skewMs} ms, more than ${d.limitMs} ms: no order is carried out until the clocks are set`,
);

export const OrderReplayed = defineError<{ orderId: string }>(
  "EXEC_ORDER_REPLAYED",
  "ALREADY_EXISTS",
  (d) => `order ${d.orderId} was received before; each order is carried out once`,
);

export const OrderQueueFull = defineError<{ service: string; limit: number }>(
  "EXEC_QUEUE_FULL",
  "RESOURCE_EXHAUSTED",
  (d) => `${d.limit} orders for ${d.service} wait already`,
);

export const JournalBroken = defineError<{ path: string; line: number; problem: string }>(
  "EXEC_JOURNAL_BROKEN",
  "DATA_LOSS",
  (d) =>
    `line ${d.line} of the order journal ${d.path} does not fit the one before (${d.problem}): somebody or a bad disk changed it. Orders are refused until it is moved away`,
);

export const JournalFull = defineError<{ limit: number }>(
  "EXEC_JOURNAL_FULL",
  "RESOURCE_EXHAUSTED",
  (d) => `the order journal holds ${d.limit} orders that have not expired yet; try again later`,
);

export const OrderInterrupted = defineError<{ step: string; now: string }>(
  "EXEC_INTERRUPTED",
  "ABORTED",
  (d) => `the agent stopped while the order was under way (last step: ${d.step}); now: ${d.now}`,
);

export const ReleaseMissing = defineError<{ service: string; releaseId: string }>(
  "REL_NOT_INSTALLED",
  "NOT_FOUND",
  (d) => `release ${d.releaseId} of ${d.service} is not installed on this machine`,
);

export const ReleaseConflict = defineError<{ service: string; releaseId: string }>(
  "REL_CONFLICT",
  "ALREADY_EXISTS",
  (d) => `release ${d.releaseId} of ${d.service} is installed with other content; releases never change`,
);

export const BlobMismatch = defineError<{ field: string; expected: string; got: string }>(
  "REL_BLOB_MISMATCH",
  "DATA_LOSS",
  (d) => `the ${d.field} that arrived is not the one that was ordered: expected ${d.expected}, got ${d.got}`,
);

export const ArchiveInvalid = defineError<{ problem: string }>(
  "REL_ARCHIVE_INVALID",
  "INVALID_ARGUMENT",
  (d) => `the plug-in archive is refused: ${d.problem}`,
);

export const ReleaseUnhealthy = defineError<{ service: string; releaseId: string; why: string }>(
  "REL_UNHEALTHY",
  "ABORTED",
  (d) => `release ${d.releaseId} of ${d.service} did not become healthy: ${d.why}`,
);

export const ServiceWithoutRelease = defineError<{ service: string }>(
  "REL_NO_CURRENT",
  "FAILED_PRECONDITION",
  (d) => `${d.service} has no active release on this machine; install and activate one`,
);

export const ServiceNotStopped = defineError<{ service: string; waitedMs: number }>(
  "EXEC_STOP_TIMEOUT",
  "DEADLINE_EXCEEDED",
  (d) => `${d.service} did not stop within ${d.waitedMs} ms, not even when it was killed`,
);

export const ServiceNotReloaded = defineError<{ service: string; why: string }>(
  "EXEC_NOT_RELOADED",
  "ABORTED",
  (d) => `${d.service} was not restarted, the workers of before go on: ${d.why}`,
);
