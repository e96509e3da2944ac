/** Everything that drives machines, put together: machines, orders, naming, capacity and releases around the agent hub. */
import { formatHostPort, formatServiceName, parseHostPort, parseServiceName } from "@msec/core";
import type { NameStore, ResumableNameStore, ServiceEntry } from "@msec/naming";
import type { Heartbeat } from "@msec/protocol";
import { CapacityService } from "../capacity/capacity-service.js";
import type { ConsoleContext } from "../context.js";
import { JoinService } from "../machines/join-service.js";
import { labelsByHost } from "../machines/machine-labels.js";
import { MachineService } from "../machines/machine-service.js";
import type { MachineRow } from "../machines/machine-store.js";
import { createNaming, type Naming } from "../naming/naming.js";
import { OrderService } from "../orders/order-service.js";
import { ReleaseMachineMissing } from "../releases/errors.js";
import { releaseMemo } from "../releases/release-memo.js";
import { ReleaseRunner, type SendOrder } from "../releases/release-runner.js";
import { ReleaseService } from "../releases/release-service.js";
import { PLATFORM_GROUP } from "../services/platform-services.js";
import type { ServiceService } from "../services/service-service.js";
import type { TlsService } from "../tls/tls-service.js";
import { AgentHub } from "./agent-hub.js";
import type { BlobSource } from "./blob-source.js";
import type { ConsoleIdentity } from "./console-identity.js";
import { hubServices } from "./hub-services.js";
import type { TelemetrySink } from "./telemetry-sink.js";

export interface MachineControlDeps {
  readonly context: ConsoleContext;
  readonly identity: ConsoleIdentity;
  readonly services: ServiceService;
  /** Where changes of names are made. */
  readonly names: NameStore;
  /** What agents get of them. */
  readonly published: ResumableNameStore;
  readonly blobs: BlobSource;
  readonly sink: TelemetrySink;
  readonly tls: TlsService;
  readonly linkAddress: () => { readonly host: string; readonly port: number };
  /** The store's side of names that others write too. */
  readonly adopt?: ((entry: ServiceEntry) => Promise<void>) | undefined;
  readonly onAlive?: (address: string, load?: Heartbeat["load"]) => void;
}

export interface MachineControl {
  readonly hub: AgentHub;
  readonly machines: MachineService;
  readonly joins: JoinService;
  readonly orders: OrderService;
  readonly capacity: CapacityService;
  readonly releases: ReleaseService;
  readonly naming: Naming;
  machineAt(address: string): Promise<MachineRow>;
}

export function createMachineControl(deps: MachineControlDeps): MachineControl {
  const { context, identity, names } = deps;
  const { database, clock, logger } = context;
  const { stores } = database;
  const hub = new AgentHub({
    fingerprint: identity.fingerprint,
    orderPublicKey: identity.orderPublicKey,
    services: () => services,
    clock,
    logger,
  });
  const machines: MachineService = new MachineService({
    database,
    clock,
    isConnected: (machineId) => hub.isOnline(machineId),
    disconnect: (machineId, why) => hub.disconnect(machineId, why),
    inTraffic: async (host) => {
      const rows = await stores.services.listInstancesOnHost(host);
      const own = rows.filter((row) => row.status === "enabled" && row.first !== PLATFORM_GROUP);
      return own.map(formatHostPort);
    },
    inRelease: (host) => releases.underWayOn(host),
    onLabels: async ({ machineId, address }) => {
      await capacity.publishHost(address);
      pusher.onLabels(machineId);
    },
  });
  const joins = new JoinService({
    database,
    clock,
    linkAddress: deps.linkAddress,
    fingerprint: identity.fingerprint,
    isOnline: (machineId) => machines.isOnline(machineId),
    onReplaced: (machineId) => machines.forget(machineId, "a new machine joined at this address"),
  });
  const orders = new OrderService({ store: stores.orders, hub, key: identity.orderKey, clock, logger });
  const naming = createNaming({
    ...{ context, names, published: deps.published, hub, services: deps.services },
    capacity: () => capacity,
    machineOf: (machineId) => stores.machines.byId(machineId),
  });
  const { pusher } = naming;
  const capacity: CapacityService = new CapacityService({
    services: deps.services,
    names,
    labels: () => labelsByHost(stores.machines),
    adopt: deps.adopt,
  });
  const releases: ReleaseService = releaseService(deps, machines, orders);
  deps.services.addWatcher({
    beforeRemoveService: (name) => releases.refuseWhileRunning(formatServiceName(name)),
    beforeRemoveInstance: (name) => releases.refuseWhileRunning(formatServiceName(name)),
    afterCreateService: (name) => capacity.publish(name),
    afterRemoveService: (name) => capacity.unpublish(name),
    afterAddInstances: async (hosts) => {
      const rows = await Promise.all(hosts.map((host) => machines.byAddress(host)));
      hub.announceTls(rows.flatMap((row) => (row === undefined ? [] : [row.machineId])));
    },
  });
  const services = hubServices({
    store: stores.machines,
    joins,
    machines,
    pusher,
    orders,
    blobs: deps.blobs,
    sink: deps.sink,
    tls: deps.tls,
    logger,
    ...(deps.onAlive && { onAlive: deps.onAlive }),
  });
  return {
    hub,
    machines,
    joins,
    orders,
    capacity,
    releases,
    naming,
    machineAt: (address) => machineAt(machines, address),
  };
}

async function machineAt(machines: MachineService, address: string): Promise<MachineRow> {
  const machine = await machines.byAddress(parseHostPort(address).host);
  if (!machine) throw new ReleaseMachineMissing({ address });
  return machine;
}

function releaseService(deps: MachineControlDeps, machines: MachineService, orders: OrderService): ReleaseService {
  const { context, blobs } = deps;
  const { database, clock, logger } = context;
  const { stores } = database;
  const send: SendOrder = async (address, action, options) => {
    const machine = await machineAt(machines, address);
    return orders.issue(action, { ...options, agentId: machine.machineId, machine: machine.name });
  };
  const runner = new ReleaseRunner({
    store: stores.releases,
    clock,
    logger,
    send,
    onActivated: (address, { service }, memo) => {
      const ref = { ...parseServiceName(service), ...parseHostPort(address) };
      return stores.services.updateInstance(ref, { releaseMemo: releaseMemo(clock.nowMs(), memo) });
    },
  });
  return new ReleaseService({
    database,
    runner,
    clock,
    logger,
    services: deps.services,
    machineAt: (host) => machines.byAddress(host),
    isOnline: (machineId) => machines.isOnline(machineId),
    runningRelease: (machineId, service) => runningRelease(machines, machineId, service),
    publishBlob: async (version) => {
      if (version.kind === "plugin") return { sha256: version.sha256, sizeBytes: version.sizeBytes };
      return blobs.put(Buffer.from((await stores.versions.readContent(version)) ?? ""));
    },
  });
}

function runningRelease(machines: MachineService, machineId: string, service: string): string | null | undefined {
  const beat = machines.live(machineId)?.beat;
  return beat && (beat.processes.find((process) => process.service === service)?.releaseId ?? null);
}
