import type { MemberView } from "../member-view.js";

/** Chooses among the members that {@link MemberView.isAllowed} lets through. */
export interface BalancePolicy {
  /** Instances are ejected for failing calls, too; else only for refused connections. */
  readonly ejectsFailing: boolean;
  /** One call tries an ejected instance before the others; else it ramps up when its time is over. */
  readonly hasTrials: boolean;
  /**
   * @param tried addresses to avoid
   * @param key for policies that keep a key on one instance; 0 = none
   * @returns the index of a member, or −1: nothing suitable was drawn, the caller takes whatever is left
   */
  pick(view: MemberView, tried: readonly string[], key: number): number;
}

/** Whether an earlier attempt of the same call went there. */
export function wasTried(view: MemberView, index: number, tried: readonly string[]): boolean {
  return tried.length > 0 && tried.includes(view.table.address(view.slots[index] ?? -1));
}
