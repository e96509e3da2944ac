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
