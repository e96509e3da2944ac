import { ChangeListeners } from "./change-listeners.js";
import { checkEntry } from "./check-entry.js";
import {
  checkExpected,
  isSameEntry,
  type NameDelta,
  type NameSnapshot,
  type PutOptions,
  type ServiceEntry,
  type ServiceEntryInput,
} from "./name-store.js";
import type { NamePosition } from "./naming-table.js";
import type { NameWrite, ResumableNameStore } from "./resumable-name-store.js";

/** Keeps names in memory, for tests and `msec dev`. */
export class MemoryNameStore implements ResumableNameStore {
  readonly epoch: string = globalThis.crypto.randomUUID();
  #revision = 0;
  readonly #latest = new Map<string, NameDelta>();
  readonly #listeners = new ChangeListeners();

  async list(): Promise<readonly ServiceEntry[]> {
    const entries = [...this.#latest.values()].flatMap((delta) => (delta.kind === "put" ? [delta.entry] : []));
    return entries.toSorted((a, b) => (a.service < b.service ? -1 : 1));
  }

  async get(service: string): Promise<ServiceEntry | undefined> {
    return this.#current(service);
  }

  async put(service: string, input: ServiceEntryInput, opts?: PutOptions): Promise<ServiceEntry> {
    const checked = checkEntry(service, input);
    const old = this.#current(service);
    checkExpected(service, old?.revision ?? 0, opts);
    if (isSameEntry(old, checked)) return old;
    this.#revision += 1;
    const entry: ServiceEntry = { ...checked, revision: this.#revision };
    this.#keep(service, { kind: "put", revision: entry.revision, entry });
    return entry;
  }

  async remove(service: string): Promise<boolean> {
    if (this.#latest.get(service)?.kind !== "put") return false;
    this.#revision += 1;
    this.#keep(service, { kind: "remove", revision: this.#revision, service });
    return true;
  }

  async snapshot(): Promise<NameSnapshot> {
    return { revision: this.#revision, services: await this.list() };
  }

  async changesSince(revision: number, epoch = this.epoch): Promise<readonly NameDelta[] | "reset"> {
    if (!(await this.knows({ revision, epoch }))) return "reset";
    return [...this.#latest.values()]
      .filter((delta) => delta.revision > revision)
      .toSorted((a, b) => a.revision - b.revision);
  }

  async knows({ revision, epoch }: NamePosition): Promise<boolean> {
    return epoch === this.epoch && revision <= this.#revision && revision >= 0;
  }

  async writeAll(writes: readonly NameWrite[]): Promise<readonly NameDelta[]> {
    for (const { service, entry } of writes) if (entry) checkEntry(service, entry);
    const from = this.#revision;
    for (const { service, entry } of writes) await (entry ? this.put(service, entry) : this.remove(service));
    return (await this.changesSince(from)) as readonly NameDelta[];
  }

  onChange(listener: (delta: NameDelta) => void): () => void {
    return this.#listeners.add(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  #current(service: string): ServiceEntry | undefined {
    const delta = this.#latest.get(service);
    return delta?.kind === "put" ? delta.entry : undefined;
  }

  #keep(service: string, delta: NameDelta): void {
    this.#latest.set(service, delta);
    this.#listeners.tell(delta);
  }
}
