/**
 * Who has calls in flight. Each thread that calls owns one row: one word per slot, which nobody else writes. The calls in flight
 * at an instance are the sum over the rows, so a thread that is killed in the middle of anything leaves exactly its own row
 * behind, and clearing that row takes its calls back, whatever the others are doing.
 *
 *   row: 0 thread id (0 = free, negative = being cleared by that thread) | 4 its start time | 8 reserved | 12 reserved
 */
import { HEADER, type LiveShape, ROW_WORDS, ROWS_PER_BLOCK, rowBaseWord, rowsWord } from "./live-layout.js";
import { isSameProcess, ownThread } from "./process-mark.js";

/** Takes a free row for this thread and gives its number, or −1 when all are taken. */
export function claimProcessRow(words: Int32Array, shape: LiveShape): number {
  const { id, start } = ownThread();
  const first = rowsWord(shape.capacity);
  for (let row = 0; row < shape.rows; row += 1) {
    const word = first + row * ROW_WORDS;
    if (words[word] !== 0 || Atomics.compareExchange(words, word, 0, id) !== 0) continue;
    Atomics.store(words, word + 1, start);
    raiseUsedRows(words, row + 1);
    return row;
  }
  return -1;
}

/** Gives the row of this thread back, with what it still counts. */
export function releaseProcessRow(words: Int32Array, shape: LiveShape, row: number): void {
  if (row >= 0) tryClearRow(words, shape, { row, owner: ownThread().id });
}

export interface RowsReport {
  /** Rows of threads that are gone, now free. */
  readonly reclaimed: number;
  /** Rows in use. */
  readonly taken: number;
}

/** Takes back what dead threads had in flight. */
export function reclaimDeadRows(words: Int32Array, shape: LiveShape): RowsReport {
  let reclaimed = 0;
  let taken = 0;
  let highest = 0;
  for (let row = 0; row < shape.rows; row += 1) {
    const word = rowsWord(shape.capacity) + row * ROW_WORDS;
    const owner = Atomics.load(words, word);
    if (owner === 0) continue;
    if (!isGone(owner, Atomics.load(words, word + 1))) {
      taken += 1;
      highest = row + 1;
    } else if (tryClearRow(words, shape, { row, owner })) reclaimed += 1;
  }
  fitUsedRows(words, shape, highest);
  return { reclaimed, taken };
}

/** A row that somebody clears is left alone as long as that thread lives, else two would clear it and hit its next owner. */
function isGone(owner: number, start: number): boolean {
  return owner < 0 ? -owner === ownThread().id || !isSameProcess(-owner, 0) : !isSameProcess(owner, start);
}

function tryClearRow(words: Int32Array, shape: LiveShape, opts: { row: number; owner: number }): boolean {
  const { row, owner } = opts;
  const word = rowsWord(shape.capacity) + row * ROW_WORDS;
  if (Atomics.compareExchange(words, word, owner, -ownThread().id) !== owner) return false;
  const base = rowBaseWord(shape, row);
  for (let slot = 0; slot < shape.capacity; slot += 1) words[base + slot * ROWS_PER_BLOCK] = 0;
  Atomics.store(words, word + 1, 0);
  Atomics.store(words, word, 0);
  return true;
}

function raiseUsedRows(words: Int32Array, atLeast: number): void {
  for (;;) {
    const used = Atomics.load(words, HEADER.usedRows);
    if (used >= atLeast || Atomics.compareExchange(words, HEADER.usedRows, used, atLeast) === used) return;
  }
}

/** Readers add up rows below `usedRows`. A thread that claims a row meanwhile either is seen here or raises it itself. */
function fitUsedRows(words: Int32Array, shape: LiveShape, highest: number): void {
  const used = Atomics.load(words, HEADER.usedRows);
  if (used < highest) raiseUsedRows(words, highest);
  if (used <= highest || Atomics.compareExchange(words, HEADER.usedRows, used, highest) !== used) return;
  for (let row = Math.min(used, shape.rows) - 1; row >= highest; row -= 1) {
    if (Atomics.load(words, rowsWord(shape.capacity) + row * ROW_WORDS) === 0) continue;
    raiseUsedRows(words, row + 1);
    return;
  }
}
