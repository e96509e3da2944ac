import type { Policy } from "@msec/api-schema";
import type { InstanceCheck, Locality } from "@msec/naming";

export type ServiceKindName = "standard" | "external";
export type TransportName = "tcp" | "udp" | "all";
export type InstanceStatus = "enabled" | "disabled";

export interface GroupTable {
  name: string;
  kind: ServiceKindName;
  created_at_ms: number;
}

export interface ServiceTable {
  first: string;
  second: string;
  /** Empty for external services. */
  language: string;
  /** 0 for external services. */
  port: number;
  memo: string;
  policy: Policy;
  locality: Locality;
  is_partitioned: 0 | 1;
  instance_check: InstanceCheck;
  /** JSON of what is set. */
  tuning: string;
  created_at_ms: number;
}

/** The key is (first, second, host, port): only foreign services may share an address. */
export interface InstanceTable {
  host: string;
  port: number;
  first: string;
  second: string;
  transport: TransportName;
  weight: number;
  /** Labels of its own; all three empty = those of the machine it is on. */
  zone: string;
  rack: string;
  set_name: string;
  status: InstanceStatus;
  release_memo: string;
  created_at_ms: number;
}

export interface ServiceTables {
  service_groups: GroupTable;
  services: ServiceTable;
  instances: InstanceTable;
}

/** What came with labels and settings. An address may be that of several foreign services, so the key of instances grew. */
export const serviceLabelStatements: readonly string[] = [
  `ALTER TABLE services ADD COLUMN policy TEXT NOT NULL DEFAULT 'adaptive'`,
  `ALTER TABLE services ADD COLUMN locality TEXT NOT NULL DEFAULT 'none'`,
  `ALTER TABLE services ADD COLUMN is_partitioned INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE services ADD COLUMN instance_check TEXT NOT NULL DEFAULT 'none'`,
  `ALTER TABLE services ADD COLUMN tuning TEXT NOT NULL DEFAULT '{}'`,
  `UPDATE services SET policy = 'odd' WHERE first IN (SELECT name FROM service_groups WHERE kind = 'external')`,
  `UPDATE services SET instance_check = 'tcp' WHERE policy = 'odd' AND first <> 'RESERVED'`,
  `CREATE TABLE labelled_instances (
    host TEXT NOT NULL, port INTEGER NOT NULL, first TEXT NOT NULL, second TEXT NOT NULL, transport TEXT NOT NULL,
    weight INTEGER NOT NULL, zone TEXT NOT NULL, rack TEXT NOT NULL, set_name TEXT NOT NULL, status TEXT NOT NULL,
    release_memo TEXT NOT NULL, created_at_ms INTEGER NOT NULL, PRIMARY KEY (first, second, host, port),
    FOREIGN KEY (first, second) REFERENCES services(first, second) ON DELETE CASCADE) STRICT`,
  `INSERT INTO labelled_instances SELECT host, port, first, second, transport, weight, '', '', '', status,
    release_memo, created_at_ms FROM instances`,
  `DROP TABLE instances`,
  `ALTER TABLE labelled_instances RENAME TO instances`,
  `CREATE INDEX instances_by_host ON instances(host, port)`,
];
