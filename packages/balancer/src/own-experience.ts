/**
 * What this process alone has gone through with each instance, in memory of its own. One process with bad luck (its own network
 * rules, a broken credential, no file descriptors left) stays away from an instance without taking it from all others of the machine.
 */
import { elapsedMs, toTick } from "./ejection.js";
import type { EvidenceRates } from "./evidence.js";
import { HEALTH_FIELD as F, type HealthTable } from "./health-table.js";
import type { BalancerSettings } from "./settings.js";

/** Whose failures speak against an instance. */
export type Witness =
  /** Others have failures, too, that their successes do not outweigh. */
  | "others"
  /** Others have successes: it is between this process and the instance. */
  | "mine"
  /** Others have not called it since. */
  | "unknown";

/** Successes of others, in failures' worth of evidence, that make it this process's own problem. */
const CONTRADICTION_MILLI = 1_000;

export class OwnExperience {
  /** Tells this process from the others in shared words; never 0. */
  readonly tag: number;
  readonly #settings: BalancerSettings;
  #generations = new Int32Array(0);
  /** As the shared evidence, of the calls of this process only. */
  #evidenceMilli = new Int32Array(0);
  #successes = new Int32Array(0);
  #failures = new Int32Array(0);
  /** The shared totals when this process's evidence began. */
  #successTotals = new Int32Array(0);
  #failureTotals = new Int32Array(0);
  #outUntil = new Int32Array(0);
  #outSince = new Int32Array(0);
  #streaks = new Int32Array(0);
  #trialAt = new Int32Array(0);

  constructor(settings: BalancerSettings, random: () => number) {
    this.#settings = settings;
    this.tag = Math.floor(random() * 0x7fff_ffff) + 1;
  }

  /** Makes room for slots below `count`, and forgets a slot's former owner. */
  prepare(slot: number, generation: number): void {
    if (slot >= this.#generations.length) this.#grow(Math.max(16, (slot + 1) * 2));
    if (this.#generations[slot] === generation) return;
    this.#generations[slot] = generation;
    this.#clear(slot);
    this.#streaks[slot] = 0;
  }

  /** Nothing speaks against the instance, and it is not out: a success needs no note. */
  isClean(slot: number): boolean {
    return (this.#evidenceMilli[slot] ?? 0) === 0;
  }

  isOut(slot: number): boolean {
    return (this.#outUntil[slot] ?? 0) !== 0;
  }

  /** Out, and its time is not over. */
  isEjected(slot: number, now: number): boolean {
    const until = this.#outUntil[slot] ?? 0;
    return until !== 0 && elapsedMs(until, now) > 0;
  }

  evidenceMilli(slot: number): number {
    return this.#evidenceMilli[slot] ?? 0;
  }

  noteSuccess(slot: number, startedAt: number, rates: EvidenceRates): void {
    if (this.isOut(slot)) {
      if (elapsedMs(startedAt, this.#outSince[slot] ?? 0) >= 0) this.#clear(slot);
      return;
    }
    this.#successes[slot] = (this.#successes[slot] ?? 0) + 1;
    const left = (this.#evidenceMilli[slot] ?? 0) - rates.successMilli;
    if (left > 0) this.#evidenceMilli[slot] = left;
    else this.#clear(slot);
  }

  /** Call it after the shared totals were counted up. */
  noteFailure(table: HealthTable, slot: number, addedMilli: number): void {
    if ((this.#evidenceMilli[slot] ?? 0) === 0) {
      this.#successes[slot] = 0;
      this.#failures[slot] = 0;
      this.#successTotals[slot] = table.get(slot, F.successTotal);
      this.#failureTotals[slot] = table.get(slot, F.failureTotal) - 1;
    }
    this.#failures[slot] = (this.#failures[slot] ?? 0) + 1;
    const mostMilli = this.#settings.evidenceToEject * 1_250;
    this.#evidenceMilli[slot] = Math.min(mostMilli, (this.#evidenceMilli[slot] ?? 0) + addedMilli);
  }

  /** What the calls of the other processes say since this one's trouble began. */
  witness(table: HealthTable, slot: number, rates: EvidenceRates): Witness {
    const ofAll = (table.get(slot, F.successTotal) - (this.#successTotals[slot] ?? 0)) | 0;
    const failedOfAll = (table.get(slot, F.failureTotal) - (this.#failureTotals[slot] ?? 0)) | 0;
    const successes = Math.max(0, ofAll - (this.#successes[slot] ?? 0));
    const failures = Math.max(0, failedOfAll - (this.#failures[slot] ?? 0));
    const net = failures * rates.failureMilli - successes * rates.successMilli;
    if (net > 0) return "others";
    return net <= -CONTRADICTION_MILLI ? "mine" : "unknown";
  }

  /** Keeps this process away for a while, longer each time. */
  stayAway(slot: number, now: number): void {
    if (this.isEjected(slot, now)) return;
    const { ejectBaseMs, ejectMaxMs } = this.#settings;
    const streak = Math.min(16, (this.#streaks[slot] ?? 0) + 1);
    this.#streaks[slot] = streak;
    this.#outSince[slot] = now;
    this.#evidenceMilli[slot] = Math.max(1, this.#evidenceMilli[slot] ?? 0);
    this.#outUntil[slot] = toTick(now + Math.min(ejectMaxMs, ejectBaseMs * 2 ** (streak - 1)));
    this.#trialAt[slot] = 0;
  }

  /** Takes the one trial of this process when its time is over. */
  tryClaimTrial(slot: number, now: number): boolean {
    const until = this.#outUntil[slot] ?? 0;
    if (until === 0 || elapsedMs(until, now) > 0) return false;
    const taken = this.#trialAt[slot] ?? 0;
    if (taken !== 0 && elapsedMs(now, taken) < this.#settings.trialTimeoutMs) return false;
    this.#trialAt[slot] = now;
    return true;
  }

  /** Forgets what spoke against an instance whose time is over. */
  forgive(slot: number, now: number): void {
    if (!this.isEjected(slot, now)) this.#clear(slot);
  }

  releaseTrial(slot: number): void {
    this.#trialAt[slot] = 0;
  }

  /** The instance is let back in for all, or was ejected for all: the shared words decide from now on. */
  #clear(slot: number): void {
    this.#evidenceMilli[slot] = 0;
    this.#successes[slot] = 0;
    this.#failures[slot] = 0;
    if (this.#outUntil[slot] === 0) this.#streaks[slot] = 0;
    this.#outUntil[slot] = 0;
    this.#trialAt[slot] = 0;
  }

  #grow(length: number): void {
    const grown = (old: Int32Array) => {
      const bigger = new Int32Array(length);
      bigger.set(old);
      return bigger;
    };
    this.#generations = grown(this.#generations);
    this.#evidenceMilli = grown(this.#evidenceMilli);
    this.#successes = grown(this.#successes);
    this.#failures = grown(this.#failures);
    this.#successTotals = grown(this.#successTotals);
    this.#failureTotals = grown(this.#failureTotals);
    this.#outUntil = grown(this.#outUntil);
    this.#outSince = grown(this.#outSince);
    this.#streaks = grown(this.#streaks);
    this.#trialAt = grown(this.#trialAt);
  }
}
