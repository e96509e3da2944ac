export { Balancer, type BalancerOptions, type PickResult } from "./balancer.js";
export {
  describeInstance,
  type InstanceDescription,
  type InstanceFacts,
  type InstanceState,
} from "./describe-instance.js";
export { type Admission, admission, eject, readmit, reportProbe } from "./ejection.js";
export { TableFull } from "./errors.js";
export {
  type CallOutcome,
  EJECT_REASON,
  type EjectReason,
  HEALTH_FIELD,
  type HealthField,
  type HealthTable,
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
export { hashKey } from "./policies/consistent-hash.js";
export type { BalancePolicy } from "./policies/policy.js";
export { DEFAULT_POLICY, POLICIES, type PolicyRow, policyName, policyOf, tryPolicyId } from "./policies/registry.js";
export { type OutcomeReport, reportOutcome } from "./report-outcome.js";
export { seededRandom } from "./seeded-random.js";
export { type BalancerSettings, DEFAULT_SETTINGS } from "./settings.js";
