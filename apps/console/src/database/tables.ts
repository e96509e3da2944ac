import type { AccountTables } from "../accounts/account-tables.js";
import type { AuditTables } from "../audit/audit-tables.js";
import type { MachineTables } from "../machines/machine-tables.js";
import type { OrderTables } from "../orders/order-tables.js";
import type { ReleaseTables } from "../releases/release-tables.js";
import type { ServiceTables } from "../services/service-tables.js";
import type { VersionTables } from "../versions/version-tables.js";

/** Small facts of this installation, by key. */
export interface SettingTable {
  key: string;
  value: string;
}

/** Every table of the console's database. A feature folder adds its own interface here. Times are epoch milliseconds. */
export interface ConsoleTables
  extends AccountTables,
    AuditTables,
    ServiceTables,
    VersionTables,
    MachineTables,
    OrderTables,
    ReleaseTables {
  settings: SettingTable;
}
