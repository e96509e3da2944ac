/** One service in the archived system's files: made, given new lists, shaped. */
import { currentTable, fillTable, type OriginalCompat, shapeTables } from "@msec/balancer";
import { NLB_WORD, type NlbServersView, type NlbService, nlbPolicyNumber } from "@msec/protocol";
import { createNlbFiles, type NlbFiles, openNlbFiles, openNlbFilesToGroup } from "@msec/shm";
import { isSameList } from "./table-list.js";

export interface ServiceFilesOptions {
  readonly directory: string;
  readonly groupId: number | undefined;
  readonly compat: OriginalCompat;
}

export class ServiceFiles {
  readonly #files: NlbFiles;
  readonly #compat: OriginalCompat;

  constructor(files: NlbFiles, compat: OriginalCompat) {
    this.#files = files;
    this.#compat = compat;
  }

  /** The table that programs use now. */
  get table(): NlbServersView {
    return currentTable(this.#files);
  }

  /**
   * Takes over a new list and shapes the weights on the way; what is known of servers that stay is kept.
   *
   * @returns false when it is the old one: nothing was done
   */
  apply(list: NlbService, nowMs: number): boolean {
    if (isSameSettings(this.table, list) && isSameList(this.table, list)) return false;
    this.#files.reserve(list.servers.length);
    this.#files.meta.mtimeMs = nowMs;
    return shapeTables(this.#files, { nowMs, compat: this.#compat, service: list });
  }

  /** Computes the weights from what was counted since the last time. */
  shape(nowMs: number): void {
    if (this.#compat === "fixed" && isQuiet(this.table)) return;
    shapeTables(this.#files, { nowMs, compat: this.#compat });
  }

  /** False after somebody deleted or exchanged the files. */
  isInPlace(): boolean {
    return !this.#files.isReplaced();
  }
}

/** Maps what an agent left, this one or one of the archived system. @throws SHM_* when there is nothing usable */
export function restoreServiceFiles(service: string, opts: ServiceFilesOptions): ServiceFiles {
  const files = openNlbFiles(opts.directory, service);
  openNlbFilesToGroup(opts.directory, service, opts.groupId);
  files.reserve(currentTable(files).serverCount);
  return new ServiceFiles(files, opts.compat);
}

/** @throws SHM_*, LB_ORIGINAL_TABLE_FULL */
export function createServiceFiles(
  service: string,
  list: NlbService,
  opts: ServiceFilesOptions & { readonly nowMs: number },
): ServiceFiles {
  const { directory, groupId, nowMs, compat } = opts;
  const fill = (table: NlbServersView): void => fillTable(table, list);
  return new ServiceFiles(createNlbFiles(directory, service, { groupId, mtimeMs: nowMs, fill }), compat);
}

function isSameSettings(table: NlbServersView, { policy, tuning }: NlbService): boolean {
  if (table.word(NLB_WORD.policy) !== nlbPolicyNumber(policy)) return false;
  return table.hasTuning(tuning);
}

/** Nobody is dead and nobody counted anything: a cycle would give the same weights. */
function isQuiet(table: NlbServersView): boolean {
  if (table.deadCount > 0) return false;
  for (let server = 0; server < table.serverCount; server += 1) {
    if (table.failed(server) !== 0 || table.success(server) !== 0) return false;
  }
  return true;
}
