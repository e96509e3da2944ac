import type { RouteName } from "@msec/api-schema";
import { NotBuiltYet } from "./errors.js";
import type { RouteHandlers } from "./route-handlers.js";

/** Routes of the API that nobody serves yet. Who builds one takes its name out of this list; the list ends empty. */
const pending: readonly RouteName[] = [
  "instances.order",
  "capacity.change",
  "naming.get",
  "releases.list",
  "releases.get",
  "releases.create",
  "releases.start",
  "releases.rollback",
  "releases.delete",
  "machines.list",
  "machines.get",
  "machines.orders",
  "machines.delete",
  "joinTokens.list",
  "joinTokens.create",
  "overview.get",
  "metrics.attributes",
  "metrics.series",
  "metrics.calls",
  "logs.search",
  "requests.get",
  "requests.list",
];

export function pendingRoutes(): RouteHandlers {
  const refuse = (route: RouteName) => () => {
    throw new NotBuiltYet({ route });
  };
  return Object.fromEntries(pending.map((name) => [name, refuse(name)])) as RouteHandlers;
}
