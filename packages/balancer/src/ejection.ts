/**
 * Taking an instance out of use and letting it back.
 *
 *   in use --refused | failures in a row | low success--> ejected --time over--> due --one trial--> in use, ramping
 *                                                            ^                     |
 *                                                            +--trial failed: twice as long
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

/** `ready` in use, `ejected` not before its time, `due` for a trial. */
export type Admission = "ready" | "ejected" | "due";

export function admission(table: HealthTable, slot: number, now: number, settings: BalancerSettings): Admission {
  const until = table.get(slot, F.ejectedUntil);
  if (until === 0) return "ready";
  const leftMs = elapsedMs(until, now);
  // a time further off than any ejection lasts was written by another boot or a stray write
  return leftMs > 0 && leftMs <= settings.ejectMaxMs ? "ejected" : "due";
}

/** Ejects, or prolongs an ejection that is due. Does nothing while one is running. */
export function eject(
  table: HealthTable,
  slot: number,
  opts: { reason: EjectReason; now: number; settings: BalancerSettings },
): boolean {
  const { reason, now, settings } = opts;
  if (admission(table, slot, now, settings) === "ejected") return false;
  const until = table.get(slot, F.ejectedUntil);
  const streak = Math.min(table.get(slot, F.ejectStreak) + 1, 16);
  const durationMs = Math.min(settings.ejectMaxMs, settings.ejectBaseMs * 2 ** (streak - 1));
  if (table.compareExchange(slot, F.ejectedUntil, until, toTick(now + durationMs)) !== until) return false;
  table.set(slot, F.ejectStreak, streak);
  table.set(slot, F.ejectedAt, now);
  table.set(slot, F.ejectReason, reason);
  table.set(slot, F.trialAt, 0);
  return true;
}

/** {@link eject} for reasons that may be wrong (failing calls): never more than half of the members at a time. */
export function ejectWithinCap(
  table: HealthTable,
  slot: number,
  opts: { reason: EjectReason; now: number; settings: BalancerSettings },
): boolean {
  let out = 0;
  for (let index = 0; index < table.count; index += 1) {
    const other = table.slotAt(index);
    if (other !== slot && table.get(other, F.ejectedUntil) !== 0) out += 1;
  }
  if (out + 1 > Math.floor(table.count / 2)) return false;
  return eject(table, slot, opts);
}

/** Takes the one trial of an instance whose time is over. False when another caller has it. */
export function tryClaimTrial(table: HealthTable, slot: number, now: number, settings: BalancerSettings): boolean {
  if (admission(table, slot, now, settings) !== "due") return false;
  const taken = table.get(slot, F.trialAt);
  const ageMs = elapsedMs(now, taken);
  if (taken !== 0 && ageMs >= 0 && ageMs < settings.trialTimeoutMs) return false;
  return table.compareExchange(slot, F.trialAt, taken, now) === taken;
}

/** Gives a trial back that said nothing: the caller gave up. */
export function releaseTrial(table: HealthTable, slot: number): void {
  table.set(slot, F.trialAt, 0);
}

/** Lets an instance back in at a small share that grows. @returns false when it was not out */
export function readmit(table: HealthTable, slot: number, now: number): boolean {
  const until = table.get(slot, F.ejectedUntil);
  if (until === 0) return false;
  table.set(slot, F.rampStart, now);
  table.set(slot, F.consecutiveFailures, 0);
  table.set(slot, F.successes, 0);
  table.set(slot, F.failures, 0);
  table.set(slot, F.latencyEwmaUs, 0);
  table.set(slot, F.peakLatencyUs, 0);
  table.set(slot, F.trialAt, 0);
  return table.compareExchange(slot, F.ejectedUntil, until, 0) === until;
}

/**
 * What a probe off the user path found out about an ejected instance: it is let back in, or stays out for longer.
 * Probes of instances in use change nothing; calls know better.
 */
export function reportProbe(
  table: HealthTable,
  slot: number,
  probe: { answered: boolean; nowMs: number; settings: BalancerSettings },
): void {
  const now = toTick(probe.nowMs);
  if (table.get(slot, F.ejectedUntil) === 0) return;
  if (probe.answered) readmit(table, slot, now);
  else eject(table, slot, { reason: EJECT_REASON.probeFailed, now, settings: probe.settings });
}

/** Share of its weight an instance gets while it ramps up: `rampMinShare` to 1. */
export function rampShare(table: HealthTable, slot: number, now: number, settings: BalancerSettings): number {
  const start = table.get(slot, F.rampStart);
  if (start === 0) return 1;
  const ageMs = elapsedMs(now, start);
  if (ageMs < 0 || ageMs >= settings.rampMs) {
    table.compareExchange(slot, F.rampStart, start, 0);
    return 1;
  }
  return Math.max(settings.rampMinShare, ageMs / settings.rampMs);
}
