/**
 * Who has calls in flight. Each process (or thread) owns one row of the table and counts its calls there too; when it is
 * killed, the agent subtracts the row from the totals. Without it every `kill -9` would leave an instance looking busy for ever.
 *
 *   row: 0 pid (0 = free) | 4 start time of the process | 8 reserved | 12 reserved
 */
import {
  HEADER,
  healthWord,
  inFlightWord,
  LIVE_FIELD,
  LIVE_PROCESS_ROWS,
  ROW_WORDS,
  ROWS_WORD,
} from "./live-layout.js";
import { isSameProcess, tryProcessStart } from "./process-mark.js";

/** Row of a dead process while its counts are taken back. */
const RECLAIMING = -1;

/** Takes a free row for this process and gives its number, or −1 when all are taken. */
export function claimProcessRow(words: Int32Array): number {
  for (let row = 0; row < LIVE_PROCESS_ROWS; row += 1) {
    const word = ROWS_WORD + row * ROW_WORDS;
    if (Atomics.compareExchange(words, word, 0, process.pid) !== 0) continue;
    Atomics.store(words, word + 1, tryProcessStart(process.pid) ?? 0);
    return row;
  }
  return -1;
}

/** Gives a row back; what it still counts is left to {@link reclaimDeadRows}. */
export function releaseProcessRow(words: Int32Array, row: number): void {
  if (row < 0) return;
  reclaimRow(words, row, process.pid);
}

/** Takes back what dead processes had in flight. @returns how many rows became free */
export function reclaimDeadRows(words: Int32Array): number {
  let reclaimed = 0;
  for (let row = 0; row < LIVE_PROCESS_ROWS; row += 1) {
    const word = ROWS_WORD + row * ROW_WORDS;
    const pid = Atomics.load(words, word);
    if (pid === 0) continue;
    if (pid !== RECLAIMING && isSameProcess(pid, Atomics.load(words, word + 1))) continue;
    if (reclaimRow(words, row, pid)) reclaimed += 1;
  }
  return reclaimed;
}

function reclaimRow(words: Int32Array, row: number, pid: number): boolean {
  const word = ROWS_WORD + row * ROW_WORDS;
  if (Atomics.compareExchange(words, word, pid, RECLAIMING) !== pid) return false;
  const capacity = capacityOf(words);
  const first = inFlightWord(capacity) + row * capacity;
  for (let slot = 0; slot < capacity; slot += 1) {
    const count = Atomics.exchange(words, first + slot, 0);
    if (count !== 0) Atomics.sub(words, healthWord(slot, LIVE_FIELD.inFlight), count);
  }
  Atomics.store(words, word + 1, 0);
  Atomics.store(words, word, 0);
  return true;
}

function capacityOf(words: Int32Array): number {
  return words[HEADER.capacity] ?? 0;
}

/** Clears a slot's column when it gets a new owner. */
export function clearInFlight(words: Int32Array, slot: number): void {
  const capacity = capacityOf(words);
  for (let row = 0; row < LIVE_PROCESS_ROWS; row += 1) {
    Atomics.store(words, inFlightWord(capacity) + row * capacity + slot, 0);
  }
}
