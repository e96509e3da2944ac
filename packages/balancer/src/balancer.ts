import { toTick, tryClaimTrial } from "./ejection.js";
import { HEALTH_FIELD as F, type HealthTable } from "./health-table.js";
import { MemberView } from "./member-view.js";
import type { BalancePolicy } from "./policies/policy.js";
import { policyOf } from "./policies/registry.js";
import { type OutcomeReport, reportOutcome } from "./report-outcome.js";
import { type BalancerSettings, DEFAULT_SETTINGS } from "./settings.js";

export interface BalancerOptions {
  /** Clock of the table, ms; for a shared table one that all processes share (`bootNowMs` of `@msec/shm`). */
  readonly nowMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly settings?: Partial<BalancerSettings>;
}

/** What {@link Balancer.report} is told. */
export type PickResult = Omit<OutcomeReport, "nowMs">;

/** Picks instances of one service for one process. The experience is in the table, this holds only derived arrays. */
export class Balancer {
  readonly table: HealthTable;
  readonly settings: BalancerSettings;
  readonly #nowMs: () => number;
  readonly #view: MemberView;
  /** Used again by each report, so that none is allocated. */
  readonly #report: { -readonly [K in keyof OutcomeReport]: OutcomeReport[K] } = {
    slot: 0,
    generation: 0,
    outcome: "success",
    latencyMs: 0.5,
    nowMs: 0.5,
  };
  #policyId = -1;
  #policy: BalancePolicy = policyOf(0);

  constructor(table: HealthTable, opts: BalancerOptions) {
    this.table = table;
    this.settings = { ...DEFAULT_SETTINGS, ...opts.settings };
    this.#nowMs = opts.nowMs;
    this.#view = new MemberView(table, { settings: this.settings, random: opts.random });
  }

  /** Sets the policy by id (see `policyOf`); unknown ids are the default. */
  usePolicy(policyId: number): void {
    if (policyId === this.#policyId) return;
    this.#policyId = policyId;
    this.#policy = policyOf(policyId);
  }

  /**
   * Chooses a slot and counts a call in flight there; {@link report} must follow. Allocates nothing.
   *
   * @param tried `ip:port` to avoid while others are left
   * @param key hash of what should stay on one instance, for `consistent hash`; 0 = none
   * @param nowMs on the clock of the table, if the caller has read it just now
   * @returns the slot, or −1 when the table is empty
   */
  pick(tried: readonly string[], key = 0, nowMs = this.#nowMs()): number {
    const view = this.#view;
    const now = toTick(nowMs);
    view.update(now);
    if (view.count === 0) return -1;
    let slot = view.dueCount === 0 ? -1 : this.#tryTrial(tried);
    if (slot < 0) slot = this.#policy.pick(view, tried, key);
    if (slot < 0) slot = this.#anyLeft(tried);
    this.table.begin(slot);
    this.table.add(slot, F.pickedTotal, 1);
    this.table.set(slot, F.lastPickAt, now);
    return slot;
  }

  /**
   * Notes how the call ended. Exactly once per pick.
   *
   * @param nowMs on the clock of the table, if the caller has read it just now
   */
  report(result: PickResult, nowMs = this.#nowMs()): void {
    const report = this.#report;
    report.slot = result.slot;
    report.generation = result.generation;
    report.outcome = result.outcome;
    report.latencyMs = result.latencyMs;
    report.nowMs = nowMs;
    reportOutcome(this.table, report, this.settings);
    if (result.outcome !== "success") this.#view.invalidate();
  }

  /** One call tries an instance whose ejection is over; all others stay away from it until the trial succeeded. */
  #tryTrial(tried: readonly string[]): number {
    const view = this.#view;
    for (let n = 0; n < view.dueCount; n += 1) {
      const slot = view.due[n] ?? -1;
      if (tried.length > 0 && tried.includes(this.table.address(slot))) continue;
      if (tryClaimTrial(this.table, slot, view.now, this.settings)) {
        view.invalidate();
        return slot;
      }
    }
    return -1;
  }

  /** The policy drew nothing: one in use that was not tried, else one in use, else anyone. From a random start. */
  #anyLeft(tried: readonly string[]): number {
    const view = this.#view;
    const start = Math.floor(view.random() * view.count);
    let allowed = -1;
    let untried = -1;
    for (let n = 0; n < view.count; n += 1) {
      const slot = view.slotAt((start + n) % view.count);
      const isUntried = !tried.includes(this.table.address(slot));
      const isAllowed = view.isAllowed(slot);
      if (isAllowed && isUntried) return slot;
      if (isAllowed) allowed = slot;
      if (isUntried) untried = slot;
    }
    view.invalidate();
    if (allowed >= 0) return allowed; // tried before, but in use: better than one known to be out
    return untried >= 0 ? untried : view.slotAt(start);
  }
}
