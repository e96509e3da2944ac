import type { Logger } from "@msec/core";
import type { Heartbeat } from "@msec/protocol";
import type { JoinService } from "../machines/join-service.js";
import type { MachineService } from "../machines/machine-service.js";
import type { MachineStore } from "../machines/machine-store.js";
import type { NamingPusher } from "../naming/naming-pusher.js";
import type { OrderService } from "../orders/order-service.js";
import type { TlsService } from "../tls/tls-service.js";
import type { BlobSource } from "./blob-source.js";
import { BlobMissing } from "./errors.js";
import type { HubServices } from "./hub-contract.js";
import type { TelemetrySink } from "./telemetry-sink.js";

export interface HubServiceDeps {
  readonly store: MachineStore;
  readonly joins: JoinService;
  readonly machines: MachineService;
  readonly pusher: NamingPusher;
  readonly orders: OrderService;
  readonly blobs: BlobSource;
  readonly sink: TelemetrySink;
  readonly tls: TlsService;
  readonly logger: Logger;
  /** The machine at this address is alive, with its load when it told. */
  onAlive?(address: string, load?: Heartbeat["load"]): void;
}

/** Leads what agents say to the parts that it concerns. */
export function hubServices(deps: HubServiceDeps): HubServices {
  const { store, joins, machines, pusher, orders, blobs, sink, tls, logger } = deps;
  const addresses = new Map<string, string>();
  const sourceOf = (machineId: string) => ({ machineId, address: addresses.get(machineId) ?? "" });
  return {
    join: (token, publicKey, facts) => joins.join(token, publicKey, facts),
    publicKeyOf: async (machineId) => (await store.byId(machineId))?.publicKey,
    onProved: (machineId, facts) => machines.onConnected(machineId, facts),
    onOnline: (machineId, facts, names) => {
      addresses.set(machineId, facts.address);
      logger.info("agent connected", { machineId, machine: facts.name, address: facts.address });
      pusher.onConnected(machineId, names);
      deps.onAlive?.(facts.address);
    },
    onDisconnected: (machineId) => {
      logger.info("agent disconnected", { machineId });
      pusher.onDisconnected(machineId);
    },
    onHeartbeat: (machineId, beat) => {
      const address = addresses.get(machineId);
      if (address !== undefined) deps.onAlive?.(address, beat.load);
      return machines.onHeartbeat(machineId, beat);
    },
    onMetrics: (machineId, batchId, points) => sink.onMetrics(sourceOf(machineId), batchId, points),
    onLogs: (machineId, batchId, events) => sink.onLogs(sourceOf(machineId), batchId, events),
    readBlob: async (sha256, offset, maxBytes) => {
      const part = await blobs.read(sha256, offset, maxBytes);
      if (!part) throw new BlobMissing({ sha256 });
      return part;
    },
    tlsTrust: (machineId, holdings) => tls.trust(machineId, holdings),
    tlsIssue: (machineId, request) => tls.issue(machineId, request),
    onOrderProgress: (machineId, progress) => orders.onProgress(machineId, progress),
    onOrderResult: (machineId, result) => orders.onResult(machineId, result),
  };
}
