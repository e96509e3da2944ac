import { defineError } from "@msec/core";

export const ProjectInvalid = defineError<{ file: string; problem: string }>(
  "CLI_PROJECT_INVALID",
  "INVALID_ARGUMENT",
  (d) => `${d.file}: ${d.problem}`,
);

export const ProjectExists = defineError<{ directory: string }>(
  "CLI_PROJECT_EXISTS",
  "ALREADY_EXISTS",
  (d) => `${d.directory} exists and is not empty; choose another directory with --dir`,
);

export const BuildFailed = defineError<{ problems: readonly string[] }>(
  "CLI_BUILD_FAILED",
  "INVALID_ARGUMENT",
  (d) => `the service can't be bundled:\n${d.problems.map((p) => `  ${p}`).join("\n")}`,
);

export const ConsoleUnknown = defineError<{ console: string }>(
  "CLI_NO_TOKEN",
  "UNAUTHENTICATED",
  (d) => `no token for the console at ${d.console}; run \`msec login\`, or give --token or MSEC_TOKEN`,
);

export const ArgumentInvalid = defineError<{ argument: string; problem: string }>(
  "CLI_ARGUMENT_INVALID",
  "INVALID_ARGUMENT",
  (d) => `${d.argument}: ${d.problem}`,
);

export const MethodUnknown = defineError<{ method: string; known: readonly string[] }>(
  "CLI_METHOD_UNKNOWN",
  "NOT_FOUND",
  (d) => `the interface has no method ${d.method}; it has ${d.known.join(", ")}`,
);

export const InterfaceMissing = defineError<{ service: string }>(
  "CLI_INTERFACE_MISSING",
  "NOT_FOUND",
  (d) => `the interface of ${d.service} is not known; give its file with --idl, or save it for all with msec idl add`,
);

export const NothingInTraffic = defineError<{ service: string }>(
  "CLI_NOTHING_IN_TRAFFIC",
  "UNAVAILABLE",
  (d) => `${d.service} has no instance in traffic; expand one, or call one out of traffic with --at ip:port`,
);

export const ReleaseEndedBadly = defineError<{ releaseId: string; status: string; failures: readonly string[] }>(
  "CLI_RELEASE_FAILED",
  "FAILED_PRECONDITION",
  (d) => `release ${d.releaseId} ended as ${d.status}:\n${d.failures.map((f) => `  ${f}`).join("\n")}`,
);

export const SomethingUnwell = defineError<{ problems: readonly string[] }>(
  "CLI_UNWELL",
  "UNAVAILABLE",
  (d) => `not all is well:\n${d.problems.map((p) => `  ${p}`).join("\n")}`,
);

export const ReleaseNotThere = defineError<{ service: string; path: string }>(
  "CLI_NO_RELEASE",
  "NOT_FOUND",
  (d) => `${d.service} has no release on this machine: ${d.path} is missing; release it, or give --home`,
);

export const StartFailed = defineError<{ service: string; text: string; log: string }>(
  "CLI_START_FAILED",
  "FAILED_PRECONDITION",
  (d) => `${d.service} did not start: ${d.text} (more in ${d.log})`,
);

export const NotStopped = defineError<{ service: string; pid: number; waitedMs: number }>(
  "CLI_NOT_STOPPED",
  "DEADLINE_EXCEEDED",
  (d) => `${d.service} (process ${d.pid}) did not end within ${d.waitedMs} ms; --force kills it`,
);

export const ReloadFailed = defineError<{ service: string; text: string }>(
  "CLI_RELOAD_FAILED",
  "FAILED_PRECONDITION",
  (d) => `${d.service} was not reloaded, the workers of before go on: ${d.text}`,
);

export const NotRunning = defineError<{ service: string; text: string }>(
  "CLI_NOT_RUNNING",
  "UNAVAILABLE",
  (d) => `${d.service} does not run on this machine${d.text === "" ? "" : `: ${d.text}`}`,
);

export const StatMissing = defineError<{ service: string; path: string }>(
  "CLI_STAT_MISSING",
  "NOT_FOUND",
  (d) => `${d.service} has counted nothing here: ${d.path} is missing; does it run, and is this its home?`,
);

export const ProcessNotReady = defineError<{ program: string; output: string }>(
  "CLI_PROCESS_NOT_READY",
  "UNAVAILABLE",
  (d) => `${d.program} did not start:\n${d.output}`,
);

export const AgentNeverHere = defineError<{ home: string }>(
  "CLI_NO_AGENT",
  "NOT_FOUND",
  (d) => `no agent has run with the home ${d.home}: start one (msec agent, msec dev), or give --home or MSEC_HOME`,
);

export const RouteUnknown = defineError<{ service: string; home: string }>(
  "CLI_ROUTE_UNKNOWN",
  "NOT_FOUND",
  (d) => `${d.service} is not known in ${d.home}: check its name, and that the agent has its names from the console`,
);

export const NamesUnreadable = defineError<{ path: string; problem: string }>(
  "CLI_NAMES_UNREADABLE",
  "INVALID_ARGUMENT",
  (d) => `names of ${d.path} can't be read: ${d.problem}`,
);

export const NamesRefused = defineError<{ count: number; to: string }>(
  "CLI_NAMES_REFUSED",
  "FAILED_PRECONDITION",
  (d) => `${d.count} names were refused by ${d.to}; the lines above say why, the others are copied`,
);
