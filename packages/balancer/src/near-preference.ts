/**
 * Instances of the caller's rack and zone first, farther ones as far as the near ones can't or shouldn't take it all. Two reasons
 * spill: too few of the near ones are in use (Envoy's priority levels: their share in use × 1.4 is what they take), or a call to them
 * costs more than one to the others (slow, failing, busy: then bit by bit, up to an even spread).
 */
import { elapsedMs } from "./ejection.js";
import { HEALTH_FIELD as F, type HealthTable } from "./health-table.js";
import { MEMBER_STATE, type Members } from "./members.js";
import type { BalancerSettings } from "./settings.js";

/** How fast the remembered best cost of near instances follows a worse one. */
const BASELINE_MS = 60_000;

interface Ring {
  /** Members up to here, nearest first. */
  readonly end: number;
  /** Probability that a pick stays within. */
  share: number;
  /** Best cost seen lately. */
  baseline: number;
}

export class NearPreference {
  /** Some members are nearer than others. */
  isOn = false;
  #rings: Ring[] = [];
  #scannedAt = 0;

  rebuild(table: HealthTable, slots: Int32Array): void {
    const ends = new Set<number>();
    slots.forEach((slot, index) => {
      const next = slots[index + 1];
      if (next !== undefined && table.nearness(next) !== table.nearness(slot)) ends.add(index + 1);
    });
    this.#rings = [...ends].map((end) => ({ end, share: 1, baseline: 0 }));
    this.isOn = ends.size > 0;
  }

  /** How many members, nearest first, this pick draws from. */
  drawReach(view: Members): number {
    for (let n = 0; n < this.#rings.length; n += 1) {
      const ring = this.#rings[n];
      if (ring !== undefined && (ring.share >= 1 || view.random() < ring.share)) return ring.end;
    }
    return view.count;
  }

  /** Of each ring from the nearest on, the probability that a pick stays within it. */
  get shares(): readonly number[] {
    return this.#rings.map((ring) => ring.share);
  }

  scan(view: Members, costs: Float64Array): void {
    const passedMs = this.#scannedAt === 0 ? 0 : Math.max(0, elapsedMs(view.now, this.#scannedAt));
    this.#scannedAt = view.now;
    for (let n = 0; n < this.#rings.length; n += 1) {
      const ring = this.#rings[n];
      if (ring === undefined) continue;
      const inside = meanCost(view, costs, { from: 0, end: ring.end });
      const outside = meanCost(view, costs, { from: ring.end, end: view.count });
      const risen = ring.baseline === 0 ? inside : ring.baseline * (1 + passedMs / BASELINE_MS);
      ring.baseline = Math.min(inside, risen);
      const other = outside > 0 ? outside : ring.baseline;
      ring.share = Math.min(healthShare(view, ring.end), costShare(inside / Math.max(1, other), view.settings));
    }
  }
}

/** How much the members up to `end` can take, by how many of them are in use. */
function healthShare(view: Members, end: number): number {
  let ready = 0;
  let all = 0;
  for (let index = 0; index < end; index += 1) {
    const weight = view.weights[index] ?? 0;
    all += weight;
    if (view.states[index] === MEMBER_STATE.ready) ready += weight * (view.shares[index] ?? 1);
  }
  return all === 0 ? 0 : Math.min(1, (view.settings.nearOverprovision * ready) / all);
}

function costShare(ratio: number, { nearSpillFrom, nearSpillAll }: BalancerSettings): number {
  return Math.min(1, Math.max(0, (nearSpillAll - ratio) / (nearSpillAll - nearSpillFrom)));
}

/** By weight, of members in use that have been called; 0 = none. */
function meanCost(view: Members, costs: Float64Array, { from, end }: { from: number; end: number }): number {
  let sum = 0;
  let all = 0;
  for (let index = from; index < end; index += 1) {
    const slot = view.slots[index] ?? 0;
    if (view.states[index] !== MEMBER_STATE.ready || view.table.get(slot, F.lastReportAt) === 0) continue;
    const weight = view.weights[index] ?? 0;
    sum += weight * (costs[index] ?? 0);
    all += weight;
  }
  return all === 0 ? 0 : sum / all;
}
