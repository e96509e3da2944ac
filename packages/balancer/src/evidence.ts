/**
 * Who fails more than the others, found as early as possible: a cumulative sum of log-likelihood ratios (Page, "Continuous inspection
 * schemes", Biometrika 1954; quickest detection for a given rate of false alarms: Lorden 1971). Each failure adds what it says for
 * "this one is an outlier", each success takes away what it says against it, never below zero. What is usual is the failure
 * ratio of the members that are not under suspicion, so that errors that all of them have are no one's fault.
 *
 * Successes cost nothing extra: their part is taken away at the next failure, from the totals.
 */
import { HEALTH_FIELD as F, type HealthTable } from "./health-table.js";
import type { BalancerSettings } from "./settings.js";

/** What one outcome says, thousandths of a nat. */
export class EvidenceRates {
  failureMilli = 1;
  successMilli = 1;
  /** Share of calls that fail at instances that are not under suspicion. */
  usualRatio = 0;

  constructor(settings: BalancerSettings) {
    this.setUsual(0, settings);
  }

  setUsual(failureRatio: number, settings: BalancerSettings): void {
    if (failureRatio === this.usualRatio && this.failureMilli !== 1) return;
    this.usualRatio = failureRatio;
    const usual = Math.min(0.5, Math.max(settings.usualFailureRatio, failureRatio));
    const outlier = Math.min(0.95, Math.max(settings.outlierFailureRatio, usual * settings.outlierFactor));
    this.failureMilli = Math.round(1_000 * Math.log(outlier / usual));
    this.successMilli = Math.max(1, Math.round(1_000 * Math.log((1 - usual) / (1 - outlier))));
  }
}

/** The evidence that all processes share, as it stands now. Thousandths of a nat. */
export function sharedEvidenceMilli(table: HealthTable, slot: number, rates: EvidenceRates): number {
  const noted = table.get(slot, F.evidenceMilli);
  if (noted === 0) return 0;
  const successes = (table.get(slot, F.successTotal) - table.get(slot, F.evidenceMark)) | 0;
  return Math.max(0, noted - Math.max(0, successes) * rates.successMilli);
}

/** Adds to the shared evidence and gives the sum. A lost race costs the evidence of one failure. */
export function addSharedEvidence(
  table: HealthTable,
  slot: number,
  opts: { rates: EvidenceRates; mostMilli: number },
): number {
  const { rates, mostMilli } = opts;
  const noted = table.get(slot, F.evidenceMilli);
  const next = Math.min(mostMilli, sharedEvidenceMilli(table, slot, rates) + rates.failureMilli) | 0;
  const mark = table.get(slot, F.successTotal);
  if (table.compareExchange(slot, F.evidenceMilli, noted, next) !== noted) return Math.max(noted, next);
  table.set(slot, F.evidenceMark, mark);
  return next;
}
