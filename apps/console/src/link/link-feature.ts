import { type LinkListener, listenLink } from "@msec/link";
import { openSqlNameStore } from "@msec/naming";
import { netError } from "@msec/net";
import { capacityRoutes } from "../capacity/capacity-routes.js";
import type { ConsoleContext } from "../context.js";
import type { Feature } from "../feature.js";
import { mergeHandlers } from "../http/route-handlers.js";
import { machineFacts } from "../machines/machine-facts.js";
import { machineRoutes } from "../machines/machine-routes.js";
import { nameStoreRoutes } from "../naming/name-store-routes.js";
import { NameTakeover } from "../naming/name-takeover.js";
import { namingRoutes } from "../naming/naming-routes.js";
import { openNames, sharedNames } from "../naming/open-names.js";
import { instanceOrderRoutes } from "../orders/instance-order-routes.js";
import { releaseRoutes } from "../releases/release-routes.js";
import { releaseVersionUse } from "../releases/release-version-use.js";
import { serviceRouteRoutes } from "../routes/service-route-routes.js";
import type { InstanceFacts } from "../services/instance-facts.js";
import type { PlatformServices } from "../services/platform-services.js";
import type { ServiceService } from "../services/service-service.js";
import { AuthorityFile } from "../tls/authority-file.js";
import { tlsRoutes } from "../tls/tls-routes.js";
import { TlsService } from "../tls/tls-service.js";
import type { VersionService } from "../versions/version-service.js";
import type { BlobSource } from "./blob-source.js";
import { openConsoleIdentity } from "./console-identity.js";
import { createMachineControl, type MachineControl } from "./machine-control.js";
import { platformAddresses } from "./platform-address.js";
import type { TelemetrySink } from "./telemetry-sink.js";

const MAX_AGENTS = 20_000;
/** How often the exchange of the authority looks at machines that are away. */
const TLS_ADVANCE_MS = 60_000;
/** How long the first start waits for ZooKeeper: an installation that is taken over may have RESERVED.* of its own. */
const FIRST_LOOK_MS = 5_000;

export interface LinkFeature extends Feature {
  readonly control: MachineControl;
  readonly facts: InstanceFacts;
  /** Port that agents dial; 0 before the start. */
  readonly port: () => number;
}

export interface LinkFeatureDeps {
  readonly services: ServiceService;
  readonly platform: PlatformServices;
  readonly versions: VersionService;
  readonly blobs: BlobSource;
  readonly sink: TelemetrySink;
}

/** The link port and all that hangs on it. */
export async function linkFeature(context: ConsoleContext, deps: LinkFeatureDeps): Promise<LinkFeature> {
  const { config, database, clock, paths } = context;
  const identity = await openConsoleIdentity(`${paths.console}/identity`);
  let listener: LinkListener | undefined;
  const bind = splitAddress(config.link.listen);
  const linkAddress = () => {
    if (config.link.publicAddress !== "") return splitAddress(config.link.publicAddress);
    return { host: bind.host, port: listener?.port ?? bind.port };
  };
  const takeover = new NameTakeover({
    ...{ database, clock, actor: "zookeeper" },
    capacity: {
      alone: (work) => control.capacity.alone(work),
      entryOf: (name) => control.capacity.entryOf(name),
    },
  });
  const { store: names, zookeeper } = await openNames(context, takeover);
  const published = await openSqlNameStore(`${paths.console}/published-names.db`);
  const tls = await TlsService.open({
    ...{ database, clock, logger: context.logger },
    file: new AuthorityFile(`${paths.console}/identity/service-ca.json`),
    certificateMs: config.tls.certificateMs,
    isOnline: (machineId) => control.hub.isOnline(machineId),
    onChanged: () => control.hub.announceTls(),
  });
  const control: MachineControl = createMachineControl({
    context,
    identity,
    linkAddress,
    names,
    published,
    tls,
    ...deps,
    ...(zookeeper && sharedNames(zookeeper, takeover, context.logger)),
  });
  let tlsTimer: NodeJS.Timeout | undefined;
  deps.versions.setUse(releaseVersionUse(database.stores.releases));
  const { capacity, naming, releases, orders, hub } = control;
  return {
    name: "link",
    control,
    facts: machineFacts(control.machines),
    port: () => listener?.port ?? 0,
    routes: mergeHandlers(
      machineRoutes({ ...control, database, clock }),
      capacityRoutes({ capacity, naming: naming.service, names, database, clock }),
      namingRoutes(naming.service),
      nameStoreRoutes({ names, zookeeper, takeover, naming: naming.service, database, clock }),
      serviceRouteRoutes({ hub, machines: control.machines, services: deps.services, clock }),
      releaseRoutes({ releases, database, clock }),
      tlsRoutes({ tls, database, clock }),
      instanceOrderRoutes({ orders, services: deps.services, machineAt: control.machineAt, database, clock }),
    ),
    start: async () => {
      tlsTimer = setInterval(() => void tls.advance().catch(() => undefined), TLS_ADVANCE_MS).unref();
      await orders.expireOld();
      await releases.markInterrupted();
      await capacity.reconcile();
      await naming.gate.start();
      zookeeper?.connect();
      listener = await listenLink({
        ...bind,
        key: identity.tlsKey,
        cert: identity.tlsCert,
        maxConnections: MAX_AGENTS,
        onConnection: (socket) => hub.accept(socket),
      }).catch((error: unknown) => {
        throw netError(error, context.config.link.listen);
      });
      await zookeeper?.firstCompared(FIRST_LOOK_MS);
      const addresses = await platformAddresses(config.telemetry, linkAddress());
      for (const name of await deps.platform.place(addresses)) await capacity.publish(name);
    },
    stop: async () => {
      clearInterval(tlsTimer);
      orders.close();
      await releases.settled();
      naming.gate.close();
      naming.pusher.close();
      hub.close();
      await listener?.close();
      await naming.gate.settled();
      await published.close();
      await names.close();
    },
  };
}

function splitAddress(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(":");
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ""), port: Number(address.slice(at + 1)) };
}
