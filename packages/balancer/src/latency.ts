import { elapsedMs } from "./ejection.js";
import { HEALTH_FIELD as F, type HealthTable } from "./health-table.js";
import type { BalancerSettings } from "./settings.js";

const MAX_LATENCY_US = 0x3fff_ffff;

export function toLatencyUs(latencyMs: number): number {
  const us = latencyMs * 1_000;
  return us > 0 ? Math.min(MAX_LATENCY_US, us) | 0 : 0;
}

/**
 * Average over time rather than over samples: the more calls, the less a single one says, so that two equal instances look equal.
 * After a long silence the next sample is the average. Racing updates may lose a sample, never more.
 */
export function noteLatency({ table, now, settings }: LatencyNoter, slot: number, us: number): void {
  const average = table.get(slot, F.latencyEwmaUs);
  if (us > table.get(slot, F.peakLatencyUs)) table.set(slot, F.peakLatencyUs, us);
  if (average === 0) {
    table.set(slot, F.latencyEwmaUs, us > 0 ? us : 1);
    return;
  }
  const silentMs = elapsedMs(now, table.get(slot, F.lastReportAt));
  let gain = silentMs / settings.latencyTauMs;
  if (gain < settings.latencyMinGain) gain = settings.latencyMinGain;
  else if (gain > 1) gain = 1;
  const next = Math.round(average + (us - average) * gain) | 0;
  if (next !== average) table.set(slot, F.latencyEwmaUs, next > 0 ? next : 1);
}

export interface LatencyNoter {
  readonly table: HealthTable;
  readonly settings: BalancerSettings;
  /** Tick. */
  readonly now: number;
}
