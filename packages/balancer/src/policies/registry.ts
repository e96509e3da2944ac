/**
 * The policies by name. A new one is a file in this folder and a row here. Ids travel in shared tables and are never used again;
 * 0 to 5 are those of existing installations.
 */
import { adaptivePolicy } from "./adaptive.js";
import { dynamicWeightPolicy, foreignPolicy, standardPolicy, staticWeightPolicy } from "./by-weight.js";
import { consistentHashPolicy } from "./consistent-hash.js";
import type { BalancePolicy } from "./policy.js";

export interface PolicyRow {
  readonly id: number;
  readonly name: string;
  readonly policy: BalancePolicy;
}

export const POLICIES: readonly PolicyRow[] = [
  { id: 6, name: "adaptive", policy: adaptivePolicy },
  { id: 1, name: "wrr", policy: staticWeightPolicy },
  { id: 2, name: "dynamic wrr", policy: dynamicWeightPolicy },
  { id: 3, name: "standard", policy: standardPolicy },
  { id: 4, name: "odd", policy: foreignPolicy },
  { id: 5, name: "consistent hash", policy: consistentHashPolicy },
];

export const DEFAULT_POLICY = "adaptive";

/** Id of a policy name, or `undefined`. */
export function tryPolicyId(name: string): number | undefined {
  return POLICIES.find((row) => row.name === name)?.id;
}

/** Name of an id; unknown ids and 0 are the default. */
export function policyName(id: number): string {
  return POLICIES.find((row) => row.id === id)?.name ?? DEFAULT_POLICY;
}

/** Policy of an id; unknown ids and 0 are the default, so that an old process copes with a new policy. */
export function policyOf(id: number): BalancePolicy {
  return POLICIES.find((row) => row.id === id)?.policy ?? adaptivePolicy;
}
