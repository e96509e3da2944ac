/** The machine's live tables: one shared file per service that the console announces, of which this agent is the writer. */
import { DEFAULT_POLICY, tryPolicyId } from "@msec/balancer";
import { type HomePaths, type Logger, parseServiceName } from "@msec/core";
import { type NamingLabels, NO_LABELS, type ServiceEntry } from "@msec/naming";
import { type LiveTable, type LiveTableWriter, openLiveTable, openLiveTableWriter } from "@msec/shm";

/** Instances that a new file has room for at least. */
const LEAST_CAPACITY = 16;

export interface LiveTablesOptions {
  readonly paths: HomePaths;
  readonly logger: Logger;
}

interface OpenTable {
  readonly writer: LiveTableWriter;
  readonly view: LiveTable;
}

export class LiveTables {
  readonly #options: LiveTablesOptions;
  readonly #tables = new Map<string, OpenTable>();
  #local: NamingLabels = NO_LABELS;

  constructor(options: LiveTablesOptions) {
    this.#options = options;
  }

  /** Views of all tables, to be read only. Refreshed. */
  *views(): IterableIterator<readonly [service: string, view: LiveTable]> {
    for (const [service, { view }] of this.#tables) {
      view.refresh();
      yield [service, view];
    }
  }

  /** Labels of this machine for the tables that are written from now on. */
  setLocal(local: NamingLabels): void {
    this.#local = local;
  }

  /** View of one table, to be read only. */
  view(service: string): LiveTable | undefined {
    return this.#tables.get(service)?.view;
  }

  /** Makes the table say what the entry says; one bad entry does not hold up the others. */
  write(entry: ServiceEntry): void {
    const { service, instances, revision, locality, partition } = entry;
    const policyId = tryPolicyId(entry.policy) ?? tryPolicyId(DEFAULT_POLICY) ?? 0;
    this.#change(service, instances.length, ({ writer }) =>
      writer.setMembers(revision, instances, { policyId, local: this.#local, locality, partition }),
    );
  }

  /** Empties the table: calls fail with "no instance". The file stays, since processes have mapped it. */
  empty(service: string, revision: number): void {
    this.#change(service, 0, ({ writer }) =>
      writer.setMembers(revision, [], { policyId: 0, locality: "none", partition: false }),
    );
  }

  /** Takes back calls in flight of processes that were killed. */
  repair(): void {
    for (const { writer } of this.#tables.values()) writer.repair();
  }

  close(): void {
    for (const { writer, view } of this.#tables.values()) {
      view.close();
      writer.close();
    }
    this.#tables.clear();
  }

  #change(service: string, count: number, change: (table: OpenTable) => void): void {
    try {
      parseServiceName(service); // it becomes a file name
      change(this.#open(service, count));
    } catch (error) {
      this.#options.logger.error("live table not written", { service, why: String(error) });
    }
  }

  #open(service: string, count: number): OpenTable {
    const known = this.#tables.get(service);
    if (known) return known;
    const path = this.#options.paths.liveTable(service);
    // A file that is too small is replaced, but what is mapped stays mapped: so a new one has room for all, and some more.
    const capacity = Math.max(LEAST_CAPACITY, Math.ceil(count * 1.25));
    const table = { writer: openLiveTableWriter(path, { capacity }), view: openLiveTable(path) };
    this.#tables.set(service, table);
    return table;
  }
}
