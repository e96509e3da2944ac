import { defineError } from "@msec/core";

export const ZookeeperTargetInvalid = defineError<{ problem: string }>(
  "NAME_ZOOKEEPER_TARGET_INVALID",
  "INVALID_ARGUMENT",
  (d) => `not an address of a ZooKeeper: ${d.problem}; write zk://host:port[,host:port…][/path]`,
);

export const ZookeeperUnavailable = defineError<{ problem: string }>(
  "NAME_ZOOKEEPER_UNAVAILABLE",
  "UNAVAILABLE",
  (d) => `ZooKeeper does not answer: ${d.problem}; calls go on with what the machines know`,
);

export const ZookeeperAnswerInvalid = defineError<{ problem: string }>(
  "NAME_ZOOKEEPER_ANSWER_INVALID",
  "DATA_LOSS",
  (d) => `ZooKeeper's answer cannot be read: ${d.problem}`,
);

export const ZookeeperRefused = defineError<{ operation: string; path: string; error: string }>(
  "NAME_ZOOKEEPER_REFUSED",
  "FAILED_PRECONDITION",
  (d) => `ZooKeeper refused ${d.operation} of ${d.path}: ${d.error}`,
);

export const ZookeeperDenied = defineError<{ operation: string; path: string }>(
  "NAME_ZOOKEEPER_DENIED",
  "PERMISSION_DENIED",
  (d) => `ZooKeeper does not let this account do ${d.operation} of ${d.path}; check user, secret and the node's ACL`,
);

export const ZookeeperNodeInvalid = defineError<{ service: string; problem: string }>(
  "NAME_ZOOKEEPER_NODE_INVALID",
  "INVALID_ARGUMENT",
  (d) => `what ZooKeeper holds for ${d.service} cannot be used: ${d.problem}; what was known before stays`,
);

export const ZookeeperNotHeld = defineError<{ service: string }>(
  "NAME_ZOOKEEPER_NOT_HELD",
  "NOT_FOUND",
  (d) => `nothing is held back for ${d.service}; msec naming status lists what is`,
);
