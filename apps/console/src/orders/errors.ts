import { defineError } from "@msec/core";

export const OrderRefused = defineError<{ machine: string; op: string; text: string; reason: string }>(
  "EXEC_ORDER_FAILED",
  "FAILED_PRECONDITION",
  (d) => `${d.op} failed on machine ${d.machine}: ${d.text}`,
);

export const OrderUnanswered = defineError<{ machine: string; op: string; timeoutMs: number }>(
  "EXEC_ORDER_UNANSWERED",
  "DEADLINE_EXCEEDED",
  (d) =>
    `machine ${d.machine} did not report the end of ${d.op} within ${d.timeoutMs} ms; its state is unknown until its agent reports again`,
);
