export {
  NameEntryInvalid,
  NamePushRefused,
  NameRevisionConflict,
  NameStoreUnavailable,
  NameTableInvalid,
} from "./errors.js";
export { FailingNameStore } from "./failing-name-store.js";
export { MemoryNameStore } from "./memory-name-store.js";
export type {
  InstanceTransport,
  NameDelta,
  NameSnapshot,
  NameStore,
  PutOptions,
  ServiceEntry,
  ServiceEntryInput,
  ServiceInstance,
} from "./name-store.js";
export { checkEntry } from "./name-store.js";
export { NamingTable, restoreNamingTable, type SnapshotOptions, type TableChange } from "./naming-table.js";
export { NAME_MIGRATIONS, openSqlNameStore, SqlNameStore, type SqlNameStoreOptions } from "./sql-name-store.js";
