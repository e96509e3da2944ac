/** `@msec/sdk/testing`: for tests of services. Guide: docs/guide/testing.md. */

export type { InstanceTarget, TestClusterOptions, TestService } from "./cluster-options.js";
export type { ClusterCall, ClusterHop, ClusterLog } from "./cluster-records.js";
export type { Fault, FaultPlace } from "./fault-kinds.js";
export type { TestClock } from "./test-clock.js";
export { createTestCluster, type TestCluster } from "./test-cluster.js";
export type { TestInstance } from "./test-instance.js";
export type { VirtualGlobals } from "./virtual-globals.js";
