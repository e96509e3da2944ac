/** Removes old records in small parts, so that nobody waits for long. */
import { type Kysely, sql } from "kysely";
import type { LogTables } from "./log-tables.js";

const ROWS_AT_ONCE = 2_000;

export interface LogLimits {
  readonly maxAgeMs: number;
  readonly maxBytes: number;
}

export class LogRetention {
  readonly #db: Kysely<LogTables>;
  readonly #limits: LogLimits;
  #isStopped = false;
  #removedForSize = 0;

  constructor(db: Kysely<LogTables>, limits: LogLimits) {
    this.#db = db;
    this.#limits = limits;
  }

  get removedForSize(): number {
    return this.#removedForSize;
  }

  stop(): void {
    this.#isStopped = true;
  }

  async enforce(nowMs: number): Promise<void> {
    const beforeMs = nowMs - this.#limits.maxAgeMs;
    while (!this.#isStopped && (await this.#removeOldest(beforeMs)) > 0) await nextTurn();
    while (!this.#isStopped && (await this.#usedBytes()) > this.#limits.maxBytes) {
      const removed = await this.#removeOldest(Number.MAX_SAFE_INTEGER);
      if (removed === 0) return;
      this.#removedForSize += removed;
      await nextTurn();
    }
  }

  /** Removes some of the oldest records and hops from before `beforeMs`. @returns how many */
  async #removeOldest(beforeMs: number): Promise<number> {
    // Both tables lose what is older than the same moment, so that a request loses its lines and its hops together.
    const oldest = await sql<{ at_ms: number | null }>`
      select min(at_ms) as at_ms from (
        select max(at_ms) as at_ms from (select at_ms from records order by at_ms limit ${ROWS_AT_ONCE})
        union all select max(at_ms) from (select at_ms from hops order by at_ms limit ${ROWS_AT_ONCE})
      ) where at_ms is not null`.execute(this.#db);
    const newestMs = oldest.rows[0]?.at_ms;
    if (newestMs === null || newestMs === undefined) return 0;
    const untilMs = Math.min(newestMs, beforeMs - 1);
    let removed = 0;
    for (const statement of [
      sql`delete from records where record_id in (select record_id from records where at_ms <= ${untilMs} order by at_ms limit ${ROWS_AT_ONCE})`,
      sql`delete from hops where hop_id in (select hop_id from hops where at_ms <= ${untilMs} order by at_ms limit ${ROWS_AT_ONCE})`,
    ])
      removed += Number((await statement.execute(this.#db)).numAffectedRows ?? 0n);
    return removed;
  }

  /** Pages in use; the file itself does not shrink, its free pages are used again. */
  async #usedBytes(): Promise<number> {
    const read = async (name: string): Promise<number> => {
      const result = await sql.raw<Record<string, number>>(`pragma ${name}`).execute(this.#db);
      return Object.values(result.rows[0] ?? {})[0] ?? 0;
    };
    return ((await read("page_count")) - (await read("freelist_count"))) * (await read("page_size"));
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
