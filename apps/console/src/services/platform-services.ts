/**
 * The services that the platform itself consists of. Programs of the archived system look them up by name when they start and fail
 * without them, so they are always there: made at the first start, with an instance as soon as the console knows its own address, and
 * protected from then on.
 */
import { type Clock, formatHostPort, type HostPort, type ServiceName } from "@msec/core";
import { NO_LABELS } from "@msec/naming";
import { appendAudit } from "../audit/audit-chain.js";
import type { Database, Stores } from "../database/database.js";
import { DEFAULT_WEIGHT, defaultSettings } from "./service-rules.js";
import type { InstanceRow } from "./service-store.js";

export const PLATFORM_GROUP = "RESERVED";
export type PlatformService = "monitor" | "log";
export const PLATFORM_SERVICES: readonly PlatformService[] = ["monitor", "log"];
/** In place of a release: this console put the instance there, and moves it when its own address changes. */
export const PLACED_MEMO = "by the console";

export interface PlatformServicesOptions {
  readonly database: Database;
  readonly clock: Clock;
}

export class PlatformServices {
  readonly #options: PlatformServicesOptions;

  constructor(options: PlatformServicesOptions) {
    this.#options = options;
  }

  /** Makes group and services when they are missing. */
  async seed(): Promise<void> {
    const { database, clock } = this.#options;
    const createdAtMs = clock.nowMs();
    await database.transact(async ({ services }) => {
      if (!(await services.findGroup(PLATFORM_GROUP)))
        await services.addGroup({ name: PLATFORM_GROUP, kind: "external", createdAtMs });
      for (const second of PLATFORM_SERVICES) {
        if (await services.findService(PLATFORM_GROUP, second)) continue;
        const settings = { ...defaultSettings("external"), check: "none" } as const; // each agent knows by its own connection
        const row = { first: PLATFORM_GROUP, second, language: "", port: 0, memo: "part of msec", settings };
        await services.addService({ ...row, createdAtMs });
      }
    });
  }

  /**
   * Sees to it that each service has an instance: one that is missing is put into traffic at its address, one that a console put there
   * moves along. What people added, or took out of traffic, stays as it is.
   *
   * @returns the services that changed, to be published
   */
  async place(addresses: Readonly<Record<PlatformService, HostPort>>): Promise<ServiceName[]> {
    const changed: ServiceName[] = [];
    await this.#options.database.transact(async (stores) => {
      for (const second of PLATFORM_SERVICES)
        if (await this.#placeOne(stores, second, addresses[second])) changed.push({ first: PLATFORM_GROUP, second });
    });
    return changed;
  }

  async #placeOne(stores: Stores, second: PlatformService, { host, port }: HostPort): Promise<boolean> {
    const { services } = stores;
    const rows = await services.listInstances(PLATFORM_GROUP, second);
    const placed = rows.find((row) => row.releaseMemo === PLACED_MEMO);
    const isThere = rows.some((row) => row.host === host && row.port === port);
    if (isThere || (rows.length > 0 && !placed)) return false;
    const row: InstanceRow = {
      ...{ first: PLATFORM_GROUP, second, host, port, labels: NO_LABELS, transport: "tcp", weight: DEFAULT_WEIGHT },
      status: placed?.status ?? "enabled",
      releaseMemo: PLACED_MEMO,
      createdAtMs: this.#options.clock.nowMs(),
    };
    await services.addInstance(row);
    if (!placed) return true;
    await services.removeInstance(placed);
    await this.#audit(stores, second, `moved from ${formatHostPort(placed)} to ${formatHostPort(row)}`);
    return true;
  }

  async #audit({ audit }: Stores, second: PlatformService, text: string): Promise<void> {
    const target = `${PLATFORM_GROUP}.${second}`;
    const atMs = this.#options.clock.nowMs();
    await appendAudit(audit, { atMs, actor: "console", action: "instance.move", target, text });
  }
}
