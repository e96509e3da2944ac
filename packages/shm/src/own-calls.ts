/** The calls in flight of one thread in one live table, and the sum over all threads. See process-rows.ts. */
import {
  HEADER,
  healthWord,
  inFlightWord,
  LIVE_FIELD,
  type LiveShape,
  ROWS_PER_BLOCK,
  rowBaseWord,
} from "./live-layout.js";
import { claimProcessRow, releaseProcessRow } from "./process-rows.js";

const NOT_CLAIMED = -2;
const NO_FREE_ROW = -1;

export class OwnCalls {
  readonly #words: Int32Array;
  readonly #shape: LiveShape;
  readonly #firstWord: number;
  readonly #blockWords: number;
  #row = NOT_CLAIMED;
  /** Word of this thread's row at slot 0. */
  #base = 0;
  /** Calls per slot of a thread that found no free row. */
  #unowned: Int32Array | undefined;

  constructor(words: Int32Array, shape: LiveShape) {
    this.#words = words;
    this.#shape = shape;
    this.#firstWord = inFlightWord(shape);
    this.#blockWords = shape.capacity * ROWS_PER_BLOCK;
  }

  /** Calls in flight at an instance from this machine. Words of 16 threads lie side by side. */
  inFlight(slot: number): number {
    const words = this.#words;
    const used = Math.min(words[HEADER.usedRows] ?? 0, this.#shape.rows);
    let sum = words[healthWord(slot, LIVE_FIELD.inFlight)] ?? 0;
    let block = this.#firstWord + slot * ROWS_PER_BLOCK;
    for (let first = 0; first < used; first += ROWS_PER_BLOCK) {
      const end = block + Math.min(ROWS_PER_BLOCK, used - first);
      for (let word = block; word < end; word += 1) sum += words[word] ?? 0;
      block += this.#blockWords;
    }
    return sum;
  }

  begin(slot: number): void {
    if (this.#row === NOT_CLAIMED) this.#claim();
    if (this.#row < 0) {
      this.#addUnowned(slot, 1);
      return;
    }
    const word = this.#base + slot * ROWS_PER_BLOCK;
    this.#words[word] = (this.#words[word] ?? 0) + 1; // only this thread writes it
  }

  end(slot: number): void {
    if (this.#row < 0) {
      if ((this.#unowned?.[slot] ?? 0) > 0) this.#addUnowned(slot, -1);
      return;
    }
    const word = this.#base + slot * ROWS_PER_BLOCK;
    const count = this.#words[word] ?? 0;
    if (count > 0) this.#words[word] = count - 1; // else begun in a file that was replaced since
  }

  /** Forgets the calls to instances whose slot has another owner now. */
  forgetChanged(before: Int32Array, now: Int32Array): void {
    if (this.#row === NOT_CLAIMED) return;
    for (let slot = 0; slot < before.length; slot += 1) {
      if (before[slot] === now[slot]) continue;
      if (this.#row >= 0) this.#words[this.#base + slot * ROWS_PER_BLOCK] = 0;
      if (this.#unowned) this.#unowned[slot] = 0;
    }
  }

  /** Takes on the calls that were begun in a file that this one replaces: slots and generations are the same in both. */
  takeOver(old: OwnCalls, before: Int32Array, now: Int32Array): void {
    if (old.#row === NOT_CLAIMED) return;
    this.#claim();
    for (let slot = 0; slot < before.length; slot += 1)
      if (before[slot] === now[slot]) this.#setOwn(slot, old.#own(slot));
  }

  /** A thread that found no free row looks again. What it has in flight moves into the row. */
  retryClaim(): void {
    if (this.#row !== NO_FREE_ROW) return;
    this.#claim();
    const unowned = this.#unowned;
    if (this.#row < 0 || !unowned) return;
    this.#unowned = undefined;
    for (const [slot, count] of unowned.entries()) {
      if (count === 0) continue;
      this.#setOwn(slot, count);
      Atomics.sub(this.#words, healthWord(slot, LIVE_FIELD.inFlight), count);
    }
  }

  /** Gives the row back, with what it still counts. */
  close(): void {
    for (const [slot, count] of this.#unowned?.entries() ?? [])
      if (count !== 0) Atomics.sub(this.#words, healthWord(slot, LIVE_FIELD.inFlight), count);
    this.#unowned = undefined;
    releaseProcessRow(this.#words, this.#shape, this.#row);
    this.#row = NOT_CLAIMED;
  }

  #claim(): void {
    this.#row = claimProcessRow(this.#words, this.#shape);
    if (this.#row >= 0) this.#base = rowBaseWord(this.#shape, this.#row);
  }

  #own(slot: number): number {
    return (this.#row >= 0 ? this.#words[this.#base + slot * ROWS_PER_BLOCK] : this.#unowned?.[slot]) ?? 0;
  }

  #setOwn(slot: number, count: number): void {
    if (this.#row >= 0) this.#words[this.#base + slot * ROWS_PER_BLOCK] = count;
    else if (count > 0) this.#addUnowned(slot, count);
  }

  #addUnowned(slot: number, delta: number): void {
    this.#unowned ??= new Int32Array(this.#shape.capacity);
    this.#unowned[slot] = (this.#unowned[slot] ?? 0) + delta;
    Atomics.add(this.#words, healthWord(slot, LIVE_FIELD.inFlight), delta);
  }
}
