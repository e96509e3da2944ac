import { defineError } from "@msec/core";

export const CursorInvalid = defineError<{ cursor: string }>(
  "LOG_CURSOR_INVALID",
  "INVALID_ARGUMENT",
  (d) => `before ${JSON.stringify(d.cursor)} is not a cursor; take \`next\` of the page before as it is`,
);
