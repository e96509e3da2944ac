/**
 * Compares a few candidates and takes the one whose call is expected to cost least.
 *
 * - Two choices instead of one take the longest queue from log n to log log n (Mitzenmacher, "The power of two choices in randomized
 *   load balancing", IEEE TPDS 2001); a third one keeps slow instances almost out.
 * - What is compared is average latency × calls in flight, as in Finagle's peak EWMA, but averaged over time, not over peaks: a
 *   peak says little of the instance when work varies. That in-flight calls and latency are both needed is Prequal's finding
 *   (Wydrowski et al., NSDI 2024); a client here sees its own machine's calls only, so latency carries what others send.
 * - The first candidate is not drawn at random: instances take turns, so that all go evenly while nothing speaks against one.
 */
import type { MemberView } from "../member-view.js";
import type { CandidateVerdict } from "../pick-trace.js";
import { type BalancePolicy, wasTried } from "./policy.js";

/** Draws of the first candidate: the rest are ejected, ramping up or tried before. */
const MAX_DRAWS = 8;

export const adaptivePolicy: BalancePolicy = {
  ejectsFailing: true,
  hasTrials: true,
  pick(view, tried) {
    let best = first(view, tried);
    if (best < 0) return -1;
    let bestCost = view.costs.costOf(view, best);
    if (view.trace !== undefined) note(view, best, "taken");
    const { sampleCount, suspectSampleCount } = view.settings;
    for (let n = 1; n < suspectSampleCount; n += 1) {
      if (n >= sampleCount && !view.costs.isSuspect(best)) break;
      const index = another(view, tried, best);
      if (index < 0) continue;
      const cost = view.costs.costOf(view, index);
      const isBetter = cost < bestCost * view.settings.advantage;
      if (view.trace !== undefined) note(view, index, isBetter ? "taken" : "costlier");
      if (!isBetter) continue;
      best = index;
      bestCost = cost;
    }
    return best;
  },
};

function first(view: MemberView, tried: readonly string[]): number {
  for (let n = 0; n < MAX_DRAWS; n += 1) {
    const index = view.nextInTurn();
    if (isUsable(view, index, tried)) return index;
  }
  return -1;
}

/**
 * At random, but not the best so far: with few instances an equal pair would be no choice. Where weights differ it may be the best
 * one again, that is: none, else the light ones among few would be looked at too often.
 */
function another(view: MemberView, tried: readonly string[], best: number): number {
  if (view.reach === 1) return -1;
  for (let n = 0; n < MAX_DRAWS; n += 1) {
    const index = view.sample();
    if (index === best) {
      if (view.isUniform) continue;
      return -1;
    }
    // one that ramps up gets its growing share when it is its turn
    if (view.plain[index] === 1 && !wasTried(view, index, tried)) return index;
    if (view.trace !== undefined) isUsable(view, index, tried); // notes why not
  }
  return -1;
}

function isUsable(view: MemberView, index: number, tried: readonly string[]): boolean {
  let verdict: CandidateVerdict;
  if (!view.isAllowed(index)) verdict = "out";
  else if (!view.isInRamp(index)) verdict = "ramping up";
  else if (wasTried(view, index, tried)) verdict = "tried before";
  else return true;
  if (view.trace !== undefined) note(view, index, verdict);
  return false;
}

/** At most one is "taken": the one before it turned out to be costlier. */
function note(view: MemberView, index: number, verdict: CandidateVerdict): void {
  const seen = view.trace?.seen ?? [];
  if (verdict === "taken") for (const other of seen) if (other.verdict === "taken") other.verdict = "costlier";
  seen.push({ index, cost: view.costs.costOf(view, index), verdict });
}
