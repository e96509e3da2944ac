/** Compares a few candidates drawn by weight and takes the one whose call is expected to cost least. */

import type { MemberView } from "../member-view.js";
import { expectedCost } from "../score.js";
import type { BalancePolicy } from "./policy.js";

/** Draws per candidate before it is left out: the rest are ejected, tried before or the same one again. */
const MAX_DRAWS = 6;
/** A later candidate has to be this much better. Equal ones keep the order of the draw, that is: their weights. */
const MARGIN = 0.8;

export const adaptivePolicy: BalancePolicy = {
  pick(view, tried) {
    let best = -1;
    let bestCost = 0;
    for (let n = 0; n < view.settings.sampleCount; n += 1) {
      const slot = draw(view, tried, best);
      if (slot < 0) continue;
      const cost = expectedCost(view, slot);
      if (best < 0 || cost < bestCost * MARGIN) {
        best = slot;
        bestCost = cost;
      }
    }
    return best;
  },
};

function draw(view: MemberView, tried: readonly string[], other: number): number {
  for (let n = 0; n < MAX_DRAWS; n += 1) {
    const slot = view.sample();
    if (slot < 0) return -1;
    if (slot === other || !view.isAllowed(slot) || !view.isInRamp(slot)) continue;
    if (tried.length > 0 && tried.includes(view.table.address(slot))) continue;
    return slot;
  }
  return -1;
}
