/**
 * The file of a naming table, and a journal beside it, so that a small change writes a small line instead of the whole table.
 *
 *   <path>           {"format":2,"id":"…","epoch":"…","revision":5,"local":{"zone":"",…},"services":[…]}   whole, replaced by rename
 *   <path>.journal   {"id":"…"}                                                                           of the file above
 *                    {"from":5,"revision":6,"epoch":"…","put":[…],"removed":["A.b"]}                      one line per change
 *
 * A journal of another id belongs to a file that was replaced and is ignored; so is a last line that was cut off. Lines are not
 * forced to the disk: what a crash of the machine loses, the console sends again. Format 1 (no journal, no epoch) is read too.
 */
import { randomUUID } from "node:crypto";
import {
  appendFileSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { isAppError } from "@msec/core";
import { checkLabels, NO_LABELS } from "./check-entry.js";
import { NameTableInvalid } from "./errors.js";
import type { NamingLabels } from "./name-store.js";
import {
  NamingTable,
  type PushedDelta,
  type PushedEntry,
  type PushedSnapshot,
  type TableChange,
} from "./naming-table.js";

const FORMAT = 2;
/** The journal is folded into the file when it is longer than this and than the file. */
const LEAST_FOLD_BYTES = 1 << 20;

export interface RestoredTable {
  readonly table: NamingTable;
  /** Labels of this machine, as the console said last. */
  readonly local: NamingLabels;
}

interface JournalLine {
  readonly from: number;
  readonly revision: number;
  readonly epoch: string;
  readonly put: readonly PushedEntry[];
  readonly removed: readonly string[];
}

interface TableJson extends PushedSnapshot {
  readonly format: number;
  readonly id?: string;
  readonly local?: Partial<NamingLabels>;
}

export class NamingTableFile {
  readonly path: string;
  #id: string | undefined;
  #fileBytes = 0;
  #journalBytes = 0;

  constructor(path: string) {
    this.path = path;
  }

  get #journalPath(): string {
    return `${this.path}.journal`;
  }

  /**
   * Reads the table back; a missing file is an empty table.
   *
   * @throws {NameTableInvalid} the file is damaged: start with an empty table and take a snapshot
   */
  restore(): RestoredTable {
    const table = new NamingTable();
    const text = this.#read(this.path);
    if (text === undefined) return { table, local: NO_LABELS };
    try {
      const raw = parseTable(text);
      table.applySnapshot(raw, { confirmedEmpty: true });
      if (raw.id !== undefined) this.#replay(raw.id, table);
      this.#fileBytes = text.length;
      return { table, local: checkLabels(raw.local ?? {}) };
    } catch (error) {
      const problem = isAppError(error) || error instanceof Error ? error.message : String(error);
      throw new NameTableInvalid({ path: this.path, problem }, { cause: error });
    }
  }

  /** Writes the whole table so that a crash at any moment leaves the old or the new one. */
  save(table: NamingTable, local: NamingLabels = NO_LABELS): void {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    const id = randomUUID();
    const { epoch, revision, services } = table;
    const text = JSON.stringify({ format: FORMAT, id, epoch, revision, local, services });
    replaceFile(this.path, text);
    this.#id = id;
    this.#fileBytes = text.length;
    this.#journalBytes = 0;
    rmSync(this.#journalPath, { force: true });
  }

  /** Notes one change that the table took, as a line, or as the whole table when the journal has become long. */
  append(table: NamingTable, local: NamingLabels, change: TableChange & { readonly from: number }): void {
    const isFull = this.#journalBytes > Math.max(LEAST_FOLD_BYTES, this.#fileBytes);
    if (this.#id === undefined || isFull) {
      this.save(table, local);
      return;
    }
    const { epoch, revision } = table;
    const line = { from: change.from, revision, epoch, put: change.put, removed: change.removed } satisfies JournalLine;
    const head = this.#journalBytes === 0 ? `${JSON.stringify({ id: this.#id })}\n` : "";
    const text = `${head}${JSON.stringify(line)}\n`;
    appendFileSync(this.#journalPath, text, { mode: 0o600 });
    this.#journalBytes += text.length;
  }

  #replay(id: string, table: NamingTable): void {
    const [head = "", ...lines] = (this.#read(this.#journalPath) ?? "").split("\n");
    if (tryParse<{ id: string }>(head)?.id === id) {
      for (const text of lines.slice(0, -1)) {
        const line = tryParse<JournalLine>(text);
        if (!line) break;
        table.applyDeltas(line.from, deltasOf(line), line.epoch);
      }
    }
    this.#id = undefined; // the next change writes the whole: what follows on a torn line could not be read
  }

  #read(path: string): string | undefined {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw new NameTableInvalid({ path, problem: (error as Error).message }, { cause: error });
    }
  }
}

function deltasOf({ revision, put, removed }: JournalLine): PushedDelta[] {
  return [
    ...put.map((entry) => ({ kind: "put" as const, revision, entry })),
    ...removed.map((service) => ({ kind: "remove" as const, revision, service })),
  ];
}

function parseTable(text: string): TableJson {
  const raw = JSON.parse(text) as TableJson | null;
  if (raw?.format !== 1 && raw?.format !== FORMAT) throw new Error(`format ${String(raw?.format)}, expected ${FORMAT}`);
  if (!Number.isSafeInteger(raw.revision) || !Array.isArray(raw.services))
    throw new Error("revision or services missing");
  return raw;
}

function tryParse<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const fd = openSync(temporary, "w", 0o600);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
}
