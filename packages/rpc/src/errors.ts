import { defineError } from "@msec/core";

export const MethodUnknown = defineError<{ method: string }>(
  "RPC_METHOD_UNKNOWN",
  "UNIMPLEMENTED",
  (d) => `this service has no method ${JSON.stringify(d.method)}; compare the IDL of caller and service`,
);

export const ShuttingDown = defineError<{ service: string }>(
  "RPC_SHUTTING_DOWN",
  "UNAVAILABLE",
  (d) => `this instance of ${d.service} is stopping; the request was not started, send it to another one`,
);

export const Overloaded = defineError<{ problem: string }>(
  "RPC_OVERLOADED",
  "RESOURCE_EXHAUSTED",
  (d) =>
    `this instance is overloaded: ${d.problem}; the request was not started, send it to another one, or again in a second`,
);

/** It lay in the queue of a busy worker until it was too old to be worth the work. */
export const QueuedTooLong = defineError<{ limitMs: number }>(
  "RPC_QUEUED_TOO_LONG",
  "RESOURCE_EXHAUSTED",
  (d) => `the request waited more than msg_timeout (${d.limitMs} ms) for its turn; it was not started`,
);

/** The caller had given up before the work began. */
export const DeadlinePassed = defineError<{ method: string }>(
  "RPC_DEADLINE_PASSED",
  "DEADLINE_EXCEEDED",
  (d) => `the deadline of ${d.method} passed before the work began; it was not started`,
);

/** No answer in time; the work may have happened. */
export const CallTimeout = defineError<{ target: string; method: string; waitedMs: number }>(
  "RPC_TIMEOUT",
  "DEADLINE_EXCEEDED",
  (d) => `${d.target} did not answer ${d.method} within ${d.waitedMs} ms`,
);

export const CallCancelled = defineError<{ target: string; method: string }>(
  "RPC_CANCELLED",
  "CANCELLED",
  (d) => `the call of ${d.method} at ${d.target} was cancelled by its caller`,
);

/** Reason with which `ctx.signal` is aborted. */
export const PeerLost = defineError<{ peer: string }>(
  "RPC_PEER_LOST",
  "CANCELLED",
  (d) => `the connection with ${d.peer} was lost, nobody waits for the answer`,
);

export const HeadInvalid = defineError<{ problem: string }>(
  "RPC_HEAD_INVALID",
  "INVALID_ARGUMENT",
  (d) => `the head of the request can't be read: ${d.problem}`,
);

/** `[SRPC] tls=required`, and this connection is plain. */
export const TlsRequired = defineError(
  "RPC_TLS_REQUIRED",
  "UNAUTHENTICATED",
  () => "this service takes requests over TLS only: set [CLIENT] tls=required, or call ip:port@tls",
);

export const CertificateRefused = defineError<{ problem: string }>(
  "RPC_CERTIFICATE_REFUSED",
  "UNAUTHENTICATED",
  (d) => `the caller's certificate is not accepted: ${d.problem}`,
);

export const CallerRefused = defineError<{ caller: string }>(
  "RPC_CALLER_REFUSED",
  "PERMISSION_DENIED",
  (d) => `${d.caller === "" ? "a caller without a name" : d.caller} may not call this service ([SRPC] allow_callers)`,
);

export const CallerListInvalid = defineError<{ entry: string }>(
  "RPC_CALLER_LIST_INVALID",
  "INVALID_ARGUMENT",
  (d) => `${JSON.stringify(d.entry)} names no caller; write First.Second, First.*, agent:<id> or *`,
);

export const RequestInvalid = defineError<{ method: string; problem: string }>(
  "RPC_REQUEST_INVALID",
  "INVALID_ARGUMENT",
  (d) => `the request of ${d.method} can't be read: ${d.problem}`,
);

/** The caller's side: the answer is not the message that the IDL promises. */
export const ResponseInvalid = defineError<{ target: string; method: string; problem: string }>(
  "RPC_RESPONSE_INVALID",
  "DATA_LOSS",
  (d) => `the answer of ${d.target} to ${d.method} can't be read: ${d.problem}; compare the IDL of both sides`,
);

/** A service that this one called refused; passed on under a reason of its own so that callers don't blame this instance. */
export const CalleeFailed = defineError<{ reason: string }>(
  "RPC_CALLEE_FAILED",
  "UNAVAILABLE",
  (d) => `a service that was called to answer this request could not serve (${d.reason})`,
);

export const HandlerMissing = defineError<{ method: string }>(
  "RPC_HANDLER_MISSING",
  "FAILED_PRECONDITION",
  (d) => `no handler for ${d.method}; add a function of that name to the service`,
);

export const MethodDuplicate = defineError<{ method: string }>(
  "RPC_METHOD_DUPLICATE",
  "FAILED_PRECONDITION",
  (d) => `${d.method} is registered twice`,
);

export const TargetInvalid = defineError<{ target: string; problem: string }>(
  "RPC_TARGET_INVALID",
  "INVALID_ARGUMENT",
  (d) =>
    `${JSON.stringify(d.target)} is not a target (give First.Second, ip:port@tcp, ip:port@tls or ip:port@udp): ${d.problem}`,
);

export const ClientClosed = defineError<{ service: string }>(
  "RPC_CLIENT_CLOSED",
  "CANCELLED",
  (d) => `the RPC client of ${d.service} was closed`,
);

export const ClientOverloaded = defineError<{ inFlight: number; limit: number }>(
  "RPC_CLIENT_OVERLOADED",
  "RESOURCE_EXHAUSTED",
  (d) => `${d.inFlight} calls wait for answers, the client's maxInFlight is ${d.limit}; nothing was sent`,
);

export const CallOptionInvalid = defineError<{ option: string; value: string; problem: string }>(
  "RPC_OPTION_INVALID",
  "INVALID_ARGUMENT",
  (d) => `option ${d.option} of a call can't be ${d.value}: ${d.problem}`,
);

/** A peer that speaks a protocol of the caller's own broke it. */
export const ExchangeInvalid = defineError<{ protocol: string; problem: string }>(
  "RPC_EXCHANGE_INVALID",
  "DATA_LOSS",
  (d) => `what arrived is no answer in the protocol ${d.protocol}: ${d.problem}`,
);

export const TransportUnsupported = defineError<{ supported: "tcp" | "udp"; address: string; transport: string }>(
  "RPC_TRANSPORT_UNSUPPORTED",
  "FAILED_PRECONDITION",
  (d) => `${d.supported} not supported: ${d.address} is known as ${d.transport} only`,
);

export const MethodUnregistered = defineError<{ method: string }>(
  "RPC_METHOD_UNREGISTERED",
  "FAILED_PRECONDITION",
  (d) => `no registered service has a method ${JSON.stringify(d.method)}; register its ServiceType, or use callRaw`,
);

/** An answer over UDP to a sender whose address may be forged. */
export const DatagramAnswerTooLarge = defineError<{ sizeBytes: number; limitBytes: number }>(
  "RPC_DATAGRAM_ANSWER_TOO_LARGE",
  "FAILED_PRECONDITION",
  (d) => `use TCP: the answer has ${d.sizeBytes} B, over UDP you may get ${d.limitBytes} (udp_trusted, udp_max_factor)`,
);

export const NetworkInvalid = defineError<{ value: string }>(
  "RPC_NETWORK_INVALID",
  "INVALID_ARGUMENT",
  (d) => `${JSON.stringify(d.value)} is not an IPv4 address or network like 10.0.0.0/8`,
);
