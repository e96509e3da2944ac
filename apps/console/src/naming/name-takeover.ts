/**
 * Rows of services and instances for names that somebody else wrote: an old console in ZooKeeper, or a file that is imported. The
 * rows decide what is published, so they change first and in the same turn as the name.
 */

import { POLICIES, type Policy, type ServiceSettings } from "@msec/api-schema";
import {
  type Clock,
  formatHostPort,
  formatServiceName,
  type HostPort,
  parseServiceName,
  type ServiceName,
} from "@msec/core";
import { checkEntry, type NamingLabels, NO_LABELS, type ServiceEntryInput } from "@msec/naming";
import { appendAudit } from "../audit/audit-chain.js";
import type { CapacityService } from "../capacity/capacity-service.js";
import type { Database, Stores } from "../database/database.js";
import { hasLabels, type LabelsByHost, labelsByHost, labelsOf } from "../machines/machine-labels.js";
import { InstanceTaken } from "../services/errors.js";
import {
  checkGroupName,
  checkHost,
  DEFAULT_PORT,
  defaultSettings,
  mayShareAddress,
} from "../services/service-rules.js";
import { findService } from "../services/service-service.js";
import type { InstanceRow, ServiceRow } from "../services/service-store.js";
import type { ServiceKindName } from "../services/service-tables.js";

type Entry = ReturnType<typeof checkEntry>;
type Keep<T> = (entry: T) => Promise<void>;

export interface NameTakeoverOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly capacity: Pick<CapacityService, "alone" | "entryOf">;
  /** Who does it, for the audit log. */
  readonly actor: string;
}

export class NameTakeover {
  readonly #options: NameTakeoverOptions;

  constructor(options: NameTakeoverOptions) {
    this.#options = options;
  }

  /** Makes the rows say this, then keeps what they say. @throws {InstanceTaken} {HostNotUsable} {GroupNameReserved}; nothing is changed then */
  put(service: string, input: ServiceEntryInput, keep: Keep<ServiceEntryInput>): Promise<void> {
    return this.#options.capacity.alone(async () => {
      await this.adopt(service, input);
      await keep(await this.#options.capacity.entryOf(parseServiceName(service)));
    });
  }

  /** Takes its instances out of traffic; the service itself stays, with its versions. */
  remove(service: string, keep: Keep<ServiceEntryInput | undefined>): Promise<void> {
    const name = parseServiceName(service);
    const { database, capacity } = this.#options;
    return capacity.alone(async () => {
      const isKnown = await database.transact(async (stores) => {
        if (!(await stores.services.findService(name.first, name.second))) return false;
        await this.#disable(stores, name, new Set());
        await this.#audit(stores, service, "took all instances out of traffic: the name is gone there");
        return true;
      });
      await keep(isKnown ? await capacity.entryOf(name) : undefined);
    });
  }

  /** Only the rows; for work that is alone already. */
  async adopt(service: string, input: ServiceEntryInput): Promise<void> {
    const entry = checkEntry(service, input);
    const name = parseServiceName(service);
    await this.#options.database.transact(async (stores) => {
      const row = await this.#service(stores, name, entry);
      const machines = await labelsByHost(stores.machines);
      for (const instance of entry.instances) await this.#instance(stores, row, { instance, machines });
      await this.#disable(stores, name, new Set(entry.instances.map(formatHostPort)));
      const addresses = entry.instances.map(formatHostPort).join(", ");
      await this.#audit(stores, service, `took over ${entry.instances.length} instances: ${addresses}`.slice(0, 2_000));
    });
  }

  async #service(stores: Stores, name: ServiceName, entry: Entry): Promise<ServiceRow> {
    const { services } = stores;
    const createdAtMs = this.#options.clock.nowMs();
    const { first, second } = name;
    const found = await services.findService(first, second);
    if (found) {
      const settings = settingsOf(entry, found.settings);
      await services.updateService(first, second, { settings });
      return { ...found, settings };
    }
    const kind: ServiceKindName =
      (await services.findGroup(first))?.kind ?? (entry.policy === "odd" ? "external" : "standard");
    if (!(await services.findGroup(first))) {
      checkGroupName(first);
      await services.addGroup({ name: first, kind, createdAtMs });
    }
    const port = kind === "standard" ? (entry.instances[0]?.port ?? DEFAULT_PORT) : 0;
    const settings = settingsOf(entry, defaultSettings(kind));
    await services.addService({ first, second, language: "", port, memo: "taken over", settings, createdAtMs });
    return findService(stores, name);
  }

  async #instance(
    stores: Stores,
    service: ServiceRow,
    { instance, machines }: { instance: Entry["instances"][number]; machines: LabelsByHost },
  ): Promise<void> {
    const { services } = stores;
    const { host, port, transport, weight } = instance;
    const { first, second, kind } = service;
    const old = await services.findInstance({ first, second, host, port });
    const labels = ownLabels(instance, { kind, old: old?.labels ?? NO_LABELS, machines });
    const change = { transport, weight, labels, status: "enabled" as const };
    if (old) return services.updateInstance(old, change);
    checkHost(host);
    await refuseTaken(stores, service, instance);
    const row: InstanceRow = {
      first,
      second,
      host,
      port,
      ...change,
      releaseMemo: "",
      createdAtMs: this.#options.clock.nowMs(),
    };
    await services.addInstance(row);
  }

  async #disable({ services }: Stores, { first, second }: ServiceName, keep: ReadonlySet<string>): Promise<void> {
    for (const row of await services.listInstances(first, second))
      if (row.status === "enabled" && !keep.has(formatHostPort(row)))
        await services.updateInstance(row, { status: "disabled" });
  }

  #audit({ audit }: Stores, target: string, text: string): Promise<void> {
    const { clock, actor } = this.#options;
    return appendAudit(audit, { atMs: clock.nowMs(), actor, action: "naming.take-over", target, text });
  }
}

/** A name that says nothing of checks keeps ours. */
function settingsOf(entry: Entry, old: ServiceSettings): ServiceSettings {
  const { locality, partition, tuning = {} } = entry;
  const policy = POLICIES.includes(entry.policy as Policy) ? (entry.policy as Policy) : old.policy;
  return { policy, locality, partition, tuning, check: entry.check === "none" ? old.check : entry.check };
}

/** Labels that the machine gives are no labels of the instance's own; instances of standard services have none. */
function ownLabels(
  instance: NamingLabels & { readonly host: string },
  { kind, old, machines }: { kind: ServiceKindName; old: NamingLabels; machines: LabelsByHost },
): NamingLabels {
  const { zone, rack, set } = instance;
  const told = { zone, rack, set };
  if (kind === "standard" || !hasLabels(told)) return old;
  const given = labelsOf({ host: instance.host, labels: old }, machines);
  return given.zone === zone && given.rack === rack && given.set === set ? old : told;
}

async function refuseTaken(stores: Stores, service: ServiceRow, key: HostPort): Promise<void> {
  for (const row of await stores.services.listInstancesAt(key)) {
    if (mayShareAddress(service.kind, (await findService(stores, row)).kind)) continue;
    throw new InstanceTaken({ conflicts: [{ address: formatHostPort(key), service: formatServiceName(row) }] });
  }
}
