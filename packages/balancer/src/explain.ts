/** What a pick looked at and why it took what it took: for people, hence the only place that allocates. */
import { describeInstance, type InstanceDescription } from "./describe-instance.js";
import { HEALTH_FIELD as F } from "./health-table.js";
import type { MemberView, PanicLevel } from "./member-view.js";
import type { CandidateVerdict, PickTrace, PickWay } from "./pick-trace.js";

export interface PickExplanation {
  readonly slot: number;
  readonly generation: number;
  readonly address: string;
  readonly policy: string;
  /** One sentence, for example "cheapest of 3: 10.0.0.1:80 costs 2.1 ms, 10.0.0.2:80 5.0 ms". */
  readonly text: string;
  readonly panicLevel: PanicLevel;
  /** Of instances by nearness from the nearest on: the probability that a call stays within. Empty = none is nearer than another. */
  readonly nearShares: readonly number[];
  /** In the order they were looked at; exactly one was taken. */
  readonly candidates: readonly CandidateExplanation[];
}

export interface CandidateExplanation {
  readonly slot: number;
  readonly address: string;
  readonly verdict: CandidateVerdict;
  /** Expected cost of one more call, ms of waiting and what it is worth to avoid failures. The lowest is taken. */
  readonly costMs: number;
  readonly parts: CostParts;
  readonly nearness: 0 | 1 | 2;
  readonly description: InstanceDescription;
}

/** `costMs` = (`latencyMs` + 1) × `penalty` × (1 + `inFlight` × `perCall`) + `suspicionMs`. */
export interface CostParts {
  readonly latencyMs: number;
  /** For refusals as busy; 1 = none. */
  readonly penalty: number;
  /** What it is worth to avoid one that fails more than the others. */
  readonly suspicionMs: number;
  readonly inFlight: number;
  /** 1 at the average weight, less above. */
  readonly perCall: number;
}

export function explainPick(
  view: MemberView,
  pick: { slot: number; trace: PickTrace; way: PickWay; policy: string; nowMs: number },
): PickExplanation {
  const { slot, trace, way, policy } = pick;
  const taken = view.indexOf(slot);
  if (!trace.seen.some((seen) => seen.verdict === "taken"))
    trace.seen.push({ index: taken, cost: view.costs.costOf(view, taken), verdict: "taken" });
  const seenOnce = new Map(trace.seen.map((seen) => [seen.index, seen]));
  const candidates = [...seenOnce.values()].map((seen) => candidateOf(view, seen, { taken, nowMs: pick.nowMs }));
  return {
    slot,
    generation: view.table.generation(slot),
    address: view.table.address(slot),
    policy,
    text: sentence(candidates, way, view.panicLevel),
    panicLevel: view.panicLevel,
    nearShares: view.near.shares,
    candidates,
  };
}

function candidateOf(
  view: MemberView,
  seen: PickTrace["seen"][number],
  at: { taken: number; nowMs: number },
): CandidateExplanation {
  const { table, costs } = view;
  const slot = view.slots[seen.index] ?? -1;
  const own = seen.index === at.taken ? 1 : 0; // the call that is being explained
  const { latencyUs, penalty } = costs.partsOf(view, seen.index);
  const round = (value: number) => Math.round(value * 1_000) / 1_000;
  return {
    slot,
    address: table.address(slot),
    verdict: seen.verdict,
    costMs: round(seen.cost / 1_000),
    parts: {
      latencyMs: round(latencyUs / 1_000),
      penalty: round(penalty),
      suspicionMs: round((costs.suspicion[seen.index] ?? 0) / 1_000),
      inFlight: Math.max(0, table.get(slot, F.inFlight) - own),
      perCall: round(costs.perCall[seen.index] ?? 1),
    },
    nearness: table.nearness(slot),
    description: describeInstance(table, slot, { nowMs: at.nowMs, settings: view.settings }),
  };
}

function sentence(candidates: readonly CandidateExplanation[], way: PickWay, panicLevel: PanicLevel): string {
  const taken = candidates.find(({ verdict }) => verdict === "taken");
  const address = taken?.address ?? "";
  const panic = panicLevel === 0 ? "" : "; too few are well, so that ejected ones are used, too";
  if (way === "trial") return `trial of ${address}: ${taken?.description.text ?? ""}`;
  if (way === "left over") return `${address}: nothing better was left${panic}`;
  const compared = candidates.filter(({ verdict }) => verdict === "taken" || verdict === "costlier");
  if (compared.length < 2) return `${address}: its turn${panic}`;
  const costs = [...compared]
    .sort((one, other) => Number(other.verdict === "taken") - Number(one.verdict === "taken"))
    .map((candidate) => `${candidate.address} costs ${candidate.costMs.toFixed(1)} ms`);
  return `best of ${compared.length}: ${costs.join(", ")}${panic}`;
}
