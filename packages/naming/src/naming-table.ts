/**
 * What one machine knows of the names: applied from pushes of the console, kept in a file (naming-table-file.ts), restored without
 * the console.
 *
 * A push is never trusted to wipe the table: a snapshot that takes most of it away is refused unless it is marked as confirmed
 * (a console with a lost, old or fresh database must not take every machine's names away).
 */
import { checkEntry } from "./check-entry.js";
import { NamePushRefused } from "./errors.js";
import type { NameDelta, ServiceEntry, ServiceEntryInput } from "./name-store.js";
import { findCollapse } from "./push-guard.js";

/** What an application changed. */
export interface TableChange {
  readonly put: readonly ServiceEntry[];
  readonly removed: readonly string[];
}

const NOTHING: TableChange = { put: [], removed: [] };

/** Where a reader stands. Revisions of different epochs have nothing to do with each other unless the store says so. */
export interface NamePosition {
  /** "" = not known: only a snapshot follows. */
  readonly epoch: string;
  readonly revision: number;
}

/** An entry as it comes over a wire: what has its default may be missing. */
export type PushedEntry = ServiceEntryInput & Pick<ServiceEntry, "service" | "revision">;
export interface PushedSnapshot {
  readonly epoch?: string;
  readonly revision: number;
  readonly services: readonly PushedEntry[];
}
export type PushedDelta =
  | { readonly kind: "put"; readonly revision: number; readonly entry: PushedEntry }
  | Extract<NameDelta, { kind: "remove" }>;

export interface SnapshotOptions {
  /** What it takes away is meant. */
  readonly confirmedEmpty?: boolean;
}

export class NamingTable {
  #position: NamePosition = { epoch: "", revision: 0 };
  #entries = new Map<string, ServiceEntry>();

  /** Revision of the last push that was applied; 0 = none yet. */
  get revision(): number {
    return this.#position.revision;
  }

  /** Epoch of {@link revision}. */
  get epoch(): string {
    return this.#position.epoch;
  }

  /** By name, ascending. */
  get services(): readonly ServiceEntry[] {
    return [...this.#entries.values()].toSorted((a, b) => (a.service < b.service ? -1 : 1));
  }

  get(service: string): ServiceEntry | undefined {
    return this.#entries.get(service);
  }

  /**
   * Makes the table equal to the snapshot, also when its revision is lower (the console was restored from a backup).
   *
   * @throws {NamePushRefused} it takes most of the table away and `confirmedEmpty` is not set; nothing is changed
   * @throws {NameEntryInvalid} an entry is malformed; nothing is changed
   */
  applySnapshot(snapshot: PushedSnapshot, opts: SnapshotOptions = {}): TableChange {
    const { epoch = "", revision, services } = snapshot;
    const next = new Map(services.map((entry) => [entry.service, this.#checked(entry)]));
    const problem = opts.confirmedEmpty === true ? undefined : findCollapse(this.#entries, next);
    if (problem !== undefined) throw new NamePushRefused({ revision, kept: this.#entries.size, problem });
    const put = [...next.values()].filter((entry) => this.#entries.get(entry.service) !== entry);
    const removed = [...this.#entries.keys()].filter((service) => !next.has(service));
    this.#entries = next;
    this.#position = { epoch, revision };
    return { put, removed };
  }

  /**
   * Applies changes in order of revision. Those that are known already are skipped, so a push may be repeated.
   *
   * @param from revision the changes follow on; a gap is refused, take a snapshot then
   * @param epoch of the position after them; default: as before
   * @throws {NamePushRefused} `from` is beyond what this table has; nothing is changed
   * @throws {NameEntryInvalid} an entry is malformed; nothing is changed
   */
  applyDeltas(from: number, deltas: readonly PushedDelta[], epoch = this.epoch): TableChange {
    if (from > this.revision) {
      const problem = `it follows on revision ${from}, this table is at ${this.revision}`;
      throw new NamePushRefused({ revision: deltas.at(-1)?.revision ?? from, kept: this.#entries.size, problem });
    }
    const news = deltas.filter((delta) => delta.revision > this.revision).toSorted((a, b) => a.revision - b.revision);
    const latest = new Map<string, ServiceEntry | undefined>();
    for (const delta of news) {
      if (delta.kind === "put") latest.set(delta.entry.service, this.#checked(delta.entry));
      else latest.set(delta.service, undefined);
    }
    this.#position = { epoch, revision: news.at(-1)?.revision ?? this.revision };
    return latest.size === 0 ? NOTHING : this.#take(latest);
  }

  #take(latest: ReadonlyMap<string, ServiceEntry | undefined>): TableChange {
    const put: ServiceEntry[] = [];
    const removed: string[] = [];
    for (const [service, entry] of latest) {
      if (entry) {
        put.push(entry);
        this.#entries.set(service, entry);
      } else if (this.#entries.delete(service)) removed.push(service);
    }
    return { put, removed };
  }

  /** The entry as it is kept: the very object that the table has when nothing differs. */
  #checked(pushed: PushedEntry): ServiceEntry {
    const entry = { ...checkEntry(pushed.service, pushed), revision: pushed.revision };
    const known = this.#entries.get(entry.service);
    return known && JSON.stringify(known) === JSON.stringify(entry) ? known : entry;
  }
}
