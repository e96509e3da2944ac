import { type Static, Type } from "typebox";
import { OneOf, Strict } from "./route.js";

/** Names of the balancing policies; docs/reference/fault-tolerance.md tells what each does. */
export const POLICIES = ["adaptive", "standard", "dynamic wrr", "wrr", "odd", "consistent hash"] as const;
export const Policy = OneOf(POLICIES);
export type Policy = Static<typeof Policy>;

const Ratio = (description: string) =>
  Type.Optional(Type.Number({ exclusiveMinimum: 0.00001, maximum: 1, description }));
/** Keys of the weight shaping of old agents and of policies that follow it. Those that are missing have their defaults. */
export const Tuning = Strict({
  shaping_request_min: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 1_000_000, description: "calls below which a weight stays (10)" }),
  ),
  success_ratio_base: Ratio("success ratio above which an instance is well (0.98)"),
  success_ratio_min: Ratio("success ratio below which it is dead; not above the base (0.6)"),
  resume_weight_ratio: Ratio("share of its weight a recovered instance begins with (0.1)"),
  dead_retry_ratio: Ratio("share of calls that try a dead instance (0.01)"),
  weight_low_watermark: Ratio("share of its full weight below which a weight is low (0.5)"),
  weight_low_ratio: Ratio("share of instances with a low weight above which none is lowered (0.5)"),
  weight_incr_ratio: Ratio("step by which a weight grows (0.05)"),
});
export type Tuning = Static<typeof Tuning>;

/** How machines choose among the instances of a service. */
export const ServiceSettings = Strict({
  policy: Policy,
  locality: OneOf(["none", "zone", "rack"]),
  partition: Type.Boolean({ description: "use only instances of the caller's own set" }),
  check: OneOf(["none", "tcp"]),
  tuning: Tuning,
});
export type ServiceSettings = Static<typeof ServiceSettings>;
