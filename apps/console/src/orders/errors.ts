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

export const OrderAbandoned = defineError<{ machine: string; op: string }>(
  "EXEC_ORDER_ABANDONED",
  "UNAVAILABLE",
  (d) =>
    `the console stopped before machine ${d.machine} reported the end of ${d.op}; look at the order's status when the console runs again`,
);

export const OrderUnknown = defineError<{ orderId: string }>(
  "EXEC_ORDER_UNKNOWN",
  "NOT_FOUND",
  (d) => `this console gave this agent no order ${d.orderId}`,
);
