/** `@msec/sdk/testing`: for tests of services. Guide: docs/guide/testing.md. */
export type { ClusterCall, ClusterHop, ClusterLog } from "./cluster-records.js";
export type { Fault, FaultPlace } from "./faults.js";
export type { TestClock } from "./test-clock.js";
export {
  createTestCluster,
  type InstanceTarget,
  type TestCluster,
  type TestClusterOptions,
  type TestService,
} from "./test-cluster.js";
export type { TestInstance } from "./test-instance.js";
