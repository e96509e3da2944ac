/** Machines with what their agents told last. Heartbeats stay in memory; after a restart agents tell them anew within seconds. */
import type { Machine } from "@msec/api-schema";
import type { Clock } from "@msec/core";
import type { NamingLabels } from "@msec/naming";
import type { AgentFacts, Heartbeat } from "@msec/protocol";
import type { Database } from "../database/database.js";
import { AgentUnknown } from "../link/errors.js";
import { MachineAddressTaken, MachineInRelease, MachineInTraffic, MachineNotFound } from "./errors.js";
import { checkMachineAddress } from "./machine-rules.js";
import type { MachineRow, MachineStore } from "./machine-store.js";

/** An agent without a heartbeat for so long counts as away, even if its connection still stands. */
export const AWAY_AFTER_MS = 15_000;
/** `lastSeenAtMs` is stored at most this often. */
const SAVE_SEEN_EVERY_MS = 60_000;

export interface LiveMachine {
  readonly beat: Heartbeat;
  readonly receivedAtMs: number;
}

export interface MachineServiceOptions {
  readonly database: Pick<Database, "stores" | "transact">;
  readonly clock: Clock;
  readonly isConnected: (machineId: string) => boolean;
  readonly disconnect: (machineId: string, why: string) => void;
  /** Addresses of enabled instances with this host. */
  readonly inTraffic: (host: string) => Promise<readonly string[]>;
  /** Releases under way with a target on this host. */
  readonly inRelease: (host: string) => Promise<readonly string[]>;
  /** Its labels are others now. */
  readonly onLabels: (row: MachineRow) => Promise<void>;
}

export class MachineService {
  readonly #options: MachineServiceOptions;
  readonly #store: MachineStore;
  readonly #live = new Map<string, LiveMachine>();
  /** Last sign of life: a heartbeat, or that the agent connected. */
  readonly #seenAtMs = new Map<string, number>();
  readonly #savedAtMs = new Map<string, number>();

  constructor(options: MachineServiceOptions) {
    this.#options = options;
    this.#store = options.database.stores.machines;
  }

  async list(): Promise<Machine[]> {
    return (await this.#store.list()).map((row) => this.#view(row));
  }

  /** By address. */
  rows(): Promise<readonly MachineRow[]> {
    return this.#store.list();
  }

  async get(machineId: string): Promise<Machine> {
    return this.#view(await this.row(machineId));
  }

  /** @throws {MachineNotFound} */
  async row(machineId: string): Promise<MachineRow> {
    const row = await this.#store.byId(machineId);
    if (!row) throw new MachineNotFound({ machineId });
    return row;
  }

  byAddress(host: string): Promise<MachineRow | undefined> {
    return this.#store.byAddress(host);
  }

  isOnline(machineId: string): boolean {
    const seenAtMs = this.#seenAtMs.get(machineId);
    const isFresh = seenAtMs !== undefined && this.#options.clock.nowMs() - seenAtMs < AWAY_AFTER_MS;
    return isFresh && this.#options.isConnected(machineId);
  }

  /** What its agent told last; `undefined` before the first heartbeat since the console started. */
  live(machineId: string): LiveMachine | undefined {
    return this.#live.get(machineId);
  }

  /**
   * An agent proved its identity and tells its facts. Its id is its identity, so it may come from another address than before.
   *
   * @throws {AgentUnknown} removed meanwhile; {MachineAddressTaken} {MachineAddressInvalid}
   */
  async onConnected(machineId: string, facts: AgentFacts): Promise<void> {
    const { address, version, platform } = facts;
    checkMachineAddress(address);
    const lastSeenAtMs = this.#options.clock.nowMs();
    const name = facts.name === "" ? address : facts.name;
    await this.#options.database.transact(async ({ machines }) => {
      const holder = await machines.byAddress(address);
      if (holder && holder.machineId !== machineId) throw new MachineAddressTaken({ address, machine: holder.name });
      const told = { name, address, agentVersion: version, platform, lastSeenAtMs };
      if (!(await machines.setFacts(machineId, told))) throw new AgentUnknown({ agentId: machineId });
    });
    this.#seenAtMs.set(machineId, lastSeenAtMs);
    this.#savedAtMs.set(machineId, lastSeenAtMs);
  }

  /** Keeps a heartbeat; the time of the last one is stored now and then. */
  async onHeartbeat(machineId: string, beat: Heartbeat): Promise<void> {
    const receivedAtMs = this.#options.clock.nowMs();
    this.#live.set(machineId, { beat, receivedAtMs });
    this.#seenAtMs.set(machineId, receivedAtMs);
    if (receivedAtMs - (this.#savedAtMs.get(machineId) ?? 0) <= SAVE_SEEN_EVERY_MS) return;
    this.#savedAtMs.set(machineId, receivedAtMs);
    await this.#store.setSeen(machineId, receivedAtMs);
  }

  /** Tells where a machine is; what is missing stays. @throws {MachineNotFound} */
  async setLabels(machineId: string, change: Partial<NamingLabels>): Promise<MachineRow> {
    const old = await this.row(machineId);
    const row = { ...old, labels: { ...old.labels, ...change } };
    if (!(await this.#store.setLabels(machineId, row.labels))) throw new MachineNotFound({ machineId });
    await this.#options.onLabels(row);
    return row;
  }

  /** @throws {MachineNotFound} {MachineInTraffic} {MachineInRelease} */
  async remove(machineId: string): Promise<MachineRow> {
    const row = await this.row(machineId);
    const addresses = await this.#options.inTraffic(row.address);
    if (addresses.length > 0) throw new MachineInTraffic({ machine: row.name, addresses });
    const releaseIds = await this.#options.inRelease(row.address);
    if (releaseIds.length > 0) throw new MachineInRelease({ machine: row.name, releaseIds });
    await this.#store.remove(machineId);
    this.forget(machineId, "the machine was removed");
    return row;
  }

  /** Drops what is known of a machine that is no more, and its connection. */
  forget(machineId: string, why: string): void {
    this.#options.disconnect(machineId, why);
    this.#live.delete(machineId);
    this.#seenAtMs.delete(machineId);
    this.#savedAtMs.delete(machineId);
  }

  #view(row: MachineRow): Machine {
    const live = this.#live.get(row.machineId);
    const { beat } = live ?? {};
    return {
      machineId: row.machineId,
      name: row.name,
      address: row.address,
      labels: row.labels,
      state: this.isOnline(row.machineId) ? "online" : "away",
      agentVersion: row.agentVersion,
      platform: row.platform,
      joinedAtMs: row.joinedAtMs,
      lastSeenAtMs: this.#seenAtMs.get(row.machineId) ?? row.lastSeenAtMs,
      namingRevision: beat?.namingRevision ?? 0,
      clockOffsetMs: live ? live.beat.atMs - live.receivedAtMs : 0,
      load: beat?.load ?? null,
      services: (beat?.processes ?? []).map(({ sinceAtMs: _, ...process }) => process),
      spooledLogs: beat?.spooledLogs ?? 0,
      droppedLogs: beat?.droppedLogs ?? 0,
    };
  }
}
