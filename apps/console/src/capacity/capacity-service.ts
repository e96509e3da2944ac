/**
 * Expand and shrink: which instances of a service are in traffic. The instance rows decide; the name store follows them and is
 * compared with them at each start, so that a crash between the two leaves no lasting difference.
 */
import { formatHostPort, formatServiceName, parseHostPort, type ServiceName } from "@msec/core";
import type { NameStore } from "@msec/naming";
import type { ServiceService } from "../services/service-service.js";
import type { InstanceRow } from "../services/service-store.js";
import type { InstanceStatus, ServiceKindName } from "../services/service-tables.js";
import { CapacityAddressUnknown, CapacityWouldEmpty } from "./errors.js";

export interface CapacityChange {
  readonly action: "expand" | "shrink";
  readonly addresses: readonly string[];
  readonly dryRun: boolean;
  readonly allowEmpty: boolean;
}

export interface CapacityResult {
  readonly text: string;
  readonly inTraffic: readonly string[];
  readonly revision: number;
}

export interface CapacityServiceOptions {
  readonly services: Pick<ServiceService, "get" | "list" | "instances" | "setStatus">;
  readonly names: NameStore;
}

/** Policy of the name store by kind of service. Spec: nlb.md §2.1. */
const POLICY: Readonly<Record<ServiceKindName, string>> = { standard: "adaptive", external: "odd" };

export class CapacityService {
  readonly #options: CapacityServiceOptions;

  constructor(options: CapacityServiceOptions) {
    this.#options = options;
  }

  /** @throws {CapacityAddressUnknown} {CapacityWouldEmpty}; nothing is changed then */
  async change(name: ServiceName, change: CapacityChange): Promise<CapacityResult> {
    const { services } = this.#options;
    const service = formatServiceName(name);
    await services.get(name);
    const rows = await services.instances(name);
    const chosen = change.addresses.map((address) => findRow(rows, service, address));
    const status: InstanceStatus = change.action === "expand" ? "enabled" : "disabled";
    const moving = chosen.filter((row) => row.status !== status);
    const after = rows.filter((row) => (moving.includes(row) ? status : row.status) === "enabled");
    const text = describeChange(change.action, moving, after, rows.length);
    if (change.dryRun) return { text, inTraffic: after.map(formatHostPort), revision: await this.#revision(service) };
    if (moving.length > 0 && after.length === 0 && !change.allowEmpty) throw new CapacityWouldEmpty({ service });
    if (moving.length > 0) await services.setStatus(moving, status);
    await this.publish(name);
    const entry = await this.#options.names.get(service);
    return { text, inTraffic: (entry?.instances ?? []).map(formatHostPort), revision: entry?.revision ?? 0 };
  }

  /** Writes the service's enabled instances to the name store. */
  async publish(name: ServiceName): Promise<void> {
    const row = await this.#options.services.get(name);
    const instances = (await this.#options.services.instances(name)).filter((i) => i.status === "enabled");
    await this.#options.names.put(formatServiceName(name), {
      policy: POLICY[row.kind],
      instances: instances.map(({ host, port, transport, weight }) => ({ host, port, transport, weight })),
    });
  }

  /** Takes a deleted service's name away. */
  async unpublish(name: ServiceName): Promise<void> {
    await this.#options.names.remove(formatServiceName(name));
  }

  /** Makes the name store equal to the instance rows; for each start. */
  async reconcile(): Promise<void> {
    const rows = await this.#options.services.list();
    for (const row of rows) await this.publish(row);
    const known = new Set(rows.map(formatServiceName));
    for (const entry of await this.#options.names.list())
      if (!known.has(entry.service)) await this.#options.names.remove(entry.service);
  }

  async #revision(service: string): Promise<number> {
    return (await this.#options.names.get(service))?.revision ?? 0;
  }
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
  const rest = `${after.length} of ${total} in traffic after that`;
  return action === "expand" ? `puts ${list} into traffic; ${rest}` : `takes ${list} out of traffic; ${rest}`;
}
