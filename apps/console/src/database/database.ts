import { openSqlite } from "@msec/sql";
import type { Kysely } from "kysely";
import type { AccountStore } from "../accounts/account-store.js";
import { sqlAccountStore } from "../accounts/sql-account-store.js";
import type { AuditStore } from "../audit/audit-store.js";
import { sqlAuditStore } from "../audit/sql-audit-store.js";
import type { MachineStore } from "../machines/machine-store.js";
import { sqlMachineStore } from "../machines/sql-machine-store.js";
import type { OrderStore } from "../orders/order-store.js";
import { sqlOrderStore } from "../orders/sql-order-store.js";
import type { ReleaseStore } from "../releases/release-store.js";
import { sqlReleaseStore } from "../releases/sql-release-store.js";
import type { ServiceStore } from "../services/service-store.js";
import { sqlServiceStore } from "../services/sql-service-store.js";
import { sqlVersionStore } from "../versions/sql-version-store.js";
import type { VersionStore } from "../versions/version-store.js";
import { migrations } from "./migrations.js";
import type { SettingStore } from "./setting-store.js";
import { sqlSettingStore } from "./sql-setting-store.js";
import type { ConsoleTables } from "./tables.js";

/** One store per feature. A new feature adds its store here and in {@link sqlStores}. */
export interface Stores {
  readonly settings: SettingStore;
  readonly accounts: AccountStore;
  readonly services: ServiceStore;
  readonly versions: VersionStore;
  readonly audit: AuditStore;
  readonly machines: MachineStore;
  readonly orders: OrderStore;
  readonly releases: ReleaseStore;
}

export interface Database {
  /** For single reads and writes. */
  readonly stores: Stores;
  /**
   * Runs `work` in one transaction: all or nothing, and nobody else writes in between. Inside, use only the stores that
   * `work` is given: the outer ones wait for the end of the transaction and would never get it. Do no network or file
   * work inside.
   */
  transact<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
  /** Writes a consistent copy to a new file. */
  backup(toPath: string): Promise<void>;
  close(): Promise<void>;
}

function sqlStores(db: Kysely<ConsoleTables>): Stores {
  return {
    settings: sqlSettingStore(db),
    accounts: sqlAccountStore(db),
    services: sqlServiceStore(db),
    versions: sqlVersionStore(db),
    audit: sqlAuditStore(db),
    machines: sqlMachineStore(db),
    orders: sqlOrderStore(db),
    releases: sqlReleaseStore(db),
  };
}

/** Opens the console's database (`:memory:` for tests) and brings its schema up to date. A commit survives a power loss. */
export async function openDatabase(path: string): Promise<Database> {
  const sqlite = await openSqlite<ConsoleTables>(path, { migrations, durable: true });
  return {
    stores: sqlStores(sqlite.db),
    transact: (work) => sqlite.transaction((transaction) => work(sqlStores(transaction))),
    backup: (toPath) => sqlite.backup(toPath),
    close: () => sqlite.close(),
  };
}
