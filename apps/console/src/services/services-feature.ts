import type { ConsoleContext } from "../context.js";
import type { Feature } from "../feature.js";
import type { InstanceFacts } from "./instance-facts.js";
import { serviceRoutes } from "./service-routes.js";
import { ServiceService } from "./service-service.js";

export interface ServicesFeature extends Feature {
  readonly services: ServiceService;
}

export function servicesFeature(context: ConsoleContext, facts: InstanceFacts): ServicesFeature {
  const services = new ServiceService(context);
  return {
    name: "services",
    routes: serviceRoutes({ services, facts }),
    services,
    start: () => services.seed(),
  };
}
