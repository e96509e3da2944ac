/**
 * What the console announces becomes the machine's tables. The table is kept in a file and restored before the console is
 * dialled, so calls work on a machine that boots while the console is away.
 */
import { mkdirSync, readdirSync } from "node:fs";
import type { HomePaths, Logger } from "@msec/core";
import {
  checkLabels,
  type InstanceCheck,
  type NamePosition,
  type NamingLabels,
  NamingTable,
  NamingTableFile,
  NO_LABELS,
  type PushedDelta,
  type RestoredTable,
  type ServiceEntry,
  type TableChange,
} from "@msec/naming";
import type { NamingApply } from "@msec/protocol";
import type { LiveTable } from "@msec/shm";
import { giveBackMemorySoon } from "./give-back-memory.js";
import { LiveTables } from "./live-tables.js";
import { Prober } from "./prober.js";
import { PushAssembler } from "./push-assembler.js";
import { TcpCheck } from "./tcp-check.js";

/** Where names go on this machine, in whatever layout. */
export interface NameSink {
  /** Labels of this machine for what is written from now on. */
  setLocal(local: NamingLabels): void;
  write(entry: ServiceEntry): void;
  empty(service: string, revision: number): void;
}

export interface NamingKeeperOptions {
  readonly paths: HomePaths;
  readonly logger: Logger;
  /** Besides the live tables: the files of the archived system. */
  readonly original?: NameSink;
}

export class NamingKeeper {
  readonly tables: LiveTables;
  readonly #sinks: readonly NameSink[];
  readonly #file: NamingTableFile;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  readonly #prober: Prober;
  readonly #tcpCheck: TcpCheck;
  readonly #assembler = new PushAssembler();
  readonly #table: NamingTable;
  #local: NamingLabels;

  constructor(options: NamingKeeperOptions) {
    const { paths, logger } = options;
    this.#file = new NamingTableFile(`${paths.agent}/naming-table.json`);
    this.#logger = logger;
    mkdirSync(paths.naming, { recursive: true, mode: 0o700 });
    this.tables = new LiveTables(options);
    this.#sinks = options.original === undefined ? [this.tables] : [this.tables, options.original];
    const { table, local } = this.#restore();
    this.#table = table;
    this.#local = local;
    this.#writeAll();
    giveBackMemorySoon();
    this.#emptyForgotten(paths.naming);
    this.#timer = setInterval(() => this.tables.repair(), 2_000);
    this.#prober = new Prober({ views: () => this.#views("none") });
    this.#tcpCheck = new TcpCheck({ views: () => this.#views("tcp") });
  }

  /** Where the table stands; revision 0 = no push was applied yet. */
  get position(): NamePosition {
    const { epoch, revision } = this.#table;
    return { epoch, revision };
  }

  /**
   * Serves `naming.apply`.
   *
   * @throws NAME_PUSH_REFUSED a snapshot that takes most away and is not confirmed, a part or delta that follows on something else
   */
  apply(part: NamingApply): { readonly revision: number } {
    const push = this.#assembler.add(part);
    if (push === undefined) return { revision: this.#table.revision };
    const from = this.#table.revision;
    const change = push.kind === "snapshot" ? this.#applySnapshot(push) : this.#applyDelta(push);
    const isRelabelled = push.local !== undefined && this.#relabel(push.local);
    if (isRelabelled) this.#writeAll();
    else this.#write(change.put);
    for (const service of change.removed) this.#empty(service, push.revision);
    this.#save(push.kind === "snapshot" || isRelabelled, { ...change, from });
    if (push.kind === "snapshot") giveBackMemorySoon();
    const { revision } = this.#table;
    if (change.put.length + change.removed.length > 0)
      this.#logger.info("names applied", { revision, put: change.put.length, removed: change.removed });
    return { revision };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#prober.stop();
    this.#tcpCheck.stop();
    this.tables.close();
  }

  #applySnapshot(push: NamingApply): TableChange {
    const { epoch = "", revision, services, confirmedEmpty } = push;
    return this.#table.applySnapshot({ epoch, revision, services }, { confirmedEmpty });
  }

  #applyDelta(push: NamingApply): TableChange {
    const { revision, epoch } = push;
    const deltas: PushedDelta[] = [
      ...push.services.map((entry) => ({ kind: "put" as const, revision, entry })),
      ...push.removed.map((service) => ({ kind: "remove" as const, revision, service })),
    ];
    return this.#table.applyDeltas(push.baseRevision, deltas, epoch);
  }

  #relabel(given: Partial<NamingLabels>): boolean {
    const local = checkLabels(given);
    const isNew = JSON.stringify(local) !== JSON.stringify(this.#local);
    this.#local = local;
    return isNew;
  }

  #writeAll(): void {
    for (const sink of this.#sinks) sink.setLocal(this.#local);
    this.#write(this.#table.services);
  }

  #write(entries: readonly ServiceEntry[]): void {
    for (const entry of entries) for (const sink of this.#sinks) sink.write(entry);
  }

  #empty(service: string, revision: number): void {
    for (const sink of this.#sinks) sink.empty(service, revision);
  }

  /** Tables of the services with this check. */
  *#views(check: InstanceCheck): IterableIterator<readonly [service: string, view: LiveTable]> {
    for (const each of this.tables.views()) if ((this.#table.get(each[0])?.check ?? "none") === check) yield each;
  }

  /** When the disk is full the names are in use all the same; a restart asks the console for them again. */
  #save(isWhole: boolean, change: TableChange & { readonly from: number }): void {
    try {
      if (isWhole) this.#file.save(this.#table, this.#local);
      else this.#file.append(this.#table, this.#local, change);
    } catch (error) {
      this.#logger.error("naming table can't be saved", { why: String(error) });
    }
  }

  #restore(): RestoredTable {
    try {
      return this.#file.restore();
    } catch (error) {
      // The live tables still hold the names; the console sends a snapshot to a table of revision 0.
      this.#logger.error("naming table is damaged, waiting for the console", { why: String(error) });
      return { table: new NamingTable(), local: NO_LABELS };
    }
  }

  /** A table whose removal was cut off by a crash. Without any names nothing is known to be removed. */
  #emptyForgotten(directory: string): void {
    if (this.#table.revision === 0) return;
    for (const name of readdirSync(directory)) {
      const service = /^(.+)\.live$/.exec(name)?.[1];
      if (service !== undefined && !this.#table.get(service)) this.#empty(service, this.#table.revision);
    }
  }
}
