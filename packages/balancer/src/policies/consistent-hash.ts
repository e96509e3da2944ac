/**
 * Keeps a key on one instance while it is in use (weighted rendezvous hashing), and moves only the keys of an instance that is
 * out or overloaded. One pass over the members per pick.
 */
import { HEALTH_FIELD as F } from "../health-table.js";
import type { MemberView } from "../member-view.js";
import type { BalancePolicy } from "./policy.js";
import { weightedRandomPolicy } from "./weighted-random.js";

export const consistentHashPolicy: BalancePolicy = {
  pick(view, tried, key) {
    if (key === 0) return weightedRandomPolicy.pick(view, tried, key);
    const limit = loadLimit(view);
    let best = -1;
    let bestRank = 0;
    for (let index = 0; index < view.count; index += 1) {
      const slot = view.slotAt(index);
      if (!view.isAllowed(slot) || view.table.get(slot, F.inFlight) > limit) continue;
      const address = view.table.address(slot);
      if (tried.includes(address)) continue;
      const rank = rendezvousRank(key, address, view.table.weight(slot));
      if (rank > bestRank) {
        best = slot;
        bestRank = rank;
      }
    }
    return best;
  },
};

/** More than the average times `boundedLoad` in flight is too much; a handful never is. */
function loadLimit(view: MemberView): number {
  let inFlight = 0;
  for (let index = 0; index < view.count; index += 1) inFlight += view.table.get(view.slotAt(index), F.inFlight);
  return Math.max(4, Math.ceil((view.settings.boundedLoad * (inFlight + 1)) / Math.max(1, view.count)));
}

function rendezvousRank(key: number, address: string, weight: number): number {
  const unit = ((mix(key ^ hashKey(address)) >>> 0) + 1) / 0x1_0000_0001;
  return -weight / Math.log(unit);
}

/** A 32-bit hash of a text, never 0. The same in every process. */
export function hashKey(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash) || 1;
}

function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
