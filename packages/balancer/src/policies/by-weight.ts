/**
 * Policies of existing installations that go by weight alone, never by latency or load. Instances take turns as evenly as their
 * weights allow.
 *
 * - `wrr`: the configured weights, always. Failing calls change nothing; one that refuses connections is passed over.
 * - `dynamic wrr`: the weight times its success ratio squared over the last 10 to 20 s, at least a hundredth. Nobody is ejected
 *   for failing calls.
 * - `standard`: as `dynamic wrr`, and one that fails more than the others is ejected, tried again and ramped up.
 * - `odd`, for foreign services: as `dynamic wrr`, and one that refused comes back when its time is over or the agent's dial is
 *   answered, without a trial call, since callers that report by hand may never report that one.
 */
import type { MemberView } from "../member-view.js";
import { MEMBER_STATE } from "../members.js";
import type { CandidateVerdict } from "../pick-trace.js";
import { type BalancePolicy, wasTried } from "./policy.js";

/** Draws before the caller takes whatever is left. */
const MAX_DRAWS = 24;

export const staticWeightPolicy: BalancePolicy = {
  ejectsFailing: false,
  hasTrials: true,
  pick: (view, tried) => draw(view, tried, objectionIfDown),
};
export const standardPolicy: BalancePolicy = { ejectsFailing: true, hasTrials: true, pick: pickShaped };
export const dynamicWeightPolicy: BalancePolicy = { ejectsFailing: false, hasTrials: true, pick: pickShaped };
export const foreignPolicy: BalancePolicy = { ejectsFailing: false, hasTrials: false, pick: pickShaped };

function pickShaped(view: MemberView, tried: readonly string[]): number {
  return draw(view, tried, objectionByShape);
}

function objectionIfDown(view: MemberView, index: number): CandidateVerdict | undefined {
  return view.states[index] === MEMBER_STATE.refusing && view.panicLevel < 2 ? "out" : undefined;
}

function objectionByShape(view: MemberView, index: number): CandidateVerdict | undefined {
  if (!view.isAllowed(index)) return "out";
  if (!view.isInRamp(index)) return "ramping up";
  const shape = view.costs.shapes[index] ?? 1;
  return shape >= 1 || view.random() < shape ? undefined : "low success";
}

function draw(view: MemberView, tried: readonly string[], objection: typeof objectionIfDown): number {
  for (let n = 0; n < MAX_DRAWS; n += 1) {
    const index = view.nextInTurn();
    const verdict = objection(view, index) ?? (wasTried(view, index, tried) ? "tried before" : "taken");
    if (view.trace !== undefined) view.trace.seen.push({ index, cost: view.costs.costOf(view, index), verdict });
    if (verdict === "taken") return index;
  }
  return -1;
}
