/**
 * Taking an instance out of use and letting it back, as far as all processes of the machine share it.
 *
 *   in use --refused | failing more than others--> ejected --time over--> due --one trial--> in use, ramping
 *                                                    |  ^                  |
 *                       one process alone says so:   |  +--trial failed: twice as long
 *                                                    +--another one tries at once--> in use as before | confirmed
 *
 * All steps are compare-and-swap on shared fields; whoever loses a race changes nothing.
 */
import { EJECT_REASON, type EjectReason, HEALTH_FIELD as F, type HealthTable } from "./health-table.js";
import type { BalancerSettings } from "./settings.js";

/** A time as fields hold it. Never 0. */
export function toTick(nowMs: number): number {
  return nowMs | 0 || 1;
}

/** Milliseconds from `then` to `now`, right across the wrap. */
export function elapsedMs(now: number, then: number): number {
  return (now - then) | 0;
}

/** A time so many times further off than the longest ejection was written by another boot or a stray write. */
const STRAY_TIMES = 4;

/** `ready` in use, `ejected` not before its time, `due` for a trial. */
export type Admission = "ready" | "ejected" | "due";

/** @param tag mark of the process that asks: what another one says alone is looked at again at once */
export function admission(table: HealthTable, slot: number, now: number, opts: AdmissionOptions): Admission {
  const until = table.get(slot, F.ejectedUntil);
  if (until === 0) return "ready";
  const leftMs = elapsedMs(until, now);
  if (leftMs <= 0 || leftMs > STRAY_TIMES * opts.settings.ejectMaxMs) return "due";
  const accuser = table.get(slot, F.accuser);
  return accuser !== 0 && opts.tag !== undefined && accuser !== opts.tag ? "due" : "ejected";
}

export interface AdmissionOptions {
  readonly settings: BalancerSettings;
  readonly tag?: number;
}

export interface EjectOptions {
  readonly reason: EjectReason;
  readonly now: number;
  readonly settings: BalancerSettings;
  /** The process that alone has reason for it; default 0: others have, too. */
  readonly accuser?: number;
}

/** Ejects, or prolongs an ejection that is due. One that is running is confirmed at most. @returns whether a new one began */
export function eject(table: HealthTable, slot: number, opts: EjectOptions): boolean {
  const { reason, now, settings, accuser = 0 } = opts;
  const until = table.get(slot, F.ejectedUntil);
  if (admission(table, slot, now, { settings }) === "ejected") {
    confirm(table, slot, accuser);
    return false;
  }
  const streak = Math.min(table.get(slot, F.ejectStreak) + 1, 16);
  const durationMs = Math.min(settings.ejectMaxMs, settings.ejectBaseMs * 2 ** (streak - 1));
  if (table.compareExchange(slot, F.ejectedUntil, until, toTick(now + durationMs)) !== until) return false;
  table.set(slot, F.ejectStreak, streak);
  table.set(slot, F.ejectedAt, now);
  table.set(slot, F.ejectReason, reason);
  table.set(slot, F.accuser, until === 0 ? accuser : 0);
  table.set(slot, F.trialAt, 0);
  return true;
}

function confirm(table: HealthTable, slot: number, accuser: number): void {
  const known = table.get(slot, F.accuser);
  if (known === 0 || known === accuser) return;
  table.set(slot, F.accuser, 0);
  table.set(slot, F.trialAt, 0);
}

/**
 * {@link eject} for reasons that may be wrong (failing calls): never more than a part of the members at a time, and a smaller part
 * of them when they still serve some calls, since in a brown-out what they serve is needed.
 */
export function ejectWithinCap(table: HealthTable, slot: number, opts: EjectOptions): boolean {
  const { settings } = opts;
  if (!mayBeOut(table, slot, settings) || !eject(table, slot, opts)) return false;
  if (countEjected(table) <= mostEjected(table.count, settings.maxEjectedShare)) return true;
  // another process ejected one at the same moment
  const until = table.get(slot, F.ejectedUntil);
  if (until !== 0) table.compareExchange(slot, F.ejectedUntil, until, 0);
  return false;
}

/** Whether the others can do without one that fails its calls. */
export function mayBeOut(table: HealthTable, slot: number, settings: BalancerSettings): boolean {
  const servesNone = table.get(slot, F.consecutiveFailures) >= settings.deadAfterFailures;
  const share = servesNone ? settings.maxEjectedShare : settings.maxFailingShare;
  return countTroubled(table, slot, settings) + 1 <= mostEjected(table.count, share);
}

/** One of two, but never the only one. */
function mostEjected(count: number, share: number): number {
  return count < 2 ? 0 : Math.max(1, Math.floor(count * share));
}

/** Evidence that ejects, thousandths of a nat: less for one that came back lately, since it has a past. */
export function wantedEvidenceMilli(table: HealthTable, slot: number, now: number, settings: BalancerSettings): number {
  const streak = table.get(slot, F.ejectStreak);
  if (streak === 0 || elapsedMs(now, table.get(slot, F.ejectedAt)) > settings.probationMs)
    return settings.evidenceToEject * 1_000;
  return settings.evidenceToEject * (streak === 1 ? 500 : 250);
}

/** Others that are out or under half of the suspicion that ejects. */
function countTroubled(table: HealthTable, slot: number, settings: BalancerSettings): number {
  const suspectMilli = settings.evidenceToEject * 500;
  let troubled = 0;
  for (let index = 0; index < table.count; index += 1) {
    const other = table.slotAt(index);
    if (other === slot) continue;
    const isSuspect = table.get(other, F.evidenceMilli) >= suspectMilli;
    if (isSuspect || table.get(other, F.ejectedUntil) !== 0) troubled += 1;
  }
  return troubled;
}

function countEjected(table: HealthTable): number {
  let out = 0;
  for (let index = 0; index < table.count; index += 1) {
    if (table.get(table.slotAt(index), F.ejectedUntil) !== 0) out += 1;
  }
  return out;
}

/** Takes the one trial of an instance that is due. False when another caller has it. */
export function tryClaimTrial(table: HealthTable, slot: number, now: number, opts: AdmissionOptions): boolean {
  if (admission(table, slot, now, opts) !== "due") return false;
  const taken = table.get(slot, F.trialAt);
  const ageMs = elapsedMs(now, taken);
  if (taken !== 0 && ageMs >= 0 && ageMs < opts.settings.trialTimeoutMs) return false;
  return table.compareExchange(slot, F.trialAt, taken, now) === taken;
}

/** Gives a trial back that said nothing: the caller gave up. */
export function releaseTrial(table: HealthTable, slot: number): void {
  table.set(slot, F.trialAt, 0);
}

/**
 * Lets an instance back in: at a small share that grows. If only one process had accused it and this is another one's experience, as if
 * nothing had been.
 *
 * @param opts tag of the process that found it well; none = a probe
 * @returns false when it was not out
 */
export function readmit(table: HealthTable, slot: number, now: number, opts: AdmissionOptions): boolean {
  const until = table.get(slot, F.ejectedUntil);
  if (until === 0) return false;
  table.set(slot, F.consecutiveFailures, 0);
  table.set(slot, F.evidenceMilli, 0);
  table.set(slot, F.trialAt, 0);
  const accuser = table.get(slot, F.accuser);
  if (accuser === 0 || accuser === opts.tag) {
    table.set(slot, F.rampStart, now);
    table.set(slot, F.successMark, table.get(slot, F.successTotal));
    table.set(slot, F.failureMark, table.get(slot, F.failureTotal));
    table.set(slot, F.latencyEwmaUs, 0);
    table.set(slot, F.peakLatencyUs, 0);
  } else {
    table.set(slot, F.ejectStreak, Math.max(0, table.get(slot, F.ejectStreak) - 1));
    table.set(slot, F.accuser, 0);
  }
  return table.compareExchange(slot, F.ejectedUntil, until, 0) === until;
}

/** {@link HEALTH_FIELD}.probeResult */
export const PROBE_RESULT = { none: 0, answered: 1, failed: 2 } as const;

/**
 * What a probe off the user path found out. An instance that is out is let back in, or stays out for longer. One that is in use is
 * ejected when two probes in a row failed and no call was answered meanwhile: calls know better.
 */
export function reportProbe(
  table: HealthTable,
  slot: number,
  probe: { answered: boolean; nowMs: number; settings: BalancerSettings },
): void {
  const now = toTick(probe.nowMs);
  const { settings } = probe;
  const lastResult = table.get(slot, F.probeResult);
  const lastAt = table.get(slot, F.probeAt);
  table.set(slot, F.probeAt, now);
  table.set(slot, F.probeResult, probe.answered ? PROBE_RESULT.answered : PROBE_RESULT.failed);
  const isOut = table.get(slot, F.ejectedUntil) !== 0;
  if (probe.answered) {
    if (isOut) readmit(table, slot, now, { settings });
    return;
  }
  const reportedAt = table.get(slot, F.lastReportAt);
  const isSilent = lastResult === PROBE_RESULT.failed && (reportedAt === 0 || elapsedMs(lastAt, reportedAt) > 0);
  if (isOut || isSilent) eject(table, slot, { reason: EJECT_REASON.probeFailed, now, settings });
}

/** Whether an instance is out for refusing connections: the agent dials such ones, so that no user's call has to. */
export function isRefusing(table: HealthTable, slot: number): boolean {
  if (table.get(slot, F.ejectedUntil) === 0) return false;
  const reason = table.get(slot, F.ejectReason);
  return reason === EJECT_REASON.refused || reason === EJECT_REASON.probeFailed;
}

/** Share of its weight an instance gets while it ramps up: `rampMinShare` to 1. */
export function rampShare(table: HealthTable, slot: number, now: number, settings: BalancerSettings): number {
  const start = table.get(slot, F.rampStart);
  if (start === 0) return 1;
  const lengthMs = table.get(slot, F.ejectedAt) === 0 ? settings.warmUpMs : settings.rampMs;
  const ageMs = elapsedMs(now, start);
  if (ageMs < 0 || ageMs >= lengthMs) {
    table.compareExchange(slot, F.rampStart, start, 0);
    return 1;
  }
  return Math.max(settings.rampMinShare, ageMs / lengthMs);
}
