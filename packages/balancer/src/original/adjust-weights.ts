/** Step 3 of the archived agent's shaping: each server's weight follows from its share of successes in the window. */
import { NLB_WORD, type NlbServersView } from "@msec/protocol";

/** Sums over the servers whose counters were taken. */
export interface WindowTotals {
  failed: number;
  success: number;
}

/** A share of successes that is none. */
const NO_SUCCESS = 0.00001;

interface Rules {
  readonly nowMs: number;
  /** Share of successes from which a weight may grow. */
  readonly base: number;
  /** While most servers are low already, no weight is lowered. */
  readonly isProtecting: boolean;
}

/** Servers that are dead afterwards are moved to the end, unless they were not looked at for want of requests that decide. */
export function adjustWeights(draft: NlbServersView, totals: WindowTotals, nowMs: number): void {
  const rules = rulesOf(draft, totals, nowMs);
  let begin = 0;
  let end = draft.serverCount - 1;
  while (begin <= end) {
    if (adjustServer(draft, begin, rules)) {
      begin += 1;
    } else {
      draft.swapServers(begin, end);
      end -= 1;
    }
  }
}

function rulesOf(draft: NlbServersView, { failed, success }: WindowTotals, nowMs: number): Rules {
  const base = draft.ratio(NLB_WORD.success_ratio_base);
  const lowShare = Math.fround(draft.word(NLB_WORD.weightLowNum) / draft.serverCount);
  if (!(lowShare > draft.ratio(NLB_WORD.weight_low_ratio))) return { nowMs, base, isProtecting: false };
  const average = success + failed === 0 ? base : success / (success + failed);
  return { nowMs, base: Math.min(average, base), isProtecting: true };
}

/** @returns false when the server goes to the dead ones at the end */
function adjustServer(draft: NlbServersView, server: number, rules: Rules): boolean {
  const requests = draft.failed(server) + draft.success(server);
  const isDead = draft.deadAtMs(server) !== 0;
  if (requests === 0) {
    if (isDead) draft.setDynamicWeight(server, 0);
    return !isDead;
  }
  const ratio = draft.success(server) / requests;
  if (ratio >= rules.base) {
    if (isDead) resumeServer(draft, server);
    else raise(draft, server);
    return true;
  }
  if (ratio <= NO_SUCCESS) return lower(draft, server, 0, rules.nowMs);
  if (rules.isProtecting) return true;
  return lower(draft, server, Math.trunc(draft.dynamicWeight(server) * (ratio * ratio)), rules.nowMs);
}

function raise(draft: NlbServersView, server: number): void {
  const full = draft.staticWeight(server);
  const weight = draft.dynamicWeight(server);
  if (weight === full) return;
  const step = Math.max(1, Math.trunc(Math.fround(full * draft.ratio(NLB_WORD.weight_incr_ratio))));
  draft.setDynamicWeight(server, Math.min(full, weight + step));
}

function lower(draft: NlbServersView, server: number, weight: number, nowMs: number): boolean {
  draft.setDynamicWeight(server, weight);
  if (weight !== 0) return true;
  if (draft.deadAtMs(server) === 0) draft.setDeadAtMs(server, nowMs);
  return false;
}

/** Lets a dead server in again with a small weight. */
export function resumeServer(draft: NlbServersView, server: number): void {
  draft.setDeadAtMs(server, 0);
  const share = Math.fround(draft.staticWeight(server) * draft.ratio(NLB_WORD.resume_weight_ratio));
  draft.setDynamicWeight(server, Math.max(1, Math.trunc(share)));
}
