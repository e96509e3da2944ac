export { checkEntry, checkLabels, MAX_INSTANCES, NO_LABELS } from "./check-entry.js";
export { judgeService, LossWindow } from "./collapse-rule.js";
export {
  NameEntryInvalid,
  NamePushRefused,
  NameRevisionConflict,
  NameStoreUnavailable,
  NameTableInvalid,
} from "./errors.js";
export { FailingNameStore } from "./failing-name-store.js";
export { MemoryNameStore } from "./memory-name-store.js";
export { type NamePlanStep, planNames } from "./name-plan.js";
export type {
  InstanceCheck,
  InstanceTransport,
  Locality,
  NameDelta,
  NameSnapshot,
  NameStore,
  NamingLabels,
  PutOptions,
  ServiceEntry,
  ServiceEntryInput,
  ServiceInstance,
  ServiceInstanceInput,
} from "./name-store.js";
export {
  type NamePosition,
  NamingTable,
  type PushedDelta,
  type PushedEntry,
  type PushedSnapshot,
  type SnapshotOptions,
  type TableChange,
} from "./naming-table.js";
export { NamingTableFile, type RestoredTable } from "./naming-table-file.js";
export { checkTuning, type NamingTuning } from "./naming-tuning.js";
export type { NameWrite, ResumableNameStore } from "./resumable-name-store.js";
export { openSqlNameStore, SqlNameStore, type SqlNameStoreOptions } from "./sql-name-store.js";
