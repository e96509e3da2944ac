import { elapsedMs } from "./ejection.js";
import { HEALTH_FIELD as F, type HealthTable } from "./health-table.js";
import type { BalancerSettings } from "./settings.js";

const MAX_LATENCY_US = 0x3fff_ffff;

export function toLatencyUs(latencyMs: number): number {
  return Math.min(MAX_LATENCY_US, Math.max(0, latencyMs * 1_000)) | 0;
}

/**
 * Average over time rather than over samples: the more calls, the less a single one says, so that two equal instances look equal.
 * After a long silence the next sample is the average. Racing updates may lose a sample, never more.
 */
export function noteLatency(
  table: HealthTable,
  slot: number,
  opts: { us: number; now: number; settings: BalancerSettings },
): void {
  const { us, settings } = opts;
  const average = table.get(slot, F.latencyEwmaUs);
  if (us > table.get(slot, F.peakLatencyUs)) table.set(slot, F.peakLatencyUs, us);
  if (average === 0) {
    table.set(slot, F.latencyEwmaUs, Math.max(1, us));
    return;
  }
  const silentMs = elapsedMs(opts.now, table.get(slot, F.lastReportAt));
  const gain = Math.min(1, Math.max(settings.latencyMinGain, silentMs / settings.latencyTauMs));
  const next = Math.round(average + (us - average) * gain);
  if (next !== average) table.set(slot, F.latencyEwmaUs, Math.max(1, next));
}
