/**
 * What to do about one service when the copy here and ZooKeeper are compared with what was last the same on both sides. Pure.
 * The rule above all: what vanishes from ZooKeeper vanishes here only when a person says so.
 */
import { ABSENT, type SyncBase, UNSEEN } from "./sync-ledger.js";

/** Why nothing is done until a person decides. */
export type HoldKind =
  /** It is here and was in ZooKeeper; there it is gone. */
  | "gone"
  /** ZooKeeper's list is empty, ours is not. */
  | "emptied"
  /** It is here and was never in ZooKeeper. */
  | "only here"
  /** Both have it, not the same, and nobody knows which is newer. */
  | "differs"
  /** ZooKeeper went back in time and has it; here it is not known. */
  | "only there"
  /** What ZooKeeper has can't be used. */
  | "unreadable"
  /** The console can't take it over, for example since an address belongs to another service. */
  | "refused";

export type Decision =
  | { readonly kind: "nothing" }
  /** Both sides are the same; only the ledger did not know. */
  | { readonly kind: "note" }
  | { readonly kind: "write" }
  | { readonly kind: "remove" }
  | { readonly kind: "take" }
  | { readonly kind: "take removal" }
  | { readonly kind: "hold"; readonly why: HoldKind };

/** One side as it is now. */
export interface Sides {
  /** Digest, or {@link ABSENT}. */
  readonly local: string;
  readonly remote: string;
  /** Number of instances; 0 when absent. */
  readonly localCount: number;
  /** `undefined`: unreadable. */
  readonly remoteCount: number | undefined;
  /** Both say the same, however it is written. */
  readonly isSame: boolean;
  readonly base: SyncBase | undefined;
  readonly distrust: boolean;
  /** What a person said of a difference that was held. */
  readonly verdict: "ours" | "theirs" | undefined;
}

export function decide(sides: Sides): Decision {
  const { local, remote, base, verdict, isSame } = sides;
  if (local === ABSENT && remote === ABSENT) return { kind: "nothing" };
  if (isSame) return base?.local === local && base.remote === remote ? { kind: "nothing" } : { kind: "note" };
  if (verdict === "ours") return ours(sides);
  if (verdict === "theirs") return theirs(sides);
  if (base === undefined || base.remote === UNSEEN) return firstLook(sides);
  if (base.local !== local) return ours(sides);
  if (base.remote === remote) return { kind: "nothing" };
  return sides.distrust ? hold(remote === ABSENT ? "gone" : "differs") : takeWithCare(sides);
}

/** Never compared before. */
function firstLook(sides: Sides): Decision {
  const { local, remote, base, localCount } = sides;
  // An empty name takes nothing from anybody.
  if (remote === ABSENT) return base?.remote === UNSEEN || localCount === 0 ? { kind: "write" } : hold("only here");
  if (sides.remoteCount === undefined) return hold("unreadable");
  if (local === ABSENT) return sides.distrust ? hold("only there") : { kind: "take" };
  return localCount === 0 ? { kind: "take" } : hold("differs");
}

function takeWithCare({ remote, localCount, remoteCount }: Sides): Decision {
  if (remote === ABSENT) return hold("gone");
  if (remoteCount === undefined) return hold("unreadable");
  return remoteCount === 0 && localCount > 0 ? hold("emptied") : { kind: "take" };
}

function ours({ local }: Sides): Decision {
  return { kind: local === ABSENT ? "remove" : "write" };
}

function theirs({ remote, remoteCount }: Sides): Decision {
  if (remote === ABSENT) return { kind: "take removal" };
  return remoteCount === undefined ? hold("unreadable") : { kind: "take" };
}

function hold(why: HoldKind): Decision {
  return { kind: "hold", why };
}
