import type { ServiceSettings } from "@msec/api-schema";
import type { NamingLabels } from "@msec/naming";
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
  /** How machines choose among its instances. */
  readonly settings: ServiceSettings;
  readonly createdAtMs: number;
}

/** `host` and `port` of an instance. */
export interface InstanceKey {
  readonly host: string;
  readonly port: number;
}

/** Of one service. Foreign services may share an address. */
export interface InstanceRef extends InstanceKey {
  readonly first: string;
  readonly second: string;
}

export interface InstanceRow extends InstanceRef {
  readonly transport: TransportName;
  readonly weight: number;
  /** Of its own; all empty = those of the machine it is on. */
  readonly labels: NamingLabels;
  readonly status: InstanceStatus;
  /** What was released last: `MMDDhhmm` and the memo of the release. */
  readonly releaseMemo: string;
  readonly createdAtMs: number;
}

/** What can change of a row while it is there. */
export type ServiceChange = Partial<Pick<ServiceRow, "memo" | "settings">>;
export type InstanceChange = Partial<Pick<InstanceRow, "transport" | "weight" | "labels" | "status" | "releaseMemo">>;

/** Groups, services and instances. */
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
  updateService(first: string, second: string, change: ServiceChange): Promise<void>;
  /** Its instances and versions go with it. */
  removeService(first: string, second: string): Promise<void>;

  /** Of all services. */
  listAllInstances(): Promise<InstanceRow[]>;
  /** By address. */
  listInstances(first: string, second: string): Promise<InstanceRow[]>;
  findInstance(ref: InstanceRef): Promise<InstanceRow | undefined>;
  /** Of any service. */
  listInstancesAt(key: InstanceKey): Promise<InstanceRow[]>;
  /** Instances on one machine, of any service. */
  listInstancesOnHost(host: string): Promise<InstanceRow[]>;
  addInstance(instance: InstanceRow): Promise<void>;
  removeInstance(ref: InstanceRef): Promise<void>;
  updateInstance(ref: InstanceRef, change: InstanceChange): Promise<void>;
}
