/** The columns of the table. */
import { ownPolicy } from "./adaptive.js";
import { randomPolicy, roundRobinPolicy } from "./blind.js";
import { originalPerfectPolicy, originalPolicy } from "./original.js";
import type { SimPolicy } from "./sim-policy.js";
import { leastInFlightPolicy, peakEwmaPolicy } from "./two-choices.js";

export const OWN_POLICY = "adaptive";

/** @param settings changes of the defaults of ours, for tuning */
export function policies(settings: Parameters<typeof ownPolicy>[1] = {}): readonly SimPolicy[] {
  return [
    randomPolicy,
    roundRobinPolicy,
    originalPolicy,
    originalPerfectPolicy,
    leastInFlightPolicy,
    peakEwmaPolicy,
    ownPolicy(OWN_POLICY, settings),
  ];
}
