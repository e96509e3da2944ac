import { defineError } from "@msec/core";

/** Nobody on this machine keeps a table of that name. */
export const ServiceUnknown = defineError<{ service: string; path: string }>(
  "NAME_SERVICE_UNKNOWN",
  "NOT_FOUND",
  (d) =>
    `no service ${d.service} is known on this machine (${d.path} is missing); check the name, and that an agent runs`,
);

export const NoInstance = defineError<{ service: string }>(
  "LB_NO_INSTANCE",
  "UNAVAILABLE",
  (d) => `${d.service} has no instance that is in use; expand it in the console`,
);

/** The service keeps to sets, and this machine's has nobody. Never answered by going to another set. */
export const NoInstanceInSet = defineError<{ service: string; otherSets: number }>(
  "LB_NO_INSTANCE_IN_SET",
  "UNAVAILABLE",
  (d) =>
    `${d.service} is partitioned and has no instance in the set of this machine; its ${d.otherSets} instances of other sets are not used: expand one in this set, or change the labels of the machine`,
);

/** How a use of a foreign instance is noted that failed with an error of somebody else's. */
export const ForeignCallFailed = defineError<{ service: string; address: string; problem: string }>(
  "EXEC_FOREIGN_CALL_FAILED",
  "UNAVAILABLE",
  (d) => `${d.service} at ${d.address} failed: ${d.problem}`,
);

/** `getRoute`, `updateRoute` and the like need a running service, or `connect()`. */
export const NoRuntime = defineError<{ operation: string }>(
  "EXEC_NO_RUNTIME",
  "FAILED_PRECONDITION",
  (d) => `${d.operation} works only while a service runs in this process; in other programs use connect()`,
);

export const PluginLoadFailed = defineError<{ path: string; problem: string }>(
  "EXEC_PLUGIN_LOAD_FAILED",
  "FAILED_PRECONDITION",
  (d) => `the plug-in ${d.path} can't be loaded: ${d.problem}`,
);

export const PluginInvalid = defineError<{ path: string; problem: string }>(
  "EXEC_PLUGIN_INVALID",
  "FAILED_PRECONDITION",
  (d) => `the plug-in ${d.path} is not a service: ${d.problem}`,
);

export const InitFailed = defineError<{ service: string; problem: string }>(
  "EXEC_INIT_FAILED",
  "FAILED_PRECONDITION",
  (d) => `the init hook of ${d.service} failed: ${d.problem}`,
);

export const ReleaseInvalid = defineError<{ path: string; problem: string }>(
  "EXEC_RELEASE_INVALID",
  "FAILED_PRECONDITION",
  (d) => `${d.path}: ${d.problem}`,
);

export const HostArgumentInvalid = defineError<{ problem: string }>(
  "EXEC_ARGUMENT_INVALID",
  "INVALID_ARGUMENT",
  (d) => `${d.problem}; usage: host.js ctrl|worker|dev --service First.Second --dir <release directory>`,
);

export const ClusterInvalid = defineError<{ problem: string }>(
  "EXEC_CLUSTER_INVALID",
  "INVALID_ARGUMENT",
  (d) => `createTestCluster: ${d.problem}`,
);

/** Virtual time stands still and nothing will move it. */
export const ClusterTimeout = defineError<{ elapsedMs: number; problem: string }>(
  "EXEC_CLUSTER_TIMEOUT",
  "DEADLINE_EXCEEDED",
  (d) => `after ${d.elapsedMs} ms of virtual time the promise is still pending (${d.problem}); what does it wait for?`,
);

/** What a handler is replaced by where a test asked for the fault `error` without an error of its own. */
export const FaultInjected = defineError<{ method: string }>(
  "EXEC_FAULT_INJECTED",
  "UNAVAILABLE",
  (d) => `${d.method} fails since the test wants it so`,
);
