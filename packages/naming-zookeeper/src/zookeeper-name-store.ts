/**
 * Names kept in ZooKeeper, in the tree of the archived system, and in a store of one's own that stays when ZooKeeper does not: all
 * reads, revisions and listeners are those of the own store. So names are known and can be changed while ZooKeeper is away; both
 * are compared when it is back. See {@link NameSync} for what is taken over and what waits for a person.
 */
import { type Clock, type Logger, silentLogger, systemClock } from "@msec/core";
import type { NameDelta, NameSnapshot, NameStore, PutOptions, ServiceEntry, ServiceEntryInput } from "@msec/naming";
import type { HeldChange } from "./held-change.js";
import { NameSync } from "./name-sync.js";
import { NodeIndex } from "./node-index.js";
import { type MachineLoad, type OldMachine, Presence } from "./presence.js";
import type { TakeOver } from "./sync-acts.js";
import { openSyncLedger, type SyncLedger, UNSEEN } from "./sync-ledger.js";
import type { NodeEvent } from "./wire.js";
import { ZookeeperClient } from "./zookeeper-client.js";
import type { ZookeeperTarget } from "./zookeeper-target.js";

export interface ZookeeperNameStoreOptions {
  readonly target: ZookeeperTarget;
  /** The copy of one's own; closed with this store. */
  readonly local: NameStore;
  /** A file for what the next process must know (it holds the session's password), or `:memory:`. */
  readonly ledgerPath: string;
  readonly takeOver?: TakeOver;
  /** Heartbeats outlive the console by this; the server allows 2 to 20 of its ticks. Default 30 s. */
  readonly sessionTimeoutMs?: number;
  readonly goneAfterMs?: number;
  readonly returnWithinMs?: number;
  readonly logger?: Logger;
  readonly clock?: Clock;
}

export interface ZookeeperStatus {
  /** `zk://host:port/path`, never with the secret. */
  readonly target: string;
  readonly isConnected: boolean;
  /** Why it is not connected. */
  readonly problem: string;
  /** Services that are still to be looked at. */
  readonly pending: number;
  /** When all had been looked at; 0 = never. */
  readonly syncedAtMs: number;
  /** ZooKeeper went back in time: nothing is taken over until each difference is decided. */
  readonly distrust: boolean;
  readonly held: readonly HeldChange[];
  readonly failed: readonly { readonly service: string; readonly problem: string }[];
}

/** Opens what is kept here; {@link ZookeeperNameStore.connect} begins to talk. */
export async function openZookeeperNameStore(options: ZookeeperNameStoreOptions): Promise<ZookeeperNameStore> {
  return new ZookeeperNameStore(options, await openSyncLedger(options.ledgerPath));
}

export class ZookeeperNameStore implements NameStore {
  readonly #options: ZookeeperNameStoreOptions;
  readonly #local: NameStore;
  readonly #ledger: SyncLedger;
  /** Nothing was compared by a former process. */
  readonly #isFirst: boolean;
  readonly #client: ZookeeperClient;
  readonly #sync: NameSync;
  readonly #presence: Presence;
  #saving: Promise<void> = Promise.resolve();

  /** Use {@link openZookeeperNameStore}. */
  constructor(options: ZookeeperNameStoreOptions, ledger: SyncLedger) {
    const { target, local, logger = silentLogger, clock = systemClock, sessionTimeoutMs } = options;
    this.#options = options;
    this.#local = local;
    this.#ledger = ledger;
    this.#isFirst = ledger.services().length === 0;
    const client = new ZookeeperClient({
      ...{ target, logger, clock, session: ledger.state.session, lastZxid: ledger.state.zxid },
      ...(sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs }),
      onConnected: (connected) => this.#onConnected(connected),
      onEvent: (event) => this.#onEvent(event),
    });
    const access = target.credential === undefined ? "open" : "ours";
    const index = new NodeIndex({ client, local, access, logger });
    const { takeOver, goneAfterMs, returnWithinMs } = options;
    this.#client = client;
    this.#sync = new NameSync({ client, local, ledger, index, access, takeOver, logger, clock });
    this.#presence = new Presence({
      ...{ client, clock, logger },
      ...(goneAfterMs === undefined ? {} : { goneAfterMs }),
      ...(returnWithinMs === undefined ? {} : { returnWithinMs }),
    });
  }

  /** Begins to connect, now and after each loss; an absent ZooKeeper is no failure. */
  connect(): void {
    this.#client.start();
  }

  list(): Promise<readonly ServiceEntry[]> {
    return this.#local.list();
  }

  get(service: string): Promise<ServiceEntry | undefined> {
    return this.#local.get(service);
  }

  /** Counts here at once, and in ZooKeeper when it is there. */
  async put(service: string, input: ServiceEntryInput, opts?: PutOptions): Promise<ServiceEntry> {
    const before = await this.#local.get(service);
    const entry = await this.#local.put(service, input, opts);
    if (before?.revision === entry.revision) return entry;
    if (!this.#ledger.base(service)) await this.#ledger.set(service, { remote: UNSEEN, local: UNSEEN });
    this.#sync.nudge(service);
    return entry;
  }

  async remove(service: string): Promise<boolean> {
    const wasThere = await this.#local.remove(service);
    if (wasThere) this.#sync.nudge(service);
    return wasThere;
  }

  snapshot(): Promise<NameSnapshot> {
    return this.#local.snapshot();
  }

  changesSince(revision: number): Promise<readonly NameDelta[] | "reset"> {
    return this.#local.changesSince(revision);
  }

  onChange(listener: (delta: NameDelta) => void): () => void {
    return this.#local.onChange(listener);
  }

  status(): ZookeeperStatus {
    const { held, failed, pending, syncedAtMs } = this.#sync;
    const { isConnected, problem } = this.#client;
    const { distrust } = this.#ledger.state;
    return { target: this.#options.target.text, isConnected, problem, pending, syncedAtMs, distrust, held, failed };
  }

  /** Decides on what is held; see {@link NameSync.resolve}. */
  resolve(services: readonly string[], verdict: "ours" | "theirs"): Promise<readonly HeldChange[]> {
    return this.#sync.resolve(services, verdict);
  }

  /** One of our agents is alive at this address: said to agents of the old kind. */
  beat(address: string, load?: MachineLoad): void {
    this.#presence.beat(address, load);
  }

  /** Machines with an agent of the old kind. @throws {ZookeeperUnavailable} */
  oldMachines(): Promise<readonly OldMachine[]> {
    return this.#presence.oldMachines();
  }

  /** The first time ever: waits until both sides were compared, so that what is there comes before what is made here. */
  async firstCompared(timeoutMs: number): Promise<void> {
    if (this.#isFirst) await this.waitInStep(timeoutMs);
  }

  /** Whether both sides were compared within the time. */
  async waitInStep(timeoutMs: number): Promise<boolean> {
    const { clock = systemClock } = this.#options;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    while (this.#sync.syncedAtMs === 0 && clock.monotonicMs() < deadlineMs) await clock.sleep(20);
    return this.#sync.syncedAtMs > 0;
  }

  /** Resolved when all that can be done now is done. */
  async settled(): Promise<void> {
    await this.#sync.settled();
    await this.#presence.settled();
  }

  /** The session stays until its timeout, so that a successor can go on with it and no machine looks dead meanwhile. */
  async close(): Promise<void> {
    await this.#sync.close();
    await this.#presence.close();
    await this.#saving;
    await this.#ledger.setState({ zxid: this.#client.lastZxid }).catch(() => undefined);
    await this.#client.close({ keepSession: true });
    await this.#ledger.close();
    await this.#local.close();
  }

  #onConnected(connected: { isNewSession: boolean; wentBack: boolean }): void {
    const { session } = this.#client;
    this.#saving = this.#saving
      .then(async () => {
        if (connected.isNewSession) await this.#ledger.setState({ session });
        await this.#sync.onConnected(connected);
        this.#presence.onConnected(connected);
      })
      .catch((error: unknown) => {
        this.#options.logger?.error("the ledger of ZooKeeper can't be written", { problem: String(error) });
      });
  }

  #onEvent(event: NodeEvent): void {
    this.#sync.onEvent(event);
    this.#presence.onEvent(event);
  }
}
