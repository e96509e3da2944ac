import type { AuditEntry } from "@msec/api-schema";
import type { Clock, Logger } from "@msec/core";
import type { Database } from "../database/database.js";
import { CHAIN_START, type ChainHead, followChain } from "./audit-chain.js";
import type { AuditQuery, AuditRow } from "./audit-store.js";

const BATCH_ROWS = 1000;
/** The whole chain is checked again when the last whole check is older than this; new entries are checked each time. */
const WHOLE_CHECK_MS = 30_000;

/** Reads the audit log and checks that nothing in it was changed or removed. */
export class AuditService {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #head: ChainHead = CHAIN_START;
  #wholeAtMs = Number.NEGATIVE_INFINITY;

  constructor(opts: { database: Database; clock: Clock; logger: Logger }) {
    this.#database = opts.database;
    this.#clock = opts.clock;
    this.#logger = opts.logger;
  }

  async list(query: AuditQuery): Promise<{ entries: AuditEntry[]; chainIntact: boolean }> {
    const chainIntact = await this.verify();
    const rows = await this.#database.stores.audit.list(query);
    return { entries: rows.map(toEntry), chainIntact };
  }

  async verify(): Promise<boolean> {
    const nowMs = this.#clock.monotonicMs();
    const isWhole = nowMs - this.#wholeAtMs >= WHOLE_CHECK_MS;
    let head: ChainHead | undefined = isWhole ? CHAIN_START : this.#head;
    for (let rows = await this.#next(head); rows.length > 0; rows = await this.#next(head)) {
      head = followChain(head, rows);
      if (!head) {
        this.#wholeAtMs = Number.NEGATIVE_INFINITY;
        this.#logger.error("audit chain broken", { betweenEntries: [rows[0]?.entryId, rows.at(-1)?.entryId] });
        return false;
      }
    }
    this.#head = head;
    if (isWhole) this.#wholeAtMs = nowMs;
    return true;
  }

  #next(head: ChainHead): Promise<AuditRow[]> {
    return this.#database.stores.audit.listAfter(head.entryId, BATCH_ROWS);
  }
}

function toEntry(row: AuditRow): AuditEntry {
  const { entryId, atMs, actor, action, target, text } = row;
  return { entryId, atMs, actor, action, target, text };
}
