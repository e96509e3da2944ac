export {
  ZookeeperAnswerInvalid,
  ZookeeperDenied,
  ZookeeperNodeInvalid,
  ZookeeperNotHeld,
  ZookeeperRefused,
  ZookeeperTargetInvalid,
  ZookeeperUnavailable,
} from "./errors.js";
export type { HeldChange } from "./held-change.js";
export type { MachineLoad, OldMachine } from "./presence.js";
export type { TakeOver } from "./sync-acts.js";
export type { HoldKind } from "./sync-decision.js";
// For sister packages, not stable:
export type { NodeEvent, NodeStat, ZookeeperNode } from "./wire.js";
export { ZookeeperClient, type ZookeeperClientOptions } from "./zookeeper-client.js";
export {
  openZookeeperNameStore,
  ZookeeperNameStore,
  type ZookeeperNameStoreOptions,
  type ZookeeperStatus,
} from "./zookeeper-name-store.js";
export { parseZookeeperTarget, ZOOKEEPER_DEFAULT_PORT, type ZookeeperTarget } from "./zookeeper-target.js";
