/**
 * Keeps the copy here and ZooKeeper in step. Work is a set of services to look at and a flag to list them all; one pass at a time
 * takes it until nothing is left. Watches tell of changes; after each connection everything is looked at again, since watches
 * belong to a connection. What fails for want of ZooKeeper is done after the next connection.
 */
import { type Clock, toAppError } from "@msec/core";
import { ZookeeperNotHeld, ZookeeperUnavailable } from "./errors.js";
import { type HeldChange, holdChange } from "./held-change.js";
import { isSame, lookAt } from "./service-look.js";
import { SyncActs, type SyncActsOptions } from "./sync-acts.js";
import { decide } from "./sync-decision.js";
import { ABSENT } from "./sync-ledger.js";
import { SERVICES, tryServiceOf } from "./tree.js";
import type { NodeEvent } from "./wire.js";

/** Requests under way at a time. */
const LANES = 32;
const RETRY_AFTER_MS = 30_000;

export interface NameSyncOptions extends SyncActsOptions {
  readonly clock: Clock;
}

export class NameSync {
  readonly #options: NameSyncOptions;
  readonly #acts: SyncActs;
  readonly #todo = new Set<string>();
  readonly #watched = new Set<string>();
  readonly #held = new Map<string, HeldChange>();
  readonly #failed = new Map<string, string>();
  readonly #verdicts = new Map<string, "ours" | "theirs">();
  #mustList = false;
  #hasListed = false;
  #running: Promise<void> | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #syncedAtMs = 0;

  constructor(options: NameSyncOptions) {
    this.#options = options;
    this.#acts = new SyncActs(options, (service) => this.#again(service));
  }

  /** Differences that wait for a person, by name. */
  get held(): readonly HeldChange[] {
    return [...this.#held.values()].toSorted((a, b) => (a.service < b.service ? -1 : 1));
  }

  /** What could not be done though ZooKeeper answers, by name. */
  get failed(): readonly { readonly service: string; readonly problem: string }[] {
    return [...this.#failed].map(([service, problem]) => ({ service, problem }));
  }

  /** Services that are still to be looked at. */
  get pending(): number {
    return this.#todo.size + (this.#mustList ? 1 : 0);
  }

  /** When everything had been looked at; 0 = never. */
  get syncedAtMs(): number {
    return this.#syncedAtMs;
  }

  async onConnected(opts: { wentBack: boolean }): Promise<void> {
    if (opts.wentBack) {
      await this.#options.ledger.setState({ distrust: true });
      this.#options.logger.error("ZooKeeper went back in time; differences wait for a decision");
    }
    this.#watched.clear();
    this.#hasListed = false;
    this.#mustList = true;
    this.#pump();
  }

  onEvent(event: NodeEvent): void {
    if (event.path !== SERVICES && !event.path.startsWith(`${SERVICES}/`)) return;
    const service = tryServiceOf(event.path);
    if (service === undefined) this.#mustList = true;
    else {
      this.#watched.delete(service);
      this.#todo.add(service);
    }
    this.#pump();
  }

  /** The copy here changed. */
  nudge(service: string): void {
    this.#todo.add(service);
    this.#pump();
  }

  /**
   * Decides on differences that are held: ours goes to ZooKeeper, or theirs is taken over, removals too.
   *
   * @param services empty = all that are held
   * @throws {ZookeeperNotHeld} @throws {ZookeeperUnavailable}
   */
  async resolve(services: readonly string[], verdict: "ours" | "theirs"): Promise<readonly HeldChange[]> {
    if (!this.#options.client.isConnected) throw new ZookeeperUnavailable({ problem: this.#options.client.problem });
    const chosen = services.length === 0 ? [...this.#held.keys()] : services;
    const decided = chosen.map((service) => {
      const held = this.#held.get(service);
      if (!held) throw new ZookeeperNotHeld({ service });
      return held;
    });
    for (const { service } of decided) {
      this.#verdicts.set(service, verdict);
      this.#todo.add(service);
    }
    this.#pump();
    await this.settled();
    return decided;
  }

  /** Resolved when nothing is left to do, or nothing can be done. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    await this.settled();
  }

  #pump(): void {
    if (this.#running !== undefined || this.#isClosed || !this.#options.client.isConnected) return;
    this.#running = this.#work()
      .catch((error: unknown) => {
        const { reason, message } = toAppError(error);
        this.#options.logger.warn("names can't be compared with ZooKeeper", { reason, message });
        if (this.#options.client.isConnected) this.#retryLater();
      })
      .finally(() => {
        this.#running = undefined;
        if (this.pending > 0 && this.#retryTimer === undefined) this.#pump();
      });
  }

  async #work(): Promise<void> {
    while (this.pending > 0 && !this.#isClosed && this.#options.client.isConnected) {
      if (this.#mustList) {
        this.#mustList = false;
        await this.#list().catch((error: unknown) => {
          this.#mustList = true;
          throw error;
        });
      }
      const batch = [...this.#todo];
      this.#todo.clear();
      await inLanes(batch, async (service) => this.#handle(service));
    }
    if (this.pending === 0 && this.#hasListed) await this.#note();
  }

  async #note(): Promise<void> {
    const { client, ledger, index } = this.#options;
    await index.flush();
    if (this.#held.size === 0 && ledger.state.distrust) await ledger.setState({ distrust: false });
    await ledger.setState({ zxid: client.lastZxid });
    this.#syncedAtMs = this.#options.clock.nowMs();
  }

  /** Finds names that are new there, and those that are gone. */
  async #list(): Promise<void> {
    const { client, local, ledger } = this.#options;
    const groups = await client.children(SERVICES, { watch: true });
    const there = new Set<string>();
    await inLanes(groups, async (group) => {
      for (const name of await client.children(`${SERVICES}/${group}`, { watch: true })) {
        const service = tryServiceOf(`${SERVICES}/${group}/${name}`);
        if (service !== undefined) there.add(service);
      }
    });
    const isFirst = !this.#hasListed;
    for (const service of there) if (!this.#watched.has(service)) this.#todo.add(service);
    const here = isFirst ? (await local.list()).map(({ service }) => service) : [];
    for (const service of [...here, ...ledger.services()]) if (isFirst || !there.has(service)) this.#todo.add(service);
    this.#hasListed = true;
  }

  async #handle(service: string): Promise<void> {
    try {
      await this.#step(service);
      this.#failed.delete(service);
    } catch (error) {
      const { reason, message } = toAppError(error);
      if (!this.#options.client.isConnected) return this.#again(service);
      this.#failed.set(service, message);
      this.#options.logger.warn("a name can't be kept in step with ZooKeeper", { service, reason, message });
      this.#retryLater();
    } finally {
      if (!this.#todo.has(service)) this.#verdicts.delete(service);
    }
  }

  #retryLater(): void {
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined;
      for (const service of this.#failed.keys()) this.#todo.add(service);
      this.#pump();
    }, RETRY_AFTER_MS).unref();
  }

  async #step(service: string): Promise<void> {
    const { ledger } = this.#options;
    const look = await lookAt(service, this.#options);
    this.#watched.add(service);
    const { entry, theirs, local, remote, problem } = look;
    const verdict = this.#verdicts.get(service);
    const decision = decide({
      ...{ local, remote, verdict, base: ledger.base(service), distrust: ledger.state.distrust },
      localCount: entry?.instances.length ?? 0,
      remoteCount: remote === ABSENT ? 0 : theirs?.instances.length,
      isSame: isSame(look),
    });
    if (decision.kind === "hold") return this.#hold(holdChange(look, decision.why, problem), problem);
    this.#held.delete(service);
    const refusal = await this.#acts.carryOut(look, decision);
    if (refusal !== undefined) this.#hold(holdChange(look, "refused", refusal), refusal);
  }

  #hold(held: HeldChange, problem: string): void {
    const { service, why, text } = held;
    if (this.#held.get(service)?.text !== text)
      this.#options.logger.warn("a difference with ZooKeeper waits for a decision", { service, why, problem });
    this.#held.set(service, held);
  }

  #again(service: string): void {
    this.#todo.add(service);
  }
}

async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(LANES, items.length) }, lane));
}
