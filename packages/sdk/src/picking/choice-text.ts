/** Why a coloured call went where it went: kept with the record of the request, so at most this long. */
import type { CandidateExplanation, PickExplanation } from "@msec/balancer";

const MAX_CHARS = 480;

/** For example "best of 2: 10.0.0.1:80 costs 2.1 ms, 10.0.0.2:80 costs 5.0 ms; not 10.0.0.3:80 (out)". */
export function choiceText({ text, candidates }: PickExplanation): string {
  const others = candidates.filter(isLeftOut).map(({ address, verdict }) => `${address} (${verdict})`);
  const whole = others.length === 0 ? text : `${text}; not ${[...new Set(others)].join(", ")}`;
  return whole.length <= MAX_CHARS ? whole : `${whole.slice(0, MAX_CHARS - 1)}…`;
}

/** Taken ones and costlier ones are in the sentence already. */
function isLeftOut({ verdict }: CandidateExplanation): boolean {
  return verdict !== "taken" && verdict !== "costlier";
}
