/** `routes.read`: how a machine sees a service now, asked of its agent by the console. */
import { type Static, type TSchema, Type } from "typebox";

const Strict = <P extends Record<string, TSchema>>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });
const Text = (maxLength: number) => Type.String({ maxLength });
/** `[2001:db8:ffff:ffff:ffff:ffff:255.255.255.255]:65535` and shorter. */
const Address = Text(56);

/** Most instances in one answer; those that are not well come first. */
export const MAX_ROUTE_ROWS = 1_000;

export const RoutesReadRequest = Strict({
  service: Text(64),
  /** How many picks the shares are of. */
  picks: Type.Integer({ minimum: 1, maximum: 100_000 }),
  /** For `consistent hash`; empty = none. */
  key: Text(256),
});

/** The shape of `RouteReading` in `@msec/balancer`. */
export const RouteReading = Strict({
  policy: Text(32),
  revision: Type.Integer(),
  updatedAtMs: Type.Integer(),
  locality: Type.Unsafe<"none" | "zone" | "rack">({ type: "string", enum: ["none", "zone", "rack"] }),
  isPartitioned: Type.Boolean(),
  otherSetsCount: Type.Integer(),
  count: Type.Integer(),
  picks: Type.Integer(),
  rows: Type.Array(
    Strict({
      address: Address,
      weight: Type.Integer(),
      nearness: Type.Integer({ minimum: 0, maximum: 2 }),
      share: Type.Number(),
      hits: Type.Integer(),
      inFlight: Type.Integer(),
      latencyMs: Type.Number(),
      successRatio: Type.Union([Type.Number(), Type.Null()]),
      state: Text(16),
      why: Text(512),
    }),
    { maxItems: MAX_ROUTE_ROWS },
  ),
  sample: Type.Union([
    Strict({
      address: Address,
      text: Text(2_048),
      candidates: Type.Array(Strict({ address: Address, verdict: Text(32), costMs: Type.Number() }), { maxItems: 64 }),
    }),
    Type.Null(),
  ]),
});
export type RouteReading = Static<typeof RouteReading>;

/** `null`: this machine does not know the service. */
export const RoutesReadReply = Strict({ routes: Type.Union([RouteReading, Type.Null()]) });
export type RoutesReadReply = Static<typeof RoutesReadReply>;
