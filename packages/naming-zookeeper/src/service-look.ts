/** One service as it is here and in ZooKeeper at one moment. */
import { toAppError } from "@msec/core";
import type { NameStore, ServiceEntry } from "@msec/naming";
import { digestOf, formatServiceNode, parseServiceNode } from "./service-node.js";
import { ABSENT } from "./sync-ledger.js";
import { servicePath } from "./tree.js";
import type { ZookeeperNode } from "./wire.js";
import type { ZookeeperClient } from "./zookeeper-client.js";

export interface ServiceLook {
  readonly service: string;
  readonly entry: ServiceEntry | undefined;
  readonly node: ZookeeperNode | undefined;
  readonly theirs: Omit<ServiceEntry, "revision"> | undefined;
  /** Why their bytes can't be read; "" = they can. */
  readonly problem: string;
  readonly ourBytes: Buffer | undefined;
  /** Digests of both sides, or `ABSENT`. */
  readonly local: string;
  readonly remote: string;
}

export interface BothSides {
  readonly client: ZookeeperClient;
  readonly local: NameStore;
}

/** Reads both sides and leaves a watch on the node. */
export async function lookAt(service: string, { client, local }: BothSides): Promise<ServiceLook> {
  const node = await client.read(servicePath(service), { watch: true });
  const entry = await local.get(service);
  const ourBytes = entry && formatServiceNode(entry);
  const look = { service, entry, node, ourBytes, local: ourBytes ? digestOf(ourBytes) : ABSENT };
  // The archived console makes a node first and writes into it then; its agents skip an empty one, too.
  if (!node || node.data.length === 0) return { ...look, theirs: undefined, problem: "", remote: ABSENT };
  const remote = digestOf(node.data);
  try {
    return { ...look, theirs: parseServiceNode(service, node.data, entry), problem: "", remote };
  } catch (error) {
    return { ...look, theirs: undefined, problem: toAppError(error).message, remote };
  }
}

/** Whether both sides say the same, however it is written. */
export function isSame({ local, remote, theirs, entry }: ServiceLook): boolean {
  if (local === remote) return true;
  if (!entry || !theirs) return false;
  return digestOf(formatServiceNode(theirs)) === local;
}
