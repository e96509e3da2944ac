import { actorName, type RouteHandlers } from "../http/route-handlers.js";
import type { NamingService } from "./naming-service.js";

export function namingRoutes(naming: NamingService): RouteHandlers {
  return {
    "naming.held": async () => ({ held: naming.held(), refusals: await naming.refusals() }),
    "naming.confirm": ({ body, actor }) => naming.confirm(body, actorName(actor)),
    "naming.discard": async ({ body, actor }) => ({ discarded: await naming.discard(body.services, actorName(actor)) }),
  };
}
