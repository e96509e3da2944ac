import { defineError } from "@msec/core";

/** Only one controller per service and home. */
export const ServiceAlreadyRuns = defineError<{ service: string; pid: number }>(
  "EXEC_ALREADY_RUNS",
  "ALREADY_EXISTS",
  (d) => `${d.service} is already run by process ${d.pid}; stop it first`,
);
