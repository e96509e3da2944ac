import { elapsedMs } from "./ejection.js";
import { HEALTH_FIELD as F } from "./health-table.js";
import type { MemberView } from "./member-view.js";

/**
 * Added to each latency: below a millisecond differences are noise of schedulers and warm-up, and two instances would take turns
 * in getting all calls. Queues show in the calls in flight.
 */
const LATENCY_OFFSET_US = 1_000;

/**
 * How much a call to this instance is expected to cost; lower is better. Latency × (calls in flight + 1) ÷ success².
 * Calls in flight are taken relative to the weight. The weight is not divided by again: candidates are sampled by it.
 */
export function expectedCost(view: MemberView, slot: number): number {
  const { table } = view;
  const idleMs = elapsedMs(view.now, table.get(slot, F.lastReportAt));
  const halvings = idleMs <= 0 ? 0 : Math.min(20, Math.floor(idleMs / view.settings.idleHalvingMs));
  const latencyUs = (table.get(slot, F.latencyEwmaUs) >> halvings) + LATENCY_OFFSET_US;
  const inFlight = Math.max(0, table.get(slot, F.inFlight));
  const load = 1 + (inFlight * view.meanWeight) / Math.max(1, table.weight(slot));
  const successes = table.get(slot, F.successes);
  const ratio = (successes + 1) / (successes + table.get(slot, F.failures) + 1);
  return (latencyUs * load) / (ratio * ratio);
}
