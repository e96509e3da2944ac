import { eject, ejectWithinCap, elapsedMs, readmit, releaseTrial, toTick } from "./ejection.js";
import { type CallOutcome, EJECT_REASON, HEALTH_FIELD as F, type HealthTable } from "./health-table.js";
import { type BalancerSettings, DEFAULT_SETTINGS } from "./settings.js";

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

/** Least latency a failure is charged with: answering "no" fast must not look like being fast. */
const FAILURE_FLOOR_US = 1_000;
const MAX_LATENCY_US = 0x3fff_ffff;

/**
 * Notes how an attempt ended and counts it out of the calls in flight. Call it exactly once per pick.
 * A failure never makes an instance look better: it is charged with the worst latency seen.
 */
export function reportOutcome(
  table: HealthTable,
  report: OutcomeReport,
  settings: BalancerSettings = DEFAULT_SETTINGS,
): void {
  const { slot, outcome, latencyMs } = report;
  if (table.generation(slot) !== report.generation) return;
  table.end(slot, report.generation);
  if (outcome === "cancelled" || outcome === "busy") {
    if (table.get(slot, F.trialAt) !== 0) releaseTrial(table, slot);
    return;
  }
  noted.now = toTick(report.nowMs);
  noted.startedAt = toTick(report.nowMs - latencyMs);
  noted.latencyUs = Math.min(MAX_LATENCY_US, Math.max(0, Math.round(latencyMs * 1_000))) | 0;
  noted.isRefused = outcome === "refused";
  noted.settings = settings;
  turnWindow(table, slot, noted);
  if (outcome === "success") onSuccess(table, slot, noted);
  else onFailure(table, slot, noted);
  table.set(slot, F.lastReportAt, noted.now);
}

/** One outcome in the units of the table. */
interface Noted {
  now: number;
  startedAt: number;
  latencyUs: number;
  isRefused: boolean;
  settings: BalancerSettings;
}

/** Filled anew by each report, which never waits: a report allocates nothing (benchmarks/src/shm.bench.ts). */
const noted: Noted = { now: 1, startedAt: 1, latencyUs: 0, isRefused: false, settings: DEFAULT_SETTINGS };

function onSuccess(table: HealthTable, slot: number, { now, startedAt, latencyUs, settings }: Noted): void {
  const isOut = table.get(slot, F.ejectedUntil) !== 0;
  if (isOut || table.get(slot, F.ejectStreak) !== 0) {
    const ejectedAt = table.get(slot, F.ejectedAt);
    if (isOut && elapsedMs(startedAt, ejectedAt) >= 0) readmit(table, slot, now);
    if (elapsedMs(now, ejectedAt) > settings.streakForgetMs) table.set(slot, F.ejectStreak, 0);
  }
  if (table.get(slot, F.consecutiveFailures) !== 0) table.set(slot, F.consecutiveFailures, 0);
  table.add(slot, F.successes, 1);
  table.add(slot, F.successTotal, 1);
  noteLatency(table, slot, latencyUs);
}

function onFailure(table: HealthTable, slot: number, { now, startedAt, latencyUs, isRefused, settings }: Noted): void {
  const inARow = table.add(slot, F.consecutiveFailures, 1) + 1;
  const failures = table.add(slot, F.failures, 1) + 1;
  table.add(slot, F.failureTotal, 1);
  table.set(slot, F.lastFailureAt, now);
  const worst = Math.max(table.get(slot, F.peakLatencyUs), table.get(slot, F.latencyEwmaUs), FAILURE_FLOOR_US);
  noteLatency(table, slot, Math.max(latencyUs, worst));

  const wasOut = table.get(slot, F.ejectedUntil) !== 0;
  if (wasOut && elapsedMs(startedAt, table.get(slot, F.ejectedAt)) < 0) return; // sent before the ejection: no news
  if (isRefused) {
    eject(table, slot, { reason: EJECT_REASON.refused, now, settings });
    return;
  }
  const calls = failures + table.get(slot, F.successes);
  const isLow = calls >= settings.minWindowCalls && (calls - failures) / calls < settings.minSuccessRatio;
  if (wasOut || inARow >= settings.ejectAfterFailures) {
    ejectWithinCap(table, slot, { reason: EJECT_REASON.consecutiveFailures, now, settings });
  } else if (isLow) {
    ejectWithinCap(table, slot, { reason: EJECT_REASON.lowSuccess, now, settings });
  }
}

/** The average rises by half of the difference and falls by an eighth. Racing updates may lose a sample, never more. */
function noteLatency(table: HealthTable, slot: number, sampleUs: number): void {
  const average = table.get(slot, F.latencyEwmaUs);
  const difference = sampleUs - average;
  const next = average === 0 ? sampleUs : average + (difference >> (difference > 0 ? 1 : 3));
  table.set(slot, F.latencyEwmaUs, Math.max(1, next));
  if (sampleUs > table.get(slot, F.peakLatencyUs)) table.set(slot, F.peakLatencyUs, sampleUs);
}

/** Halves the window's counters once per `windowMs`; the process that wins the swap does it. */
function turnWindow(table: HealthTable, slot: number, { now, settings }: Noted): void {
  const startedAt = table.get(slot, F.windowAt);
  const ageMs = elapsedMs(now, startedAt);
  if (startedAt !== 0 && ageMs >= 0 && ageMs < settings.windowMs) return;
  if (table.compareExchange(slot, F.windowAt, startedAt, now) !== startedAt || startedAt === 0) return;
  const halvings = Math.min(30, Math.max(1, Math.floor(ageMs / settings.windowMs)));
  decay(table, slot, F.successes, halvings);
  decay(table, slot, F.failures, halvings);
  decay(table, slot, F.peakLatencyUs, halvings);
}

function decay(table: HealthTable, slot: number, field: 1 | 2 | 5, halvings: number): void {
  const value = table.get(slot, field);
  table.add(slot, field, (value >> halvings) - value);
}
