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
  created_at_ms: number;
}

/** The key is (host, port): one address belongs to one service in the whole deployment. */
export interface InstanceTable {
  host: string;
  port: number;
  first: string;
  second: string;
  transport: TransportName;
  weight: number;
  status: InstanceStatus;
  release_memo: string;
  created_at_ms: number;
}

export interface ServiceTables {
  service_groups: GroupTable;
  services: ServiceTable;
  instances: InstanceTable;
}
