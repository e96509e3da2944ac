/**
 * What a call to each member is expected to cost, but for its calls in flight, which a pick reads itself:
 *
 *   (average latency + 1 ms) × suspicion × busy
 *
 * Latencies of members that were not called lately go back to what is usual, so that they are looked at again.
 */
import { elapsedMs } from "./ejection.js";
import { sharedEvidenceMilli } from "./evidence.js";
import { HEALTH_FIELD as F } from "./health-table.js";
import { MEMBER_STATE, type Members } from "./members.js";

/**
 * Added to each latency: below a millisecond differences are noise of schedulers and warm-up, and two instances would take turns
 * in getting all calls. Queues show in the calls in flight.
 */
const LATENCY_OFFSET_US = 1_000;

/** Of the cost of a call. */
const SUSPECT_PART = 0.05;

export class InstanceCosts {
  /** By index; without calls in flight. */
  base = new Float64Array(0);
  /** What it is worth to avoid a call that may fail: added, so that it outweighs as many calls in flight when all are busy as when none is. */
  suspicion = new Float64Array(0);
  /** What one call in flight adds, as a multiple of `base`: less where the weight is more. */
  perCall = new Float64Array(0);
  /** Share of its calls that succeed, squared, 0 to 1: what `standard` and its like multiply weights by. */
  shapes = new Float64Array(0);
  /** Typical latency of members in use, µs. */
  usualUs = 0;
  #latencyUs = new Float64Array(0);

  rebuild(weights: Float64Array): void {
    const count = weights.length;
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / Math.max(1, count);
    this.base = new Float64Array(count).fill(1);
    this.suspicion = new Float64Array(count);
    this.shapes = new Float64Array(count).fill(1);
    this.#latencyUs = new Float64Array(count);
    this.perCall = weights.map((weight) => mean / Math.max(1, weight));
  }

  /** Of one more call to a member as things are. */
  costOf(view: Members, index: number): number {
    const inFlight = view.table.get(view.slots[index] ?? 0, F.inFlight);
    const base = this.base[index] ?? 0;
    const extra = this.suspicion[index] ?? 0;
    return inFlight > 0 ? base * (1 + inFlight * (this.perCall[index] ?? 1)) + extra : base + extra;
  }

  /** Enough evidence against a member that it is worth looking at more candidates. */
  isSuspect(index: number): boolean {
    return (this.suspicion[index] ?? 0) > SUSPECT_PART * (this.base[index] ?? 0);
  }

  /** The parts of `base`, for explaining. */
  partsOf(view: Members, index: number): { readonly latencyUs: number; readonly penalty: number } {
    const latencyUs = this.#expectedUs(view, index);
    return { latencyUs, penalty: (this.base[index] ?? 0) / (latencyUs + LATENCY_OFFSET_US) };
  }

  scan(view: Members): void {
    this.#readLatencies(view);
    let failures = 0;
    let calls = 0;
    let best = 0;
    const suspectMilli = view.settings.evidenceToEject * 500;
    for (let index = 0; index < view.count; index += 1) {
      const slot = view.slots[index] ?? 0;
      const evidenceMilli = sharedEvidenceMilli(view.table, slot, view.rates);
      this.base[index] = (this.#expectedUs(view, index) + LATENCY_OFFSET_US) * busyFactor(view, slot);
      this.suspicion[index] = (this.usualUs + LATENCY_OFFSET_US) * suspicionFactor(view, slot, evidenceMilli);
      const succeeded = countOf(view, slot, F.successTotal, F.successMark);
      const failed = countOf(view, slot, F.failureTotal, F.failureMark);
      const ratio = (succeeded + 1) / (succeeded + failed + 1);
      const shape = Math.max(0.01, ratio * ratio);
      this.shapes[index] = shape;
      if (shape > best) best = shape;
      if (evidenceMilli >= suspectMilli || view.states[index] !== MEMBER_STATE.ready) continue;
      failures += failed;
      calls += succeeded + failed;
    }
    for (let index = 0; index < view.count; index += 1) this.shapes[index] = (this.shapes[index] ?? 1) / best;
    view.rates.setUsual(calls === 0 ? 0 : failures / (calls + 50), view.settings);
  }

  #readLatencies(view: Members): void {
    const { table } = view;
    let inverse = 0;
    let known = 0;
    for (let index = 0; index < view.count; index += 1) {
      const us = table.get(view.slots[index] ?? 0, F.latencyEwmaUs);
      this.#latencyUs[index] = us;
      if (us === 0 || view.states[index] !== MEMBER_STATE.ready) continue;
      inverse += 1 / us;
      known += 1;
    }
    this.usualUs = known === 0 ? 0 : known / inverse; // the harmonic mean: a few slow ones don't make slowness usual
  }

  #expectedUs(view: Members, index: number): number {
    const { table, now, settings } = view;
    const slot = view.slots[index] ?? 0;
    const noted = this.#latencyUs[index] ?? 0;
    const us = noted === 0 ? this.usualUs : noted;
    const reportedAt = table.get(slot, F.lastReportAt);
    const pickedAt = table.get(slot, F.lastPickAt);
    if (elapsedMs(pickedAt, reportedAt) > 0 && table.get(slot, F.inFlight) > 0) {
      // all calls under way have waited for at least so long
      return Math.max(us, elapsedMs(now, pickedAt) * 1_000);
    }
    const chanceUs = this.usualUs * settings.latencyChance;
    if (us < this.usualUs - chanceUs) return us + chanceUs;
    if (us <= this.usualUs + chanceUs) return this.usualUs;
    const idleMs = Math.max(0, elapsedMs(now, reportedAt));
    return this.usualUs + (us - chanceUs - this.usualUs) * halved(idleMs, settings.idleHalvingMs);
  }
}

function suspicionFactor({ table, now, settings }: Members, slot: number, evidenceMilli: number): number {
  if (evidenceMilli === 0) return 0;
  const idleMs = Math.max(0, elapsedMs(now, table.get(slot, F.lastFailureAt)));
  const level = (evidenceMilli * halved(idleMs, settings.idleHalvingMs)) / (settings.evidenceToEject * 1_000);
  return settings.suspicionPenalty * level * level;
}

function busyFactor({ table, now, settings }: Members, slot: number): number {
  const busyMilli = table.get(slot, F.busyMilli);
  if (busyMilli === 0) return 1;
  const idleMs = Math.max(0, elapsedMs(now, table.get(slot, F.busyAt)));
  const ratio = (busyMilli * halved(idleMs, settings.busyHalvingMs)) / 1_000;
  return 1 + settings.busyPenalty * ratio * ratio;
}

function halved(ms: number, halvingMs: number): number {
  return ms === 0 ? 1 : 2 ** (-ms / halvingMs);
}

/** Of the window. */
function countOf(view: Members, slot: number, total: 17 | 18, mark: 1 | 2): number {
  return Math.max(0, (view.table.get(slot, total) - view.table.get(slot, mark)) | 0);
}
