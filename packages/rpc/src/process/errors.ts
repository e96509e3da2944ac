import { defineError } from "@msec/core";

/** The controller gave up: the service can't start. `text` is the error in words. */
export const ServiceStartFailed = defineError<{ service: string; text: string }>(
  "EXEC_START_FAILED",
  "FAILED_PRECONDITION",
  (d) => `${d.service} can't start: ${d.text}`,
);

/** Only one controller per service and home. */
export const ServiceAlreadyRuns = defineError<{ service: string; pid: number }>(
  "EXEC_ALREADY_RUNS",
  "ALREADY_EXISTS",
  (d) => `${d.service} is already run by process ${d.pid}; stop it first`,
);
