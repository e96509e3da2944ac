import type { Feature } from "../feature.js";
import type { PlatformServices } from "./platform-services.js";
import { type ServiceRouteDeps, serviceRoutes } from "./service-routes.js";

export interface ServicesFeatureDeps extends ServiceRouteDeps {
  readonly platform: PlatformServices;
}

export function servicesFeature({ platform, ...deps }: ServicesFeatureDeps): Feature {
  return { name: "services", routes: serviceRoutes(deps), start: () => platform.seed() };
}
