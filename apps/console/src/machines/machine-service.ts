/** Machines with what their agents told last. Heartbeats stay in memory; after a restart agents tell them anew within seconds. */
import type { Machine } from "@msec/api-schema";
import type { Clock } from "@msec/core";
import type { AgentFacts, Heartbeat } from "@msec/protocol";
import { MachineInTraffic, MachineNotFound } from "./errors.js";
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
  readonly store: MachineStore;
  readonly clock: Clock;
  readonly isConnected: (machineId: string) => boolean;
  readonly disconnect: (machineId: string, why: string) => void;
  /** Enabled instances with this host. */
  readonly inTraffic: (host: string) => Promise<readonly string[]>;
}

export class MachineService {
  readonly #options: MachineServiceOptions;
  readonly #live = new Map<string, LiveMachine>();
  readonly #savedAtMs = new Map<string, number>();

  constructor(options: MachineServiceOptions) {
    this.#options = options;
  }

  async list(): Promise<Machine[]> {
    return (await this.#options.store.list()).map((row) => this.#view(row));
  }

  /** By address. */
  rows(): Promise<readonly MachineRow[]> {
    return this.#options.store.list();
  }

  async get(machineId: string): Promise<Machine> {
    return this.#view(await this.row(machineId));
  }

  /** @throws {MachineNotFound} */
  async row(machineId: string): Promise<MachineRow> {
    const row = await this.#options.store.byId(machineId);
    if (!row) throw new MachineNotFound({ machineId });
    return row;
  }

  async byAddress(host: string): Promise<MachineRow | undefined> {
    return (await this.#options.store.list()).find((row) => row.address === host);
  }

  isOnline(machineId: string): boolean {
    const live = this.#live.get(machineId);
    const isFresh = live !== undefined && this.#options.clock.nowMs() - live.receivedAtMs < AWAY_AFTER_MS;
    return isFresh && this.#options.isConnected(machineId);
  }

  live(machineId: string): LiveMachine | undefined {
    return this.#live.get(machineId);
  }

  async onConnected(machineId: string, facts: AgentFacts): Promise<void> {
    await this.#options.store.update(machineId, {
      name: facts.name,
      address: facts.address,
      agentVersion: facts.version,
      platform: facts.platform,
      lastSeenAtMs: this.#options.clock.nowMs(),
    });
  }

  /** Keeps a heartbeat. @returns true when the last-seen time is due to be stored */
  onHeartbeat(machineId: string, beat: Heartbeat): boolean {
    const receivedAtMs = this.#options.clock.nowMs();
    this.#live.set(machineId, { beat, receivedAtMs });
    const isDue = receivedAtMs - (this.#savedAtMs.get(machineId) ?? 0) > SAVE_SEEN_EVERY_MS;
    if (isDue) this.#savedAtMs.set(machineId, receivedAtMs);
    return isDue;
  }

  async saveSeen(machineId: string): Promise<void> {
    await this.#options.store.update(machineId, { lastSeenAtMs: this.#options.clock.nowMs() });
  }

  /** @throws {MachineNotFound} {MachineInTraffic} */
  async remove(machineId: string): Promise<MachineRow> {
    const row = await this.row(machineId);
    const addresses = await this.#options.inTraffic(row.address);
    if (addresses.length > 0) throw new MachineInTraffic({ machine: row.name, addresses });
    await this.#options.store.remove(machineId);
    this.#live.delete(machineId);
    this.#options.disconnect(machineId, "the machine was removed");
    return row;
  }

  #view(row: MachineRow): Machine {
    const live = this.#live.get(row.machineId);
    const { beat } = live ?? {};
    return {
      machineId: row.machineId,
      name: row.name,
      address: row.address,
      state: this.isOnline(row.machineId) ? "online" : "away",
      agentVersion: row.agentVersion,
      platform: row.platform,
      joinedAtMs: row.joinedAtMs,
      lastSeenAtMs: live?.receivedAtMs ?? row.lastSeenAtMs,
      namingRevision: beat?.namingRevision ?? 0,
      clockOffsetMs: live ? live.beat.atMs - live.receivedAtMs : 0,
      load: beat?.load ?? null,
      services: (beat?.processes ?? []).map(({ sinceAtMs: _, ...process }) => process),
      spooledLogs: beat?.spooledLogs ?? 0,
      droppedLogs: beat?.droppedLogs ?? 0,
    };
  }
}
