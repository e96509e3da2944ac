/**
 * Between the name store, where changes are made (here, or by others in ZooKeeper), and the published names, which agents get. A
 * change that looks like an accident is held back: the published entry stays until a person confirms the change, or discards it, or
 * the store has something harmless again. Rules: collapse-rule.ts of @msec/naming.
 */
import { type Clock, type Logger, toAppError } from "@msec/core";
import {
  judgeService,
  LossWindow,
  type NameDelta,
  type NameStore,
  type NameWrite,
  type ResumableNameStore,
  type ServiceEntry,
} from "@msec/naming";

const RETRY_MS = 2_000;

export interface HeldChange {
  readonly service: string;
  /** Of the name store; confirm with it, so that nobody confirms what he did not see. */
  readonly revision: number;
  /** What agents have. */
  readonly published: ServiceEntry;
  /** What the store has; `undefined` = removed. */
  readonly wanted: ServiceEntry | undefined;
  readonly why: string;
  readonly sinceMs: number;
}

export interface NamingGateOptions {
  readonly source: NameStore;
  readonly published: ResumableNameStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A change was held back that was not before. */
  onHeld?(held: HeldChange): void;
}

interface Pending {
  readonly revision: number;
  readonly entry: ServiceEntry | undefined;
}

export class NamingGate {
  readonly #options: NamingGateOptions;
  readonly #published = new Map<string, ServiceEntry>();
  readonly #held = new Map<string, HeldChange>();
  readonly #losses = new LossWindow();
  #served = 0;
  #pending = new Map<string, Pending>();
  #unsubscribe: (() => void) | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: NamingGateOptions) {
    this.#options = options;
  }

  /** What is held back, by name. */
  get held(): readonly HeldChange[] {
    return [...this.#held.values()].toSorted((a, b) => (a.service < b.service ? -1 : 1));
  }

  /** Follows the store from here on; begins with all that differs from the published names. */
  async start(): Promise<void> {
    for (const entry of await this.#options.published.list()) this.#note(entry.service, entry);
    this.#unsubscribe = this.#options.source.onChange((delta) => this.#onChange(delta));
    await this.#compare();
  }

  close(): void {
    this.#isClosed = true;
    this.#unsubscribe?.();
    clearTimeout(this.#retryTimer);
  }

  /** Resolves when all that the store told so far is published or held back. */
  async settled(): Promise<void> {
    await this.#work;
  }

  /** Revision of a service's published entry; 0 = none. */
  publishedRevision(service: string): number {
    return this.#published.get(service)?.revision ?? 0;
  }

  tryHeld(service: string): HeldChange | undefined {
    return this.#held.get(service);
  }

  /** Publishes held changes. @returns those that were held at these revisions */
  async confirm(chosen: readonly Pick<HeldChange, "service" | "revision">[]): Promise<readonly HeldChange[]> {
    const changes = chosen.flatMap(({ service, revision }) => {
      const held = this.#held.get(service);
      return held?.revision === revision ? [held] : [];
    });
    await this.#inTurn(() => this.#publish(changes.map(({ service, wanted }) => ({ service, entry: wanted }))));
    return changes;
  }

  /** Writes what is published back into the store. @returns what was thrown away */
  async discard(service: string): Promise<HeldChange | undefined> {
    const held = this.#held.get(service);
    if (!held) return undefined;
    await this.#options.source.put(service, held.published);
    await this.settled();
    return held;
  }

  #onChange(delta: NameDelta): void {
    const { revision } = delta;
    if (delta.kind === "put") this.#pending.set(delta.entry.service, { revision, entry: delta.entry });
    else this.#pending.set(delta.service, { revision, entry: undefined });
    void this.#inTurn(() => this.#takePending());
  }

  async #compare(): Promise<void> {
    try {
      const { revision, services } = await this.#options.source.snapshot();
      for (const service of this.#published.keys()) this.#pending.set(service, { revision, entry: undefined });
      for (const entry of services) this.#pending.set(entry.service, { revision: entry.revision, entry });
      await this.#inTurn(() => this.#takePending());
    } catch (error) {
      this.#retry("the name store does not answer; agents keep what is published", error, () => this.#compare());
    }
  }

  async #takePending(): Promise<void> {
    const pending = this.#pending;
    if (pending.size === 0) return;
    this.#pending = new Map();
    const nowMs = this.#options.clock.nowMs();
    for (const [service, { entry }] of pending) this.#losses.note(service, this.#published.get(service), entry, nowMs);
    const writes: NameWrite[] = [];
    for (const [service, change] of pending)
      if (!this.#isHeldBack(service, change)) writes.push({ service, ...change });
    try {
      await this.#publish(writes);
    } catch (error) {
      for (const [service, change] of pending) if (!this.#pending.has(service)) this.#pending.set(service, change);
      this.#retry("names can't be published", error, () => this.#inTurn(() => this.#takePending()));
    }
  }

  /** Judges a change; one that is harmless or takes back what was held is let through. */
  #isHeldBack(service: string, { revision, entry }: Pending): boolean {
    const before = this.#published.get(service);
    const known = this.#held.get(service);
    const isNoBetter = known && countOf(entry) <= countOf(known.wanted);
    const why =
      judgeService(before, entry) ?? this.#losses.judge(service, this.#served) ?? (isNoBetter ? known.why : undefined);
    if (why === undefined || before === undefined) return false;
    const sinceMs = known?.sinceMs ?? this.#options.clock.nowMs();
    const held = { service, revision, published: before, wanted: entry, why, sinceMs };
    this.#held.set(service, held);
    if (!known) {
      this.#options.logger.warn("naming change held back", { service, why });
      this.#options.onHeld?.(held);
    }
    return true;
  }

  async #publish(writes: readonly NameWrite[]): Promise<void> {
    if (writes.length === 0 || this.#isClosed) return;
    const deltas = await this.#options.published.writeAll(writes);
    for (const { service } of writes) this.#held.delete(service);
    for (const delta of deltas) {
      if (delta.kind === "put") this.#note(delta.entry.service, delta.entry);
      else this.#note(delta.service, undefined);
    }
  }

  #note(service: string, entry: ServiceEntry | undefined): void {
    const isServed = (each: ServiceEntry | undefined) => (each && each.instances.length > 0 ? 1 : 0);
    this.#served += isServed(entry) - isServed(this.#published.get(service));
    if (entry) this.#published.set(service, entry);
    else this.#published.delete(service);
  }

  #retry(what: string, error: unknown, again: () => Promise<void>): void {
    if (this.#isClosed) return;
    const { reason, message } = toAppError(error);
    this.#options.logger.error(what, { reason, message });
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => void again().catch(() => undefined), RETRY_MS);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }
}

function countOf(entry: ServiceEntry | undefined): number {
  return entry?.instances.length ?? 0;
}
