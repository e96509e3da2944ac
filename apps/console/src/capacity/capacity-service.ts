/**
 * Expand and shrink: which instances of a service are in traffic. The instance rows decide; the name store follows them and is
 * compared with them at each start, so that a crash between the two leaves no lasting difference.
 */
import { formatHostPort, formatServiceName, parseHostPort, type ServiceName } from "@msec/core";
import type { NameStore, ServiceEntry, ServiceEntryInput } from "@msec/naming";
import { type LabelsByHost, labelsOf } from "../machines/machine-labels.js";
import { PlatformWouldEmpty } from "../services/errors.js";
import { PLATFORM_GROUP } from "../services/platform-services.js";
import type { ServiceService } from "../services/service-service.js";
import type { InstanceRow } from "../services/service-store.js";
import type { InstanceStatus } from "../services/service-tables.js";
import { CapacityAddressUnknown, CapacityWouldEmpty } from "./errors.js";

export interface CapacityChange {
  readonly action: "expand" | "shrink";
  readonly addresses: readonly string[];
  readonly dryRun: boolean;
  readonly allowEmpty: boolean;
  /** Full name of the service, for what else would leave one of the platform's own without instance. */
  readonly confirm?: string;
}

export interface CapacityResult {
  readonly text: string;
  readonly inTraffic: readonly string[];
  readonly revision: number;
}

export interface CapacityServiceOptions {
  readonly services: Pick<ServiceService, "get" | "list" | "instances" | "onHost" | "setStatus">;
  readonly names: NameStore;
  /** Labels of the machines. */
  readonly labels: () => Promise<LabelsByHost>;
  /** For a store that others write too: makes rows of a name that has none. Missing: such a name is removed. */
  readonly adopt?: ((entry: ServiceEntry) => Promise<void>) | undefined;
}

export class CapacityService {
  readonly #options: CapacityServiceOptions;
  /** One change at a time: each begins with what the one before left. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: CapacityServiceOptions) {
    this.#options = options;
  }

  /** @throws {CapacityAddressUnknown} {CapacityWouldEmpty} {PlatformWouldEmpty}; nothing is changed then */
  change(name: ServiceName, change: CapacityChange): Promise<CapacityResult> {
    return this.#inTurn(() => this.#change(name, change));
  }

  /** Writes the service's enabled instances to the name store. */
  publish(name: ServiceName): Promise<void> {
    return this.#inTurn(() => this.#publish(name));
  }

  /** Writes the services with an instance on a machine whose labels changed. */
  publishHost(host: string): Promise<void> {
    return this.#inTurn(async () => {
      const { services, labels } = this.#options;
      const machines = await labels();
      for (const name of await services.onHost(host)) await this.#publish(name, machines);
    });
  }

  /** Takes a deleted service's name away. */
  unpublish(name: ServiceName): Promise<void> {
    return this.#inTurn(async () => {
      await this.#options.names.remove(formatServiceName(name));
    });
  }

  /** Makes the name store equal to the instance rows; for each start. */
  reconcile(): Promise<void> {
    return this.#inTurn(async () => {
      const { services, names, labels, adopt } = this.#options;
      const rows = await services.list();
      const machines = await labels();
      for (const row of rows) await this.#publish(row, machines);
      const known = new Set(rows.map(formatServiceName));
      const unknown = (await names.list()).filter(({ service }) => !known.has(service));
      for (const entry of unknown) await (adopt ? adopt(entry) : names.remove(entry.service));
    });
  }

  /** Does work that changes rows and names together, while nothing else does. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#inTurn(work);
  }

  /** What the rows of a service say should be in the name store. */
  async entryOf(name: ServiceName, machines?: LabelsByHost): Promise<ServiceEntryInput> {
    const { services, labels } = this.#options;
    const { settings } = await services.get(name);
    const places = machines ?? (await labels());
    const enabled = (await services.instances(name)).filter((row) => row.status === "enabled");
    const instances = enabled.map((row) => {
      const { host, port, transport, weight } = row;
      return { host, port, transport, weight, ...labelsOf(row, places) };
    });
    return { ...settings, instances };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  async #change(name: ServiceName, change: CapacityChange): Promise<CapacityResult> {
    const { services, names } = this.#options;
    const service = formatServiceName(name);
    const rows = await services.instances(name);
    const chosen = new Set(change.addresses.map((address) => findRow(rows, service, address)));
    const status: InstanceStatus = change.action === "expand" ? "enabled" : "disabled";
    const moving = [...chosen].filter((row) => row.status !== status);
    const after = rows.filter((row) => (chosen.has(row) ? status : row.status) === "enabled");
    const text = describeChange(change.action, moving, after, rows.length);
    if (change.dryRun) return { text, inTraffic: after.map(formatHostPort), revision: await this.#revision(service) };
    if (moving.length > 0 && after.length === 0) refuseEmpty(name, change);
    if (moving.length > 0) await services.setStatus(moving, status);
    await this.#publish(name);
    const entry = await names.get(service);
    return { text, inTraffic: (entry?.instances ?? []).map(formatHostPort), revision: entry?.revision ?? 0 };
  }

  async #publish(name: ServiceName, machines?: LabelsByHost): Promise<void> {
    await this.#options.names.put(formatServiceName(name), await this.entryOf(name, machines));
  }

  async #revision(service: string): Promise<number> {
    return (await this.#options.names.get(service))?.revision ?? 0;
  }
}

/** @throws {CapacityWouldEmpty} {PlatformWouldEmpty} */
function refuseEmpty(name: ServiceName, { allowEmpty, confirm }: CapacityChange): void {
  const service = formatServiceName(name);
  if (!allowEmpty) throw new CapacityWouldEmpty({ service });
  if (name.first === PLATFORM_GROUP && confirm !== service) throw new PlatformWouldEmpty({ service });
}

function findRow(rows: readonly InstanceRow[], service: string, address: string): InstanceRow {
  const { host, port } = parseHostPort(address);
  const row = rows.find((r) => r.host === host && r.port === port);
  if (!row) throw new CapacityAddressUnknown({ service, address });
  return row;
}

function describeChange(
  action: CapacityChange["action"],
  moving: readonly InstanceRow[],
  after: readonly InstanceRow[],
  total: number,
): string {
  if (moving.length === 0) return "nothing changes: these instances are so already";
  const list = moving.map(formatHostPort).join(", ");
  const warning = after.length === 0 ? "; every call to it fails then" : "";
  const rest = `${after.length} of ${total} in traffic after that${warning}`;
  return action === "expand" ? `puts ${list} into traffic; ${rest}` : `takes ${list} out of traffic; ${rest}`;
}
