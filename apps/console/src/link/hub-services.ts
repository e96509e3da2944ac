import type { Logger } from "@msec/core";
import type { AgentFacts, Heartbeat, LogEvent, MetricPoint, OrderProgress, OrderResult } from "@msec/protocol";
import type { JoinService, JoinTokenProof } from "../machines/join-service.js";
import type { MachineService } from "../machines/machine-service.js";
import type { MachineStore } from "../machines/machine-store.js";
import type { NamingPusher } from "../naming/naming-pusher.js";
import type { OrderService } from "../orders/order-service.js";
import type { BlobSource } from "./blob-source.js";
import { BlobMissing } from "./errors.js";
import type { TelemetrySink } from "./telemetry-sink.js";

/** What the hub needs of the rest of the console. */
export interface HubServices {
  /** Consumes a join token. @throws when it is wrong, used or expired */
  join(token: JoinTokenProof, publicKey: string, facts: AgentFacts): Promise<string>;
  /** Public key of a known agent, SPKI DER in base64. */
  publicKeyOf(agentId: string): Promise<string | undefined>;
  /** The agent proved its identity; it may still be refused. */
  onProved(agentId: string, facts: AgentFacts): Promise<void>;
  /** It can be asked from now on. */
  onOnline(agentId: string, facts: AgentFacts, namingRevision: number): void;
  onDisconnected(agentId: string): void;
  onHeartbeat(agentId: string, beat: Heartbeat): Promise<void>;
  onMetrics(agentId: string, batchId: number, points: readonly MetricPoint[]): Promise<void>;
  onLogs(agentId: string, batchId: number, events: readonly LogEvent[]): Promise<void>;
  readBlob(sha256: string, offset: number, maxBytes: number): Promise<{ bytes: Uint8Array; sizeBytes: number }>;
  onOrderProgress(agentId: string, progress: OrderProgress): Promise<void>;
  onOrderResult(agentId: string, result: OrderResult): Promise<void>;
}

export interface HubServiceDeps {
  readonly store: MachineStore;
  readonly joins: JoinService;
  readonly machines: MachineService;
  readonly pusher: NamingPusher;
  readonly orders: OrderService;
  readonly blobs: BlobSource;
  readonly sink: TelemetrySink;
  readonly logger: Logger;
}

/** Leads what agents say to the parts that it concerns. */
export function hubServices(deps: HubServiceDeps): HubServices {
  const { store, joins, machines, pusher, orders, blobs, sink, logger } = deps;
  const addresses = new Map<string, string>();
  const sourceOf = (machineId: string) => ({ machineId, address: addresses.get(machineId) ?? "" });
  return {
    join: (token, publicKey, facts) => joins.join(token, publicKey, facts),
    publicKeyOf: async (machineId) => (await store.byId(machineId))?.publicKey,
    onProved: (machineId, facts) => machines.onConnected(machineId, facts),
    onOnline: (machineId, facts, namingRevision) => {
      addresses.set(machineId, facts.address);
      logger.info("agent connected", { machineId, machine: facts.name, address: facts.address });
      pusher.onConnected(machineId, namingRevision);
    },
    onDisconnected: (machineId) => {
      logger.info("agent disconnected", { machineId });
      pusher.onDisconnected(machineId);
    },
    onHeartbeat: (machineId, beat) => machines.onHeartbeat(machineId, beat),
    onMetrics: (machineId, batchId, points) => sink.onMetrics(sourceOf(machineId), batchId, points),
    onLogs: (machineId, batchId, events) => sink.onLogs(sourceOf(machineId), batchId, events),
    readBlob: async (sha256, offset, maxBytes) => {
      const part = await blobs.read(sha256, offset, maxBytes);
      if (!part) throw new BlobMissing({ sha256 });
      return part;
    },
    onOrderProgress: (machineId, progress) => orders.onProgress(machineId, progress),
    onOrderResult: (machineId, result) => orders.onResult(machineId, result),
  };
}
