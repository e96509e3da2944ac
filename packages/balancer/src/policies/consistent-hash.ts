/**
 * Keeps a key on one instance while it is in use and not overloaded, and moves only the keys of one that isn't. The order of the
 * instances for a key is that of weighted rendezvous hashing (Thaler and Ravishankar 1998); nobody takes more than 1.25 times the
 * average load, the surplus goes to the next in the key's order (Mirrokni, Thorup, Zadimoghaddam, "Consistent hashing with bounded
 * loads", SODA 2018). One pass over the members per pick. Without a key: as `wrr` among instances in use.
 */
import { mixBits } from "../hash-key.js";
import { HEALTH_FIELD as F } from "../health-table.js";
import type { MemberView } from "../member-view.js";
import { standardPolicy } from "./by-weight.js";
import { type BalancePolicy, wasTried } from "./policy.js";

/** So many calls in flight are never too much: the average of a few is no measure. */
const FEW_CALLS = 4;

export const consistentHashPolicy: BalancePolicy = {
  ejectsFailing: true,
  hasTrials: true,
  pick(view, tried, key) {
    if (key === 0) return standardPolicy.pick(view, tried, key);
    const limitPerWeight = loadLimitPerWeight(view);
    let best = -1;
    let bestRank = 0;
    for (let index = 0; index < view.count; index += 1) {
      if (!view.isAllowed(index)) continue;
      const weight = view.weights[index] ?? 0;
      const rank = rendezvousRank(key ^ (view.addressHashes[index] ?? 0), weight);
      if (rank <= bestRank) {
        view.trace?.seen.push({ index, cost: rank, verdict: "later for this key" });
        continue;
      }
      if (wasTried(view, index, tried)) continue;
      const inFlight = view.table.get(view.slots[index] ?? 0, F.inFlight);
      if (inFlight >= Math.max(FEW_CALLS, limitPerWeight * weight)) {
        view.trace?.seen.push({ index, cost: rank, verdict: "overloaded" });
        continue;
      }
      best = index;
      bestRank = rank;
    }
    if (view.trace !== undefined && best >= 0) view.trace.seen.push({ index: best, cost: bestRank, verdict: "taken" });
    return best;
  },
};

/** Calls in flight per weight from which on an instance passes calls on. */
function loadLimitPerWeight(view: MemberView): number {
  let inFlight = 1;
  let weights = 0;
  for (let index = 0; index < view.count; index += 1) {
    if (!view.isAllowed(index)) continue;
    inFlight += view.table.get(view.slots[index] ?? 0, F.inFlight);
    weights += view.weights[index] ?? 0;
  }
  return (view.settings.boundedLoad * inFlight) / Math.max(1, weights);
}

/** Higher is earlier in the order of the key. */
function rendezvousRank(hash: number, weight: number): number {
  const unit = ((mixBits(hash) >>> 0) + 1) / 0x1_0000_0001;
  return -weight / Math.log(unit);
}
