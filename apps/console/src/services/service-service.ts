import {
  type Clock,
  formatHostPort,
  formatServiceName,
  parseHostPort,
  parseServiceName,
  type ServiceName,
} from "@msec/core";
import { type NamingLabels, NO_LABELS } from "@msec/naming";
import { appendAudit } from "../audit/audit-chain.js";
import type { Database, Stores } from "../database/database.js";
import { type Actor, actorName } from "../http/route-handlers.js";
import {
  GroupExists,
  GroupNotEmpty,
  GroupUnknown,
  InstanceInTraffic,
  InstanceTaken,
  InstanceUnknown,
  PlatformProtected,
  ServiceExists,
  ServiceInTraffic,
  ServiceUnknown,
} from "./errors.js";
import { PLATFORM_GROUP } from "./platform-services.js";
import {
  checkGroupName,
  DEFAULT_WEIGHT,
  defaultSettings,
  defaultTransport,
  mayShareAddress,
  newAddresses,
  refuseLabels,
  serviceSettings,
} from "./service-rules.js";
import type { GroupRow, InstanceKey, InstanceRef, InstanceRow, ServiceRow } from "./service-store.js";
import type { InstanceStatus, ServiceKindName, TransportName } from "./service-tables.js";

/** Other features that have a say, or something to do, when a service goes. Called outside of transactions. */
export interface ServiceWatcher {
  afterCreateService?(name: ServiceName): Promise<void>;
  /** Throws to refuse, e.g. while a release runs. */
  beforeRemoveService?(name: ServiceName): Promise<void>;
  afterRemoveService?(name: ServiceName): Promise<void>;
  afterAddInstances?(hosts: readonly string[]): Promise<void>;
  beforeRemoveInstance?(name: ServiceName, address: string): Promise<void>;
}

export interface NewService extends ServiceName {
  readonly language?: string;
  readonly port?: number;
  readonly memo?: string;
}

export interface NewInstances {
  readonly hosts?: readonly string[];
  readonly addresses?: readonly string[];
  readonly transport?: TransportName;
  readonly weight?: number;
  readonly labels?: Partial<NamingLabels>;
}

/** Groups, services and instances with their rules. Spec: console.md §2.3, 3.4, 3.5. */
export class ServiceService {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #watchers: ServiceWatcher[] = [];

  constructor(opts: { database: Database; clock: Clock }) {
    this.#database = opts.database;
    this.#clock = opts.clock;
  }

  /** For features that are composed later; before the console listens. */
  addWatcher(watcher: ServiceWatcher): void {
    this.#watchers.push(watcher);
  }

  /** @throws {GroupNameReserved} {GroupExists} */
  async createGroup(actor: Actor, input: { name: string; kind: ServiceKindName }): Promise<GroupRow> {
    checkGroupName(input.name);
    const group = { ...input, createdAtMs: this.#clock.nowMs() };
    await this.#database.transact(async (stores) => {
      if (await stores.services.findGroup(input.name)) throw new GroupExists({ name: input.name });
      await stores.services.addGroup(group);
      await this.#audit(stores, actor, ["group.create", input.name, `added ${input.kind} group ${input.name}`]);
    });
    return group;
  }

  /** @throws {GroupUnknown} {GroupNotEmpty} {PlatformProtected} */
  async deleteGroup(actor: Actor, name: string): Promise<void> {
    if (name === PLATFORM_GROUP) throw new PlatformProtected({ name });
    await this.#database.transact(async (stores) => {
      if (!(await stores.services.findGroup(name))) throw new GroupUnknown({ name });
      const children = await stores.services.listServicesOf(name);
      if (children.length > 0) throw new GroupNotEmpty({ name, services: children.map(formatServiceName) });
      await stores.services.removeGroup(name);
      await this.#audit(stores, actor, ["group.delete", name, `removed group ${name}`]);
    });
  }

  listGroups(): Promise<GroupRow[]> {
    return this.#database.stores.services.listGroups();
  }

  list(): Promise<ServiceRow[]> {
    return this.#database.stores.services.listServices();
  }

  /** @throws {ServiceUnknown} */
  get(name: ServiceName): Promise<ServiceRow> {
    return findService(this.#database.stores, name);
  }

  /** @throws {GroupUnknown} {ServiceExists} {PlatformProtected} {FieldNotForKind} */
  async create(actor: Actor, input: NewService): Promise<ServiceRow> {
    const { first, second, memo = "" } = input;
    const service = formatServiceName(input);
    if (first === PLATFORM_GROUP) throw new PlatformProtected({ name: first });
    const created = await this.#database.transact(async (stores) => {
      const group = await stores.services.findGroup(first);
      if (!group) throw new GroupUnknown({ name: first });
      if (await stores.services.findService(first, second)) throw new ServiceExists({ service });
      const { language, port } = serviceSettings(group.kind, input);
      const settings = defaultSettings(group.kind);
      const row = { first, second, memo, language, port, settings, createdAtMs: this.#clock.nowMs() };
      await stores.services.addService(row);
      const how = group.kind === "standard" ? ` in ${language} on port ${port}` : "";
      await this.#audit(stores, actor, ["service.create", service, `added ${group.kind} service ${service}${how}`]);
      return { ...row, kind: group.kind };
    });
    for (const watcher of this.#watchers) await watcher.afterCreateService?.({ first, second });
    return created;
  }

  /** Its instances and versions go with it. @throws {ServiceUnknown} {ServiceInTraffic} {PlatformProtected} */
  async delete(actor: Actor, name: ServiceName): Promise<void> {
    const service = formatServiceName(name);
    await findService(this.#database.stores, name);
    if (name.first === PLATFORM_GROUP) throw new PlatformProtected({ name: service });
    for (const watcher of this.#watchers) await watcher.beforeRemoveService?.(name);
    await this.#database.transact(async (stores) => {
      await findService(stores, name);
      const instances = await stores.services.listInstances(name.first, name.second);
      const addresses = instances.filter((instance) => instance.status === "enabled").map(formatHostPort);
      if (addresses.length > 0) throw new ServiceInTraffic({ service, addresses });
      await stores.services.removeService(name.first, name.second);
      const text = `removed service ${service} with ${instances.length} instances and its versions`;
      await this.#audit(stores, actor, ["service.delete", service, text]);
    });
    for (const watcher of this.#watchers) await watcher.afterRemoveService?.(name);
  }

  /** By address. @throws {ServiceUnknown} */
  async instances(name: ServiceName): Promise<InstanceRow[]> {
    await findService(this.#database.stores, name);
    return this.#database.stores.services.listInstances(name.first, name.second);
  }

  /** Of all services. */
  allInstances(): Promise<InstanceRow[]> {
    return this.#database.stores.services.listAllInstances();
  }

  /** Services with an instance on this machine. */
  async onHost(host: string): Promise<ServiceName[]> {
    const rows = await this.#database.stores.services.listInstancesOnHost(host);
    return [...new Set(rows.map(formatServiceName))].map((service) => parseServiceName(service));
  }

  /** @throws {ServiceUnknown} {InstanceUnknown} {AddressInvalid} */
  instance(name: ServiceName, address: string): Promise<InstanceRow> {
    return findInstance(this.#database.stores, name, address);
  }

  /** Adds all or none, out of traffic. @throws {ServiceUnknown} {InstanceTaken} {InstanceRepeated} {FieldNotForKind} */
  async addInstances(actor: Actor, name: ServiceName, input: NewInstances): Promise<InstanceRow[]> {
    const added = await this.#database.transact(async (stores) => {
      const service = await findService(stores, name);
      const keys = newAddresses(service, input);
      refuseLabels(service.kind, input.labels);
      await refuseTaken(stores, service, keys);
      const rest = {
        first: name.first,
        second: name.second,
        transport: input.transport ?? defaultTransport(service.language),
        weight: input.weight ?? DEFAULT_WEIGHT,
        labels: { ...NO_LABELS, ...input.labels },
        status: "disabled" as const,
        releaseMemo: "",
        createdAtMs: this.#clock.nowMs(),
      };
      const rows = keys.map((key) => ({ ...key, ...rest }));
      for (const row of rows) await stores.services.addInstance(row);
      const text = `added instances ${keys.map(formatHostPort).join(", ")}, out of traffic`;
      await this.#audit(stores, actor, ["instance.create", formatServiceName(name), text]);
      return rows;
    });
    for (const watcher of this.#watchers) await watcher.afterAddInstances?.(added.map(({ host }) => host));
    return added;
  }

  /** @throws {ServiceUnknown} {InstanceUnknown} {InstanceInTraffic} */
  async deleteInstance(actor: Actor, name: ServiceName, address: string): Promise<void> {
    const service = formatServiceName(name);
    for (const watcher of this.#watchers) await watcher.beforeRemoveInstance?.(name, address);
    await this.#database.transact(async (stores) => {
      const row = await findInstance(stores, name, address);
      if (row.status === "enabled") throw new InstanceInTraffic({ service, address });
      await stores.services.removeInstance(row);
      await this.#audit(stores, actor, ["instance.delete", service, `removed instance ${address}`]);
    });
  }

  /** Puts instances into traffic or takes them out, all or none. Rules and audit are the caller's. */
  async setStatus(refs: readonly InstanceRef[], status: InstanceStatus): Promise<void> {
    await this.#database.transact(async ({ services }) => {
      for (const ref of refs) await services.updateInstance(ref, { status });
    });
  }

  async #audit(stores: Stores, actor: Actor, [action, target, text]: [string, string, string]): Promise<void> {
    await appendAudit(stores.audit, { atMs: this.#clock.nowMs(), actor: actorName(actor), action, target, text });
  }
}

/** @throws {ServiceUnknown} */
export async function findService({ services }: Stores, name: ServiceName): Promise<ServiceRow> {
  const row = await services.findService(name.first, name.second);
  if (!row) throw new ServiceUnknown({ service: formatServiceName(name) });
  return row;
}

/** @throws {ServiceUnknown} {InstanceUnknown} {AddressInvalid} */
export async function findInstance(stores: Stores, name: ServiceName, address: string): Promise<InstanceRow> {
  const { first, second } = await findService(stores, name);
  const row = await stores.services.findInstance({ first, second, ...parseHostPort(address) });
  if (!row) throw new InstanceUnknown({ service: formatServiceName(name), address });
  return row;
}

async function refuseTaken(stores: Stores, service: ServiceRow, keys: readonly InstanceKey[]): Promise<void> {
  const conflicts = [];
  for (const key of keys) {
    for (const row of await stores.services.listInstancesAt(key)) {
      const isOwn = row.first === service.first && row.second === service.second;
      if (!isOwn && mayShareAddress(service.kind, (await findService(stores, row)).kind)) continue;
      conflicts.push({ address: formatHostPort(key), service: formatServiceName(row) });
    }
  }
  if (conflicts.length > 0) throw new InstanceTaken({ conflicts });
}
