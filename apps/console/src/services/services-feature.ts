import type { Feature } from "../feature.js";
import type { InstanceFacts } from "./instance-facts.js";
import { serviceRoutes } from "./service-routes.js";
import type { ServiceService } from "./service-service.js";

export function servicesFeature(services: ServiceService, facts: InstanceFacts): Feature {
  return { name: "services", routes: serviceRoutes({ services, facts }), start: () => services.seed() };
}
