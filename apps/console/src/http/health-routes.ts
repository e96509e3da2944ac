import type { RouteHandlers } from "./route-handlers.js";

export function healthRoutes({ version }: { readonly version: string }): RouteHandlers {
  return { "health.get": () => ({ status: "ok", version }) };
}
