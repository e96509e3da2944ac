/**
 * What the console announces becomes the machine's tables. The table is kept in a file and restored before the console is
 * dialled, so calls work on a machine that boots while the console is away.
 */
import { mkdirSync, readdirSync } from "node:fs";
import type { HomePaths, Logger } from "@msec/core";
import { type NameDelta, NamingTable, restoreNamingTable, type TableChange } from "@msec/naming";
import type { NamingApply } from "@msec/protocol";
import { LiveTables } from "./live-tables.js";
import { Prober } from "./prober.js";

export class NamingKeeper {
  readonly tables: LiveTables;
  readonly #path: string;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  readonly #prober: Prober;
  #table: NamingTable;

  constructor(options: { readonly paths: HomePaths; readonly logger: Logger }) {
    const { paths, logger } = options;
    this.#path = `${paths.agent}/naming-table.json`;
    this.#logger = logger;
    mkdirSync(paths.naming, { recursive: true, mode: 0o700 });
    this.tables = new LiveTables(options);
    this.#table = this.#restore();
    for (const entry of this.#table.services) this.tables.write(entry);
    this.#emptyForgotten(paths.naming);
    this.#timer = setInterval(() => this.tables.repair(), 2_000);
    this.#prober = new Prober({ views: () => this.tables.views() });
  }

  /** Revision of the last push that was applied; 0 = none yet. */
  get revision(): number {
    return this.#table.revision;
  }

  /**
   * Serves `naming.apply`.
   *
   * @throws NAME_PUSH_REFUSED an unconfirmed empty snapshot, or a delta on a revision that this table does not have
   */
  apply(push: NamingApply): { readonly revision: number } {
    const change = push.kind === "snapshot" ? this.#applySnapshot(push) : this.#applyDelta(push);
    for (const entry of change.put) this.tables.write(entry);
    for (const service of change.removed) this.tables.empty(service, push.revision);
    this.#save();
    const { revision } = this.#table;
    if (change.put.length + change.removed.length > 0)
      this.#logger.info("names applied", { revision, put: change.put.length, removed: change.removed });
    return { revision };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#prober.stop();
    this.tables.close();
  }

  #applySnapshot(push: NamingApply): TableChange {
    const { revision, services, confirmedEmpty } = push;
    return this.#table.applySnapshot({ revision, services }, { confirmedEmpty });
  }

  #applyDelta(push: NamingApply): TableChange {
    const { revision } = push;
    const deltas: NameDelta[] = [
      ...push.services.map((entry) => ({ kind: "put" as const, revision, entry })),
      ...push.removed.map((service) => ({ kind: "remove" as const, revision, service })),
    ];
    return this.#table.applyDeltas(push.baseRevision, deltas);
  }

  /** When the disk is full the names are in use all the same; a restart asks the console for them again. */
  #save(): void {
    try {
      this.#table.save(this.#path);
    } catch (error) {
      this.#logger.error("naming table can't be saved", { why: String(error) });
    }
  }

  #restore(): NamingTable {
    try {
      return restoreNamingTable(this.#path);
    } catch (error) {
      // The live tables still hold the names; the console sends a snapshot to a table of revision 0.
      this.#logger.error("naming table is damaged, waiting for the console", { why: String(error) });
      return new NamingTable();
    }
  }

  /** A table whose removal was cut off by a crash. Without any names nothing is known to be removed. */
  #emptyForgotten(directory: string): void {
    if (this.#table.revision === 0) return;
    for (const name of readdirSync(directory)) {
      const service = /^(.+)\.live$/.exec(name)?.[1];
      if (service !== undefined && !this.#table.get(service)) this.tables.empty(service, this.#table.revision);
    }
  }
}
