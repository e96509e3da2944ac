import type { MemberView } from "../member-view.js";

/** Chooses among the members that {@link MemberView.isAllowed} lets through. */
export interface BalancePolicy {
  /**
   * @param tried addresses to avoid
   * @param key for policies that keep a key on one instance; 0 = none
   * @returns a slot, or −1: nothing suitable was drawn, the caller takes whatever is left
   */
  pick(view: MemberView, tried: readonly string[], key: number): number;
}
