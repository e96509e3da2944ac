import type { EvidenceRates } from "./evidence.js";
import type { HealthTable } from "./health-table.js";
import type { BalancerSettings } from "./settings.js";

/** State of a member as last looked at. `failing` and `refusing` are out. */
export const MEMBER_STATE = { ready: 0, failing: 1, refusing: 2 } as const;

/** The members of a table as one process sees them now; arrays are by index, nearest first. */
export interface Members {
  readonly table: HealthTable;
  readonly settings: BalancerSettings;
  readonly random: () => number;
  readonly rates: EvidenceRates;
  /** Tick of the pick that is going on. */
  readonly now: number;
  readonly count: number;
  readonly slots: Int32Array;
  /** {@link MEMBER_STATE} */
  readonly states: Uint8Array;
  /** Part of its weight a member gets now. */
  readonly shares: Float64Array;
  readonly weights: Float64Array;
}
