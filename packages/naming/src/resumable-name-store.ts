/**
 * A store that many readers follow: each change once, from wherever they stopped. A position is an epoch and a revision. An epoch is
 * one opening of the store; the store remembers from which revision on each was in use. So a position of a store that was restored
 * from a backup, or of another store, is never taken for one of this store, even if the revision numbers are the same: it lies
 * beyond the end of its epoch, or the epoch is not known.
 *
 *   revisions  0 ──────────── 87 ───── 120 ──▶        (E2, 115): 87 to 120 is of E2, so it is known
 *   epochs     E1             E2       E3             (E1, 100): E1 ended at 87, so it is of another history
 */
import type { NameDelta, NameStore, ServiceEntryInput } from "./name-store.js";
import type { NamePosition } from "./naming-table.js";

/** One change of many that are made together; `entry` undefined = remove. */
export interface NameWrite {
  readonly service: string;
  readonly entry: ServiceEntryInput | undefined;
}

export interface ResumableNameStore extends NameStore {
  /** Of this opening; positions that are given out are of it. */
  readonly epoch: string;
  /**
   * The latest change of each service after a position, ascending; `"reset"` when it can't be followed from there: it is of another
   * history, or tombstones since then were dropped. Default epoch: that of this opening.
   */
  changesSince(revision: number, epoch?: string): Promise<readonly NameDelta[] | "reset">;
  /** Whether this position is one of the store's history, even if it can't be followed from there any more. */
  knows(position: NamePosition): Promise<boolean>;
  /** Makes many changes in one step, each with a revision of its own; those that change nothing are left out. */
  writeAll(writes: readonly NameWrite[]): Promise<readonly NameDelta[]>;
}

/** An epoch and the revision that the store was at when it began. */
export interface EpochStart {
  readonly epoch: string;
  readonly fromRevision: number;
}

/** Whether `position` lies in the history that these epochs (oldest first) tell of a store that is at `revision` now. */
export function isKnownPosition(position: NamePosition, epochs: readonly EpochStart[], revision: number): boolean {
  const at = epochs.findIndex(({ epoch }) => epoch === position.epoch);
  const start = epochs[at];
  if (!start) return false;
  const end = epochs[at + 1]?.fromRevision ?? revision;
  return position.revision >= start.fromRevision && position.revision <= end;
}
