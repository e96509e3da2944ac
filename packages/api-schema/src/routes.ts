import { accountRoutes } from "./accounts.js";
import { instanceRoutes } from "./instances.js";
import { machineRoutes } from "./machines.js";
import { nameStoreRoutes } from "./name-store.js";
import { namingRoutes } from "./naming.js";
import { observabilityRoutes } from "./observability.js";
import { releaseRoutes } from "./releases.js";
import { serviceRouteRoutes } from "./service-routes.js";
import { serviceRoutes } from "./services.js";
import { tlsRoutes } from "./tls.js";
import { versionRoutes } from "./versions.js";

/** Every route of the public API, by name. The console serves exactly these; pages and command line call exactly these. */
export const routes = {
  ...accountRoutes,
  ...serviceRoutes,
  ...serviceRouteRoutes,
  ...instanceRoutes,
  ...versionRoutes,
  ...releaseRoutes,
  ...machineRoutes,
  ...nameStoreRoutes,
  ...namingRoutes,
  ...tlsRoutes,
  ...observabilityRoutes,
} as const;

export type RouteName = keyof typeof routes;
