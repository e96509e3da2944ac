/** Why a candidate of a pick was taken or not. */
export type CandidateVerdict =
  | "taken"
  /** Another one was expected to cost less. */
  | "costlier"
  /** An earlier attempt of the same call went there. */
  | "tried before"
  /** Ejected. */
  | "out"
  /** Its share is growing, and the draw went against it. */
  | "ramping up"
  /** Its weight is reduced for failures, and the draw went against it. */
  | "low success"
  /** `consistent hash`: has more than its share of calls in flight. */
  | "overloaded"
  /** `consistent hash`: comes later in the order of this key. */
  | "later for this key";

/** Filled while a pick is explained; none exists otherwise. */
export interface PickTrace {
  readonly seen: { readonly index: number; readonly cost: number; verdict: CandidateVerdict }[];
}

/** How a slot was found: by the policy, as the one trial of an ejected instance, or because nothing else was left. */
export type PickWay = "policy" | "trial" | "left over";
