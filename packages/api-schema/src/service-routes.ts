import { type Static, Type } from "typebox";
import { InstanceAddress, ServiceParams } from "./names.js";
import { AtMs, OneOf, route, Strict } from "./route.js";

export const ServiceRouteRow = Strict({
  address: InstanceAddress,
  weight: Type.Integer(),
  nearness: Type.Integer({ description: "2 = same rack, 1 = same zone, 0 = elsewhere or not asked" }),
  share: Type.Number({ description: "part of the picks that go there now, 0 to 1" }),
  hits: Type.Integer({ description: "of `picks`" }),
  inFlight: Type.Integer({ description: "calls under way from this machine" }),
  latencyMs: Type.Number({ description: "average" }),
  successRatio: Type.Union([Type.Number(), Type.Null()], { description: "of the last seconds; null = no calls" }),
  state: Type.String({ description: "ready, unused, failing, ramping, ejected, due or trial" }),
  why: Type.String({ description: "in words" }),
});
export type ServiceRouteRow = Static<typeof ServiceRouteRow>;

/** Whom the calls of one machine to a service go to now. */
export const ServiceRoutes = Strict({
  policy: Type.String(),
  revision: Type.Integer({ description: "of the name store" }),
  updatedAtMs: AtMs("instances changed last"),
  locality: OneOf(["none", "zone", "rack"]),
  isPartitioned: Type.Boolean({ description: "only instances of the machine's own set" }),
  otherSetsCount: Type.Integer({ description: "instances left out, since they are of other sets" }),
  count: Type.Integer({ description: "instances; rows may hold fewer" }),
  picks: Type.Integer({ description: "how many picks the shares are of" }),
  rows: Type.Array(ServiceRouteRow),
  sample: Type.Union([
    Strict({
      address: InstanceAddress,
      text: Type.String({ description: "why it was taken" }),
      candidates: Type.Array(
        Strict({
          address: InstanceAddress,
          verdict: Type.String(),
          costMs: Type.Number({ description: "expected cost of one more call; the lowest is taken" }),
        }),
      ),
    }),
    Type.Null(),
  ]),
});
export type ServiceRoutes = Static<typeof ServiceRoutes>;

export const RouteMachine = Strict({
  machineId: Type.String(),
  name: Type.String(),
  state: OneOf(["online", "away"]),
});
export type RouteMachine = Static<typeof RouteMachine>;

export const serviceRouteRoutes = {
  "routes.get": route({
    method: "GET",
    path: "/api/v1/services/:first/:second/routes",
    tag: "services",
    permission: "service:read",
    summary: "Whom the calls of a machine to this service go to now, and why; asked of its agent",
    params: ServiceParams,
    query: Strict({
      machine: Type.Optional(Type.String({ maxLength: 64, description: "name or id; default: the first one online" })),
      picks: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
      key: Type.Optional(Type.String({ maxLength: 256, description: "for policy consistent hash" })),
    }),
    response: Strict({
      atMs: AtMs("read"),
      machines: Type.Array(RouteMachine),
      machine: Type.Union([RouteMachine, Type.Null()], { description: "whose view it is; null = none is online" }),
      routes: Type.Union([ServiceRoutes, Type.Null()], { description: "null = the machine does not know the service" }),
    }),
  }),
};
