/**
 * What a picker of one process derives from the table: cumulative weights (again after each change of the members) and who is
 * out (again every `rescanMs`). Arrays are made on membership changes only, so a pick allocates nothing.
 */
import { admission, rampShare } from "./ejection.js";
import { EJECT_REASON, HEALTH_FIELD as F, type HealthTable } from "./health-table.js";
import type { BalancerSettings } from "./settings.js";

/** Who may be picked: 0 = instances in use; 1 = also those ejected for failing calls; 2 = also those that refused. */
export type PanicLevel = 0 | 1 | 2;

export class MemberView {
  readonly table: HealthTable;
  readonly settings: BalancerSettings;
  readonly random: () => number;
  /** Time of the pick that is going on. */
  now = 1;
  panicLevel: PanicLevel = 0;
  /** Slots due for a trial when last looked. */
  dueCount = 0;
  meanWeight = 100;
  due = new Int32Array(0);
  #slots = new Int32Array(0);
  #cumulative = new Int32Array(0);
  /** All weights are equal: no search is needed. */
  #isUniform = false;
  #version = -1;
  #scannedAt = 0;

  constructor(table: HealthTable, opts: { settings: BalancerSettings; random: () => number }) {
    this.table = table;
    this.settings = opts.settings;
    this.random = opts.random;
  }

  get count(): number {
    return this.#slots.length;
  }

  slotAt(index: number): number {
    return this.#slots[index] ?? -1;
  }

  /** Brings the view up to date for a pick at `now`. */
  update(now: number): void {
    this.now = now;
    this.table.refresh();
    const isStale = this.table.version !== this.#version;
    if (isStale) this.#rebuild();
    const ageMs = (now - this.#scannedAt) | 0;
    if (isStale || ageMs < 0 || ageMs >= this.settings.rescanMs) this.#scan();
  }

  /** Looks again at the next pick: something was found that the view did not know. */
  invalidate(): void {
    this.#scannedAt = (this.now - this.settings.rescanMs) | 0;
  }

  /** A slot by weight. */
  sample(): number {
    if (this.#isUniform) return this.slotAt(Math.floor(this.random() * this.#slots.length));
    const cumulative = this.#cumulative;
    const last = cumulative.length - 1;
    const wanted = Math.floor(this.random() * (cumulative[last] ?? 0));
    let low = 0;
    let high = last;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] ?? 0) > wanted) high = middle;
      else low = middle + 1;
    }
    return this.slotAt(low);
  }

  /** Whether a slot may be picked at the current panic level. */
  isAllowed(slot: number): boolean {
    const { table } = this;
    if (table.get(slot, F.ejectedUntil) === 0) return true;
    if (this.panicLevel === 2) return true;
    return this.panicLevel === 1 && !isRefusing(table, slot);
  }

  /** Drawn against the share of an instance that ramps up. */
  isInRamp(slot: number): boolean {
    const share = rampShare(this.table, slot, this.now, this.settings);
    return share >= 1 || this.random() < share;
  }

  #rebuild(): void {
    const { table } = this;
    const count = table.count;
    this.#version = table.version;
    this.#slots = new Int32Array(count);
    this.#cumulative = new Int32Array(count);
    this.due = new Int32Array(count);
    let total = 0;
    this.#isUniform = count > 0;
    const firstWeight = count > 0 ? table.weight(table.slotAt(0)) : 0;
    for (let index = 0; index < count; index += 1) {
      const slot = table.slotAt(index);
      const weight = table.weight(slot);
      total += weight;
      if (weight !== firstWeight) this.#isUniform = false;
      this.#slots[index] = slot;
      this.#cumulative[index] = total;
    }
    this.meanWeight = count === 0 ? 100 : total / count;
  }

  #scan(): void {
    const { table, now, settings } = this;
    let ready = 0;
    let failing = 0;
    this.dueCount = 0;
    for (let index = 0; index < this.count; index += 1) {
      const slot = this.slotAt(index);
      const state = admission(table, slot, now, settings);
      if (state === "ready") ready += 1;
      else if (!isRefusing(table, slot)) failing += 1;
      if (state === "due") {
        this.due[this.dueCount] = slot;
        this.dueCount += 1;
      }
    }
    this.panicLevel = 0;
    if (ready + failing === 0) this.panicLevel = 2;
    else if (ready * 2 < this.count) this.panicLevel = 1;
    this.#scannedAt = now;
  }
}

function isRefusing(table: HealthTable, slot: number): boolean {
  const reason = table.get(slot, F.ejectReason);
  return reason === EJECT_REASON.refused || reason === EJECT_REASON.probeFailed;
}
