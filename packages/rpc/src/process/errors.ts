import { defineError } from "@msec/core";

/** Only one controller per service and home. */
export const ServiceAlreadyRuns = defineError<{ service: string; pid: number }>(
  "EXEC_ALREADY_RUNS",
  "ALREADY_EXISTS",
  (d) => `${d.service} is already run by process ${d.pid}; stop it first`,
);

/** The release can be read, but not taken over by running processes. */
export const ReloadRefused = defineError<{ service: string; problem: string }>(
  "EXEC_RELOAD_REFUSED",
  "FAILED_PRECONDITION",
  (d) => `${d.service} can't be reloaded: ${d.problem}`,
);
