import type { ConsoleContext } from "../context.js";
import type { Feature } from "../feature.js";
import { type OverviewDeps, OverviewService } from "./overview-service.js";

/** Is anything wrong now. */
export function overviewFeature(context: ConsoleContext, deps: OverviewDeps): Feature {
  const overview = new OverviewService({ clock: context.clock, ...deps });
  return { name: "overview", routes: { "overview.get": () => overview.get() } };
}
