import { defineError } from "@msec/core";

/** Bytes that are not a protobuf message. `offset` counts from the start of the buffer that was read. */
export const ProtoMessageMalformed = defineError<{ offset: number; problem: string }>(
  "PROTO_MESSAGE_MALFORMED",
  "INVALID_ARGUMENT",
  (d) => `malformed protobuf message at byte ${d.offset}: ${d.problem}`,
);

/** `field` is `package.Message.field`. */
export const ProtoRequiredFieldMissing = defineError<{ field: string }>(
  "PROTO_REQUIRED_FIELD_MISSING",
  "INVALID_ARGUMENT",
  (d) => `required field ${d.field} is not set`,
);

/** `field` is `package.Message.field`; `expected` says what the field holds, `found` what was given. */
export const ProtoFieldValueInvalid = defineError<{ field: string; expected: string; found: string }>(
  "PROTO_FIELD_VALUE_INVALID",
  "INVALID_ARGUMENT",
  (d) => `field ${d.field} must be ${d.expected}, found ${d.found}`,
);

const NOT_SRPC = "the connection can't be used any more";

export const FrameBadStart = defineError<{ offset: number; found: number }>(
  "PROTO_FRAME_BAD_START",
  "INVALID_ARGUMENT",
  (d) => `byte ${d.offset} is 0x${d.found.toString(16)}, a frame starts with 0x28; ${NOT_SRPC}`,
);

export const FrameBadEnd = defineError<{ offset: number; found: number }>(
  "PROTO_FRAME_BAD_END",
  "INVALID_ARGUMENT",
  (d) => `byte ${d.offset} is 0x${d.found.toString(16)}, a frame ends with 0x29; ${NOT_SRPC}`,
);

export const FrameBadLength = defineError<{ headBytes: number; bodyBytes: number }>(
  "PROTO_FRAME_BAD_LENGTH",
  "INVALID_ARGUMENT",
  (d) =>
    `a frame announces ${d.headBytes} head and ${d.bodyBytes} body bytes; neither may be negative nor both zero; ${NOT_SRPC}`,
);

export const FrameTooLarge = defineError<{ sizeBytes: number; limitBytes: number }>(
  "PROTO_FRAME_TOO_LARGE",
  "OUT_OF_RANGE",
  (d) => `a frame of ${d.sizeBytes} bytes exceeds maxFrameBytes ${d.limitBytes}`,
);

/** What a peer answered when it gave no reason of its own. The `code` of the error follows `err`. */
export const RemoteError = defineError<{ err: number }>(
  "RPC_REMOTE_ERROR",
  "UNKNOWN",
  (d) => `the peer answered error ${d.err}`,
);

export const JsonTextInvalid = defineError<{ offset: number; problem: string }>(
  "PROTO_JSON_TEXT_INVALID",
  "INVALID_ARGUMENT",
  (d) => `not valid JSON at character ${d.offset}: ${d.problem}`,
);

/** `path` starts at `$`, the whole message: `$.items[3].price`. */
export const JsonValueInvalid = defineError<{ path: string; expected: string; found: string }>(
  "PROTO_JSON_INVALID",
  "INVALID_ARGUMENT",
  (d) => `${d.path} must be ${d.expected}, found ${d.found}`,
);

/** The connection must be closed after the answer: where the next request starts is unknown. */
export const HttpRequestInvalid = defineError<{ problem: string }>(
  "PROTO_HTTP_INVALID",
  "INVALID_ARGUMENT",
  (d) => `invalid HTTP request: ${d.problem}`,
);

export const HttpHeadTooLarge = defineError<{ limitBytes: number }>(
  "PROTO_HTTP_HEAD_TOO_LARGE",
  "OUT_OF_RANGE",
  (d) => `request line and headers exceed ${d.limitBytes} bytes`,
);

export const HttpBodyTooLarge = defineError<{ limitBytes: number }>(
  "PROTO_HTTP_BODY_TOO_LARGE",
  "OUT_OF_RANGE",
  (d) => `the request body exceeds ${d.limitBytes} bytes`,
);

export const MonitorNameInvalid = defineError<{ field: string; rule: string }>(
  "PROTO_MONITOR_NAME_INVALID",
  "INVALID_ARGUMENT",
  (d) => `${d.field} is not a valid metric name: ${d.rule}`,
);

export const MonitorRecordMalformed = defineError<{ problem: string }>(
  "PROTO_MONITOR_RECORD_MALFORMED",
  "DATA_LOSS",
  (d) => `malformed record in the metric queue: ${d.problem}`,
);

/** The connection can't be used any more: where the next frame starts is unknown. */
export const LengthPrefixInvalid = defineError<{ protocol: string; lengthBytes: number; limitBytes: number }>(
  "PROTO_LENGTH_PREFIX_INVALID",
  "INVALID_ARGUMENT",
  (d) => `a ${d.protocol} frame announces ${d.lengthBytes} bytes, allowed are up to ${d.limitBytes}; ${NOT_SRPC}`,
);

export const LogEventTooLarge = defineError<{ sizeBytes: number; limitBytes: number }>(
  "PROTO_LOG_EVENT_TOO_LARGE",
  "OUT_OF_RANGE",
  (d) => `a log event of ${d.sizeBytes} bytes exceeds ${d.limitBytes}; shorten the text or the headers`,
);

/** A packed batch of hop records; the connection it came by goes on. */
export const HopBatchInvalid = defineError<{ offset: number; problem: string }>(
  "PROTO_HOP_BATCH_INVALID",
  "INVALID_ARGUMENT",
  (d) => `malformed batch of hop records at byte ${d.offset}: ${d.problem}`,
);

/** A service's JSON that the archived agent would refuse; `number` is the number it gives for it. */
export const NlbServiceInvalid = defineError<{ number: number; problem: string }>(
  "PROTO_NLB_SERVICE_INVALID",
  "INVALID_ARGUMENT",
  (d) => `the service's JSON is refused with ${d.number}: ${d.problem}`,
);

export const NlbAnswerInvalid = defineError<{ problem: string }>(
  "PROTO_NLB_ANSWER_INVALID",
  "INVALID_ARGUMENT",
  (d) => `malformed answer to a route question: ${d.problem}`,
);
