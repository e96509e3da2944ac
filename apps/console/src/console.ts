/** Puts the console together: takes the home, opens the database, starts the features, then listens. */
import type { AddressInfo } from "node:net";
import { type Clock, homePaths, type Logger, silentLogger, systemClock } from "@msec/core";
import { acquireHomeLock } from "@msec/daemon";
import { netError } from "@msec/net";
import type { FastifyInstance } from "fastify";
import { type AccountsFeature, accountsFeature } from "./accounts/accounts-feature.js";
import { auditFeature } from "./audit/audit-feature.js";
import { Cleanup } from "./cleanup.js";
import type { ConsoleConfig } from "./config.js";
import type { ConsoleContext } from "./context.js";
import { openDatabase } from "./database/database.js";
import type { Feature } from "./feature.js";
import { closeApp, createApp } from "./http/app.js";
import { healthRoutes } from "./http/health-routes.js";
import { hostRules } from "./http/origin-rules.js";
import { findWebDirectory } from "./http/pages.js";
import { mergeHandlers } from "./http/route-handlers.js";
import { type LinkFeature, linkFeature } from "./link/link-feature.js";
import { overviewFeature } from "./overview/overview-feature.js";
import { releaseBlobs } from "./releases/release-blobs.js";
import { PlatformServices } from "./services/platform-services.js";
import { ServiceEditor } from "./services/service-editor.js";
import { ServiceService } from "./services/service-service.js";
import { servicesFeature } from "./services/services-feature.js";
import { telemetryFeature } from "./telemetry/telemetry-feature.js";
import { VERSION } from "./version.js";
import { versionsFeature } from "./versions/versions-feature.js";

export interface ConsoleDeps {
  readonly logger?: Logger;
  readonly clock?: Clock;
}

export interface RunningConsole {
  /** `http://127.0.0.1:8080`. */
  readonly httpUrl: string;
  /** Port that agents dial. */
  readonly linkPort: number;
  /** While there is no account: where to make the first one. Valid once. */
  readonly setupLink?: string;
  stop(): Promise<void>;
}

/**
 * Starts a console on its home.
 *
 * @throws {HomeInUse} another console uses this home
 * @throws NET_ADDRESS_IN_USE and other NET_* of the two addresses
 * @throws {RoutesIncomplete} a route of the API is not served
 */
export async function startConsole(config: ConsoleConfig, deps: ConsoleDeps = {}): Promise<RunningConsole> {
  const cleanup = new Cleanup();
  try {
    return await start(config, deps, cleanup);
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

async function start(config: ConsoleConfig, deps: ConsoleDeps, cleanup: Cleanup): Promise<RunningConsole> {
  const logger = deps.logger ?? silentLogger;
  const paths = homePaths(config.home);
  const lock = await acquireHomeLock(config.home, "console");
  cleanup.add(() => lock.release());
  const database = await openDatabase(`${paths.console}/console.db`);
  cleanup.add(() => database.close());
  const context: ConsoleContext = { config, paths, database, clock: deps.clock ?? systemClock, logger };

  const accounts = accountsFeature(context);
  const { features, link } = await composeFeatures(context, accounts);
  for (const feature of features) {
    await feature.start?.();
    cleanup.add(async () => feature.stop?.());
  }

  const app = await buildApp(context, accounts, features);
  cleanup.add(() => closeApp(app));
  const httpUrl = await listen(app, config);
  const setupToken = await accounts.setup.issueToken();
  const publicUrl = config.publicUrl === "" ? httpUrl : config.publicUrl;
  return {
    httpUrl,
    linkPort: link.port(),
    ...(setupToken === undefined ? {} : { setupLink: `${publicUrl}/setup#${setupToken}` }),
    stop: () => cleanup.run(),
  };
}

interface Composition {
  readonly features: readonly Feature[];
  readonly link: LinkFeature;
}

/** Every part of the console, in the order of start. A new feature is one line here. */
async function composeFeatures(context: ConsoleContext, accounts: AccountsFeature): Promise<Composition> {
  const services = new ServiceService(context);
  const platform = new PlatformServices(context);
  const versions = versionsFeature(context, services);
  const telemetry = await telemetryFeature(context);
  const blobs = releaseBlobs(versions.blobs);
  const link = await linkFeature(context, {
    ...{ services, platform, versions: versions.versions, blobs },
    sink: telemetry.sink,
  });
  const editor = new ServiceEditor({ ...context, publish: (name) => link.control.capacity.publish(name) });
  const overview = overviewFeature(context, { services, control: link.control, telemetry });
  const features = [
    accounts,
    servicesFeature({ services, platform, editor, facts: link.facts }),
    versions,
    auditFeature(context),
    telemetry,
    link,
    overview,
  ];
  return { features, link };
}

function buildApp(context: ConsoleContext, accounts: AccountsFeature, features: readonly Feature[]) {
  const { config, logger } = context;
  const { publicUrl, trustedHosts } = config;
  return createApp({
    version: VERSION,
    hosts: hostRules({ listenHost: splitAddress(config.listen).host, publicUrl, trustedHosts }),
    authenticator: accounts.sessions,
    handlers: mergeHandlers(healthRoutes({ version: VERSION }), ...features.map((feature) => feature.routes)),
    webDirectory: findWebDirectory(config.webDirectory),
    https: publicUrl.startsWith("https:"),
    trustProxy: config.trustProxy,
    logger,
  });
}

async function listen(app: FastifyInstance, config: ConsoleConfig): Promise<string> {
  const { host, port } = splitAddress(config.listen);
  await app.listen({ host: host.replace(/^\[|\]$/g, ""), port }).catch((error: unknown) => {
    throw netError(error, config.listen);
  });
  return `http://${host}:${(app.server.address() as AddressInfo).port}`;
}

function splitAddress(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(":");
  return { host: address.slice(0, at), port: Number(address.slice(at + 1)) };
}
