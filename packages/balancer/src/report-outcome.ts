import {
  eject,
  ejectWithinCap,
  elapsedMs,
  mayBeOut,
  readmit,
  releaseTrial,
  toTick,
  wantedEvidenceMilli,
} from "./ejection.js";
import { addSharedEvidence, type EvidenceRates } from "./evidence.js";
import {
  type CallOutcome,
  EJECT_REASON,
  type EjectReason,
  HEALTH_FIELD as F,
  type HealthTable,
} from "./health-table.js";
import { noteLatency, toLatencyUs } from "./latency.js";
import type { OwnExperience } from "./own-experience.js";
import type { BalancerSettings } from "./settings.js";

/** What became of one attempt. */
export interface OutcomeReport {
  readonly slot: number;
  /** As it was when the slot was picked; a report about a former owner of the slot is ignored. */
  readonly generation: number;
  readonly outcome: CallOutcome;
  /** From pick to outcome. For a timeout: how long was waited. */
  readonly latencyMs: number;
  /** On the clock of the table. */
  readonly nowMs: number;
}

/** Whom a process reports for. */
export interface Reporter {
  readonly table: HealthTable;
  readonly settings: BalancerSettings;
  readonly own: OwnExperience;
  readonly rates: EvidenceRates;
  /** Tick of the report that is going on. */
  now: number;
  /** Instances are ejected for failing calls, too, not only for refused connections. */
  readonly ejectsFailing: boolean;
}

/**
 * Notes how an attempt ended and counts it out of the calls in flight. Call it exactly once per pick.
 *
 * @returns false when something changed that picks should know at once
 */
export function reportOutcome(reporter: Reporter, report: OutcomeReport): boolean {
  const { table } = reporter;
  const { slot, outcome } = report;
  if (table.generation(slot) !== report.generation) return true;
  table.end(slot, report.generation);
  reporter.now = toTick(report.nowMs);
  return outcome === "success" ? onSuccess(reporter, report) : onOther(reporter, report);
}

function onSuccess(reporter: Reporter, report: OutcomeReport): boolean {
  const { table, own, now } = reporter;
  const { slot } = report;
  table.add(slot, F.successTotal, 1);
  noteLatency(reporter, slot, toLatencyUs(report.latencyMs));
  if (table.get(slot, F.lastReportAt) !== now) {
    turnWindow(reporter, slot);
    table.set(slot, F.lastReportAt, now);
  }
  if (table.get(slot, F.consecutiveFailures) !== 0) table.set(slot, F.consecutiveFailures, 0);
  const busy = table.get(slot, F.busyMilli);
  if (busy !== 0) table.set(slot, F.busyMilli, busy - ((busy + 15) >> 4));
  let isNews = false;
  if (!own.isClean(slot)) {
    own.prepare(slot, report.generation);
    isNews = own.isOut(slot);
    own.noteSuccess(slot, startOf(report), reporter.rates);
  }
  if (table.get(slot, F.ejectStreak) !== 0) isNews = onSuccessAfterEjection(reporter, report) || isNews;
  return !isNews;
}

function onOther(reporter: Reporter, report: OutcomeReport): boolean {
  const { table, own } = reporter;
  const { slot, outcome } = report;
  own.prepare(slot, report.generation);
  if (outcome === "cancelled") {
    table.add(slot, F.cancelledTotal, 1);
    if (table.get(slot, F.trialAt) !== 0) releaseTrial(table, slot);
    own.releaseTrial(slot);
    return true;
  }
  turnWindow(reporter, slot);
  if (outcome === "busy") onBusy(reporter, report);
  else onFailure(reporter, report);
  table.set(slot, F.lastReportAt, reporter.now);
  return false;
}

function onSuccessAfterEjection({ table, settings, own, now }: Reporter, report: OutcomeReport): boolean {
  const { slot } = report;
  const ejectedAt = table.get(slot, F.ejectedAt);
  if (table.get(slot, F.ejectedUntil) !== 0)
    return elapsedMs(startOf(report), ejectedAt) >= 0 && readmit(table, slot, now, { settings, tag: own.tag });
  if (elapsedMs(now, ejectedAt) > settings.streakForgetMs) table.set(slot, F.ejectStreak, 0);
  return false;
}

/** An early refusal: the instance is alive. It takes less for a while, as far as it refuses more than others. */
function onBusy({ table, settings, own, now }: Reporter, report: OutcomeReport): void {
  const { slot } = report;
  table.add(slot, F.busyTotal, 1);
  const level = table.get(slot, F.busyMilli);
  table.set(slot, F.busyMilli, level + ((1_015 - level) >> 4));
  table.set(slot, F.busyAt, now);
  table.set(slot, F.consecutiveFailures, 0);
  const isSinceEjection = elapsedMs(startOf(report), table.get(slot, F.ejectedAt)) >= 0;
  if (table.get(slot, F.ejectedUntil) !== 0 && isSinceEjection) readmit(table, slot, now, { settings, tag: own.tag });
}

function onFailure(reporter: Reporter, report: OutcomeReport): void {
  const { table, settings, own, rates, now } = reporter;
  const { slot, outcome } = report;
  const startedAt = startOf(report);
  table.add(slot, F.consecutiveFailures, 1);
  table.add(slot, F.failureTotal, 1);
  const lastFailureAt = table.get(slot, F.lastFailureAt);
  table.set(slot, F.lastFailureAt, now);
  // failing fast must not look like being fast, waiting in vain is as slow as it was
  const us = Math.max(toLatencyUs(report.latencyMs), table.get(slot, F.latencyEwmaUs));
  noteLatency(reporter, slot, us);

  const wasOut = table.get(slot, F.ejectedUntil) !== 0;
  if (wasOut && elapsedMs(startedAt, table.get(slot, F.ejectedAt)) < 0) return; // sent before the ejection: no news
  // a lost connection takes all calls on it along: one event
  if (outcome === "reset" && lastFailureAt !== 0 && elapsedMs(startedAt, lastFailureAt) <= 0) return;
  const mostMilli = settings.evidenceToEject * 1_250;
  const shared = addSharedEvidence(table, slot, { rates, mostMilli });
  own.noteFailure(table, slot, rates.failureMilli);
  if (outcome === "refused") judge(reporter, slot, EJECT_REASON.refused);
  else judgeFailing(reporter, slot, { shared, wasOut });
}

function judgeFailing(reporter: Reporter, slot: number, known: { shared: number; wasOut: boolean }): void {
  const { table, settings, own, ejectsFailing, now } = reporter;
  if (!ejectsFailing) return;
  const { shared, wasOut } = known;
  const wantedMilli = wantedEvidenceMilli(table, slot, now, settings);
  const mine = own.evidenceMilli(slot);
  const inARow = table.get(slot, F.consecutiveFailures);
  const reason = inARow >= 3 ? EJECT_REASON.consecutiveFailures : EJECT_REASON.lowSuccess;
  if (wasOut) judgeTrial(reporter, slot, reason);
  else if (mine >= wantedMilli || own.isOut(slot)) judge(reporter, slot, reason);
  else if (shared >= wantedMilli) {
    // not enough of its own, so others have seen it as well
    ejectWithinCap(table, slot, { reason, now, settings });
  }
}

/** Enough evidence of this process's own: does it concern the others? */
function judge(reporter: Reporter, slot: number, reason: EjectReason): void {
  const { table, settings, own, rates, now } = reporter;
  const witness = own.witness(table, slot, rates);
  if (witness !== "others") own.stayAway(slot, now);
  if (witness === "mine") return;
  const how = { reason, now, settings, accuser: witness === "others" ? 0 : own.tag };
  if (reason === EJECT_REASON.refused) eject(table, slot, how);
  else ejectWithinCap(table, slot, how);
}

/** A call to one that is out failed: it stays out for longer. Unless by now so many are in trouble that it is needed. */
function judgeTrial({ table, settings, own, rates, now }: Reporter, slot: number, reason: EjectReason): void {
  if (!mayBeOut(table, slot, settings)) {
    readmit(table, slot, now, { settings });
    return;
  }
  if (own.witness(table, slot, rates) !== "others") own.stayAway(slot, now);
  eject(table, slot, { reason, now, settings, accuser: own.tag });
}

function startOf(report: OutcomeReport): number {
  return toTick(report.nowMs - report.latencyMs);
}

/** Halves the window's counters once per `windowMs`; the process that wins the swap does it. */
function turnWindow({ table, now, settings }: Reporter, slot: number): void {
  const startedAt = table.get(slot, F.windowAt);
  const ageMs = elapsedMs(now, startedAt);
  if (startedAt !== 0 && ageMs >= 0 && ageMs < settings.windowMs) return;
  if (table.compareExchange(slot, F.windowAt, startedAt, now) !== startedAt || startedAt === 0) return;
  const halvings = Math.min(30, Math.max(1, Math.floor(ageMs / settings.windowMs)));
  halve(table, slot, { mark: F.successMark, total: F.successTotal, halvings });
  halve(table, slot, { mark: F.failureMark, total: F.failureTotal, halvings });
  table.set(slot, F.peakLatencyUs, table.get(slot, F.peakLatencyUs) >> halvings);
}

function halve(table: HealthTable, slot: number, opts: { mark: 1 | 2; total: 17 | 18; halvings: number }): void {
  const total = table.get(slot, opts.total);
  const count = Math.max(0, (total - table.get(slot, opts.mark)) | 0);
  table.set(slot, opts.mark, (total - (count >> opts.halvings)) | 0);
}
