import type { InstanceStatus, ServiceKindName, TransportName } from "./service-tables.js";

export interface GroupRow {
  readonly name: string;
  readonly kind: ServiceKindName;
  readonly createdAtMs: number;
}

export interface ServiceRow {
  readonly first: string;
  readonly second: string;
  /** Kind of its group. */
  readonly kind: ServiceKindName;
  readonly language: string;
  readonly port: number;
  readonly memo: string;
  readonly createdAtMs: number;
}

export interface InstanceRow {
  readonly host: string;
  readonly port: number;
  readonly first: string;
  readonly second: string;
  readonly transport: TransportName;
  readonly weight: number;
  readonly status: InstanceStatus;
  /** What was released last: `MMDDhhmm` and the memo of the release. */
  readonly releaseMemo: string;
  readonly createdAtMs: number;
}

/** `host` and `port` of an instance. */
export interface InstanceKey {
  readonly host: string;
  readonly port: number;
}

/** Groups, services and instances. An instance's address is unique in the whole deployment. */
export interface ServiceStore {
  /** By name. */
  listGroups(): Promise<GroupRow[]>;
  findGroup(name: string): Promise<GroupRow | undefined>;
  addGroup(group: GroupRow): Promise<void>;
  removeGroup(name: string): Promise<void>;

  /** By first, then second name. */
  listServices(): Promise<ServiceRow[]>;
  listServicesOf(first: string): Promise<ServiceRow[]>;
  findService(first: string, second: string): Promise<ServiceRow | undefined>;
  addService(service: Omit<ServiceRow, "kind">): Promise<void>;
  /** Its instances and versions go with it. */
  removeService(first: string, second: string): Promise<void>;

  /** Of all services. */
  listAllInstances(): Promise<InstanceRow[]>;
  /** By address. */
  listInstances(first: string, second: string): Promise<InstanceRow[]>;
  findInstance(key: InstanceKey): Promise<InstanceRow | undefined>;
  /** Instances on one machine, of any service. */
  listInstancesOnHost(host: string): Promise<InstanceRow[]>;
  addInstance(instance: InstanceRow): Promise<void>;
  removeInstance(key: InstanceKey): Promise<void>;
  setInstanceStatus(key: InstanceKey, status: InstanceStatus): Promise<void>;
  setReleaseMemo(key: InstanceKey, releaseMemo: string): Promise<void>;
}
