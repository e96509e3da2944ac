/**
 * Keeps the copy here and ZooKeeper in step. Work is a set of services to look at and a flag to list them all; one pass at a time
 * takes it until nothing is left. Watches tell of changes; after each connection everything is looked at again, since watches
 * belong to a connection. What fails for want of ZooKeeper is done after the next connection.
 */
import { type Clock, formatHostPort, type Logger, toAppError } from "@msec/core";
import type { NameStore, ServiceEntry, ServiceEntryInput } from "@msec/naming";
import { ZookeeperNodeInvalid, ZookeeperNotHeld, ZookeeperUnavailable } from "./errors.js";
import type { NodeIndex } from "./node-index.js";
import { digestOf, formatServiceNode, parseServiceNode } from "./service-node.js";
import { type Decision, decide, type HoldKind } from "./sync-decision.js";
import { ABSENT, type SyncLedger } from "./sync-ledger.js";
import { SERVICES, servicePath, tryServiceOf } from "./tree.js";
import type { NodeAccess, NodeEvent, ZookeeperNode } from "./wire.js";
import type { ZookeeperClient } from "./zookeeper-client.js";

/** Requests under way at a time. */
const LANES = 32;
const RETRY_AFTER_MS = 30_000;
/** Old agents take two writes of one millisecond for one. */
const NEXT_MILLISECOND_MS = 2;

export interface HeldChange {
  readonly service: string;
  readonly why: HoldKind;
  readonly text: string;
  /** Instances here and in ZooKeeper. */
  readonly ours: number;
  readonly theirs: number;
}

/** Takes what an old console wrote over into the console's own tables. Throws to refuse; nothing is changed then. */
export interface TakeOver {
  /** @param keep to be called with what counts here from now on; nothing may change the name meanwhile */
  put(service: string, entry: ServiceEntryInput, keep: (entry: ServiceEntryInput) => Promise<void>): Promise<void>;
  /** A person confirmed that it is gone. `keep(undefined)` forgets the name. */
  remove(service: string, keep: (entry: ServiceEntryInput | undefined) => Promise<void>): Promise<void>;
}

const TAKE_AS_IT_IS: TakeOver = {
  put: (_, entry, keep) => keep(entry),
  remove: (_, keep) => keep(undefined),
};

export interface NameSyncOptions {
  readonly client: ZookeeperClient;
  readonly local: NameStore;
  readonly ledger: SyncLedger;
  readonly index: NodeIndex;
  readonly access: NodeAccess;
  readonly takeOver: TakeOver | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
}

interface Look {
  readonly service: string;
  readonly entry: ServiceEntry | undefined;
  readonly node: ZookeeperNode | undefined;
  readonly theirs: Omit<ServiceEntry, "revision"> | undefined;
  readonly problem: string;
  readonly ourBytes: Buffer | undefined;
  readonly local: string;
  readonly remote: string;
}

export class NameSync {
  readonly #options: NameSyncOptions;
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
    const look = await this.#look(service);
    const { entry, theirs, local, remote, problem } = look;
    const { ledger } = this.#options;
    const verdict = this.#verdicts.get(service);
    const decision = decide({
      ...{ local, remote, verdict, base: ledger.base(service), distrust: ledger.state.distrust },
      localCount: entry?.instances.length ?? 0,
      remoteCount: remote === ABSENT ? 0 : theirs?.instances.length,
      isSame: isSame(look),
    });
    if (decision.kind === "hold") return this.#hold(look, decision.why, problem);
    await this.#act(look, decision);
  }

  async #look(service: string): Promise<Look> {
    const { client, local } = this.#options;
    const node = await client.read(servicePath(service), { watch: true });
    this.#watched.add(service);
    const entry = await local.get(service);
    const ourBytes = entry && formatServiceNode(entry);
    const look = { service, entry, node, ourBytes, local: ourBytes ? digestOf(ourBytes) : ABSENT };
    // The archived console makes a node first and writes into it then; its agents skip an empty one, too.
    if (!node || node.data.length === 0) return { ...look, theirs: undefined, problem: "", remote: ABSENT };
    const remote = digestOf(node.data);
    try {
      return { ...look, theirs: parseServiceNode(service, node.data, entry), problem: "", remote };
    } catch (error) {
      return { ...look, theirs: undefined, problem: toAppError(error).message, remote };
    }
  }

  async #act(look: Look, decision: Exclude<Decision, { kind: "hold" }>): Promise<void> {
    const { service, local, remote } = look;
    const { ledger } = this.#options;
    this.#held.delete(service);
    if (decision.kind === "write") await this.#write(look);
    else if (decision.kind === "remove") await this.#remove(look);
    else if (decision.kind === "take" || decision.kind === "take removal") await this.#take(look);
    else if (decision.kind === "note") await ledger.set(service, { remote, local });
    else if (local === ABSENT) await ledger.drop(service);
  }

  async #write({ service, node, ourBytes, entry, theirs, local, remote }: Look): Promise<void> {
    if (!ourBytes || !entry) return;
    const { client, ledger, access, index, logger } = this.#options;
    const path = servicePath(service);
    const base = ledger.base(service);
    if (node && base && base.remote !== remote && theirs)
      logger.warn("a change of another console is overwritten", {
        service,
        theirs: theirs.instances.map(formatHostPort),
      });
    if (node) {
      const stat = await client.write(path, ourBytes, node.stat.version);
      if (stat === "gone" || stat === "changed") return this.#again(service);
      if (stat.mtimeMs === node.stat.mtimeMs) {
        await new Promise((resolve) => setTimeout(resolve, NEXT_MILLISECOND_MS));
        await client.write(path, ourBytes, stat.version);
      }
    } else {
      await client.ensure(path.slice(0, path.lastIndexOf("/")), access);
      if ((await client.create(path, ourBytes, { access })) !== "made") return this.#again(service);
    }
    await ledger.set(service, { remote: digestOf(ourBytes), local });
    index.touch([...(theirs?.instances ?? []), ...entry.instances]);
  }

  async #remove({ service, node, theirs }: Look): Promise<void> {
    const { client, ledger, index } = this.#options;
    if (node) {
      const outcome = await client.remove(servicePath(service), node.stat.version);
      if (outcome === "changed") return this.#again(service);
      if (outcome === "has children")
        throw new ZookeeperNodeInvalid({ service, problem: "it has nodes below it and can't be removed" });
    }
    await ledger.drop(service);
    index.touch(theirs?.instances ?? []);
  }

  async #take(look: Look): Promise<void> {
    const { service, entry, theirs } = look;
    const { takeOver = TAKE_AS_IT_IS, logger } = this.#options;
    const keep = (input: ServiceEntryInput | undefined) => this.#keep(look, input);
    try {
      if (theirs) await takeOver.put(service, theirs, keep);
      else await takeOver.remove(service, keep);
    } catch (error) {
      const { code, message } = toAppError(error);
      if (code === "UNAVAILABLE") throw error;
      return this.#hold(look, "refused", message);
    }
    const instances = theirs?.instances.length ?? 0;
    logger.info("took a name over from ZooKeeper", { service, instances, before: entry?.instances.length ?? 0 });
  }

  async #keep({ service, entry, remote }: Look, input: ServiceEntryInput | undefined): Promise<void> {
    const { local, ledger } = this.#options;
    if (!input) {
      await local.remove(service);
      return ledger.drop(service);
    }
    try {
      const kept = await local.put(service, input, { expectedRevision: entry?.revision ?? 0 });
      await ledger.set(service, { remote, local: digestOf(formatServiceNode(kept)) });
    } catch (error) {
      if (toAppError(error).reason !== "NAME_REVISION_CONFLICT") throw error;
      this.#again(service); // it was changed here meanwhile
    }
  }

  #hold({ service, entry, theirs }: Look, why: HoldKind, problem: string): void {
    const ours = entry?.instances.length ?? 0;
    const held = { service, why, text: holdText(why, ours, problem), ours, theirs: theirs?.instances.length ?? 0 };
    if (this.#held.get(service)?.text !== held.text)
      this.#options.logger.warn("a difference with ZooKeeper waits for a decision", { service, why, problem });
    this.#held.set(service, held);
  }

  #again(service: string): void {
    this.#todo.add(service);
  }
}

const HOLD_TEXTS: Readonly<Record<HoldKind, string>> = {
  gone: "it is gone from ZooKeeper",
  emptied: "its list in ZooKeeper is empty",
  "only here": "it was never in this ZooKeeper",
  differs: "ZooKeeper has another list, and nobody knows which is newer",
  "only there": "it is in ZooKeeper, which went back in time",
  unreadable: "what ZooKeeper has can't be used",
  refused: "the console can't take it over",
};

function holdText(why: HoldKind, ours: number, problem: string): string {
  const text = problem === "" ? HOLD_TEXTS[why] : `${HOLD_TEXTS[why]}: ${problem}`;
  return ours === 0 ? text : `${text}; our ${ours} instances stay`;
}

/** Whether both sides say the same, however it is written. */
function isSame({ local, remote, theirs, entry }: Look): boolean {
  if (local === remote) return true;
  if (!entry || !theirs) return false;
  return digestOf(formatServiceNode(theirs)) === local;
}

async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(LANES, items.length) }, lane));
}
