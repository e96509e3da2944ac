/** By weight alone among instances in use: latency and load do not matter. */
import type { BalancePolicy } from "./policy.js";

const MAX_DRAWS = 8;

export const weightedRandomPolicy: BalancePolicy = {
  pick(view, tried) {
    for (let n = 0; n < MAX_DRAWS; n += 1) {
      const slot = view.sample();
      if (slot < 0) return -1;
      if (!view.isAllowed(slot) || !view.isInRamp(slot)) continue;
      if (tried.length > 0 && tried.includes(view.table.address(slot))) continue;
      return slot;
    }
    return -1;
  },
};
