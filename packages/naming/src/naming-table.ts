/**
 * What one machine knows of the names: applied from pushes of the console, kept in a file, restored without the console.
 *
 * A push is never trusted to wipe the table: a snapshot without services over a table with services is refused unless it is
 * marked as confirmed (a console with a lost or fresh database must not take every machine's names away).
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isAppError } from "@msec/core";
import { NamePushRefused, NameTableInvalid } from "./errors.js";
import { checkEntry, type NameDelta, type NameSnapshot, type ServiceEntry } from "./name-store.js";

const FORMAT = 1;

/** What an application changed. */
export interface TableChange {
  readonly put: readonly ServiceEntry[];
  readonly removed: readonly string[];
}

const NOTHING: TableChange = { put: [], removed: [] };

export interface SnapshotOptions {
  /** The console says that it knows it has no services. */
  readonly confirmedEmpty?: boolean;
}

export class NamingTable {
  #revision = 0;
  #entries = new Map<string, ServiceEntry>();

  /** Revision of the last push that was applied; 0 = none yet. */
  get revision(): number {
    return this.#revision;
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
   * @throws {NamePushRefused} it is empty, the table is not, and `confirmedEmpty` is not set; nothing is changed
   * @throws {NameEntryInvalid} an entry is malformed; nothing is changed
   */
  applySnapshot(snapshot: NameSnapshot, opts: SnapshotOptions = {}): TableChange {
    const kept = this.#entries.size;
    if (snapshot.services.length === 0 && kept > 0 && opts.confirmedEmpty !== true) {
      throw new NamePushRefused({
        revision: snapshot.revision,
        kept,
        problem: "it has no services and is not confirmed",
      });
    }
    const next = new Map(snapshot.services.map((entry) => [entry.service, checked(entry)]));
    const put = [...next.values()].filter((entry) => !isEqual(this.#entries.get(entry.service), entry));
    const removed = [...this.#entries.keys()].filter((service) => !next.has(service));
    this.#entries = next;
    this.#revision = snapshot.revision;
    return { put, removed };
  }

  /**
   * Applies changes in order of revision. Those that are known already are skipped, so a push may be repeated.
   *
   * @param from revision the changes follow on; a gap is refused, take a snapshot then
   * @throws {NamePushRefused} `from` is beyond what this table has; nothing is changed
   * @throws {NameEntryInvalid} an entry is malformed; nothing is changed
   */
  applyDeltas(from: number, deltas: readonly NameDelta[]): TableChange {
    if (from > this.#revision) {
      const problem = `it follows on revision ${from}, this table is at ${this.#revision}`;
      throw new NamePushRefused({ revision: deltas.at(-1)?.revision ?? from, kept: this.#entries.size, problem });
    }
    const news = deltas.filter((delta) => delta.revision > this.#revision).toSorted((a, b) => a.revision - b.revision);
    if (news.length === 0) return NOTHING;
    const next = new Map(this.#entries);
    for (const delta of news) {
      if (delta.kind === "put") next.set(delta.entry.service, checked(delta.entry));
      else next.delete(delta.service);
    }
    const touched = new Set(news.map((delta) => (delta.kind === "put" ? delta.entry.service : delta.service)));
    const put = [...touched].flatMap((service) => next.get(service) ?? []);
    const removed = [...touched].filter((service) => this.#entries.has(service) && !next.has(service));
    this.#entries = next;
    this.#revision = news.at(-1)?.revision ?? this.#revision;
    return { put, removed };
  }

  /** Writes the table so that a crash at any moment leaves the old or the new one. */
  save(path: string): void {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const temporary = `${path}.${process.pid}.tmp`;
    const fd = openSync(temporary, "w", 0o600);
    try {
      writeFileSync(fd, JSON.stringify({ format: FORMAT, revision: this.#revision, services: this.services }));
      fsyncSync(fd);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  }
}

/**
 * Reads a table back; a missing file is an empty table.
 *
 * @throws {NameTableInvalid} the file is damaged: start with an empty table and take a snapshot
 */
export function restoreNamingTable(path: string): NamingTable {
  const table = new NamingTable();
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return table;
    throw new NameTableInvalid({ path, problem: (error as Error).message }, { cause: error });
  }
  table.applySnapshot(parseTable(path, text), { confirmedEmpty: true });
  return table;
}

function parseTable(path: string, text: string): NameSnapshot {
  try {
    const raw = JSON.parse(text) as { format?: unknown; revision?: unknown; services?: unknown };
    if (raw.format !== FORMAT) throw new Error(`format ${String(raw.format)}, expected ${FORMAT}`);
    if (!Number.isSafeInteger(raw.revision) || !Array.isArray(raw.services))
      throw new Error("revision or services missing");
    return { revision: raw.revision as number, services: raw.services.map((entry) => checked(entry as ServiceEntry)) };
  } catch (error) {
    const problem = isAppError(error) || error instanceof Error ? error.message : String(error);
    throw new NameTableInvalid({ path, problem }, { cause: error });
  }
}

function checked(entry: ServiceEntry): ServiceEntry {
  return { ...checkEntry(entry.service, entry), revision: entry.revision };
}

function isEqual(a: ServiceEntry | undefined, b: ServiceEntry): boolean {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}
