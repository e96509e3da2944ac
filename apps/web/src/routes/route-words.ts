import type { Tone } from "../ui/state-tag.js";

/** How a machine's balancer treats an instance. An agent of another version may know others: they are shown as in use. */
export type RouteState = "ready" | "unused" | "failing" | "ramping" | "ejected" | "due" | "trial";

export const ROUTE_TONES: Readonly<Record<RouteState, Tone>> = {
  ready: "well",
  unused: "unknown",
  failing: "degraded",
  ramping: "working",
  ejected: "failing",
  due: "degraded",
  trial: "degraded",
};

export function routeState(state: string): RouteState {
  return Object.hasOwn(ROUTE_TONES, state) ? (state as RouteState) : "ready";
}
