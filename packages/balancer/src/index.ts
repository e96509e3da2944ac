export { Balancer, type BalancerOptions, type PickResult } from "./balancer.js";
export {
  describeInstance,
  type InstanceDescription,
  type InstanceFacts,
  type InstanceState,
} from "./describe-instance.js";
export { type EjectOptions, eject, isRefusing, PROBE_RESULT, reportProbe } from "./ejection.js";
export { TableFull } from "./errors.js";
export type { CandidateExplanation, CostParts, PickExplanation } from "./explain.js";
export { hashKey } from "./hash-key.js";
export {
  type CallOutcome,
  EJECT_REASON,
  type EjectReason,
  HEALTH_FIELD,
  type HealthField,
  type HealthTable,
  type Nearness,
} from "./health-table.js";
export { MemoryHealthTable, type MemoryMember } from "./memory-health-table.js";
export { OriginalBalancer, type OriginalBalancerOptions } from "./original/original-balancer.js";
export {
  type OriginalReport,
  type OriginalRoute,
  reportServer,
  routeOf,
  searchServer,
} from "./original/search-route.js";
export { type NodeEvent, type OriginalCompat, type ShapeOptions, shapeTables } from "./original/shape.js";
export { createMemoryTables, currentTable, fillTable, type OriginalTables } from "./original/tables.js";
export type { CandidateVerdict, PickWay } from "./pick-trace.js";
export type { BalancePolicy } from "./policies/policy.js";
export { DEFAULT_POLICY, POLICIES, type PolicyRow, policyName, policyOf, tryPolicyId } from "./policies/registry.js";
export {
  type ReadRoutesOptions,
  type RoutedTable,
  type RouteReading,
  type RouteRow,
  type RouteSample,
  readRoutes,
} from "./read-routes.js";
export type { OutcomeReport } from "./report-outcome.js";
export { seededRandom } from "./seeded-random.js";
export { type BalancerSettings, DEFAULT_SETTINGS } from "./settings.js";
