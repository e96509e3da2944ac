import { elapsedMs, readmit, toTick, tryClaimTrial } from "./ejection.js";
import { explainPick, type PickExplanation } from "./explain.js";
import { HEALTH_FIELD as F, type HealthTable } from "./health-table.js";
import { MemberView } from "./member-view.js";
import type { PickTrace, PickWay } from "./pick-trace.js";
import type { BalancePolicy } from "./policies/policy.js";
import { policyName, policyOf } from "./policies/registry.js";
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

/** Picks instances of one service for one process. What is shared is in the table, this holds what is derived from it or its own. */
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
  #way: PickWay = "policy";

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
    this.#view.ejectsFailing = this.#policy.ejectsFailing;
  }

  /**
   * Chooses a slot and counts a call in flight there; {@link report} must follow. Allocates nothing.
   *
   * @param tried `ip:port` to avoid while others are left
   * @param key hash of what should stay on one instance (`hashKey`), for `consistent hash`; 0 = none
   * @param nowMs on the clock of the table, if the caller has read it just now
   * @returns the slot, or −1 when the table is empty
   */
  pick(tried: readonly string[], key = 0, nowMs = this.#nowMs()): number {
    const view = this.#view;
    const { table } = this;
    const now = toTick(nowMs);
    view.update(now);
    if (view.count === 0) return -1;
    let index = view.dueCount === 0 ? -1 : this.#tryTrial(tried);
    if (index < 0) index = this.#pickByPolicy(tried, key);
    const slot = view.slots[index] ?? -1;
    table.begin(slot);
    if (table.get(slot, F.lastPickAt) !== now) table.set(slot, F.lastPickAt, now);
    return slot;
  }

  /**
   * The same as {@link pick}, and why: which candidates were looked at, what a call to each was expected to cost, and which one was
   * taken. For coloured requests and for people; {@link report} must follow here, too.
   *
   * @returns `undefined` when the table is empty
   */
  explain(tried: readonly string[] = [], key = 0, nowMs = this.#nowMs()): PickExplanation | undefined {
    const view = this.#view;
    const trace: PickTrace = { seen: [] };
    view.trace = trace;
    try {
      const slot = this.pick(tried, key, nowMs);
      if (slot < 0) return undefined;
      return explainPick(view, { slot, trace, way: this.#way, policy: policyName(this.#policyId), nowMs });
    } finally {
      view.trace = undefined;
    }
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
    if (!reportOutcome(this.#view, report)) this.#view.invalidate();
  }

  #pickByPolicy(tried: readonly string[], key: number): number {
    const view = this.#view;
    this.#way = "policy";
    let index = this.#policy.pick(view, tried, key);
    if (index >= 0 && this.#isNewlyOut(index)) {
      // another process ejected it since this one looked
      view.invalidate();
      view.update(view.now);
      index = this.#policy.pick(view, tried, key);
    }
    if (index >= 0) return index;
    this.#way = "left over";
    return this.#anyLeft(tried);
  }

  #isNewlyOut(index: number): boolean {
    return this.#view.states[index] === 0 && this.table.get(this.#view.slots[index] ?? 0, F.ejectedUntil) !== 0;
  }

  /** One call tries an instance that is due; all others stay away from it until the trial succeeded. */
  #tryTrial(tried: readonly string[]): number {
    const view = this.#view;
    for (let n = 0; n < view.dueCount; n += 1) {
      const index = view.due[n] ?? -1;
      const slot = view.slots[index] ?? -1;
      if (tried.length > 0 && tried.includes(this.table.address(slot))) continue;
      if (!this.#mayTry(slot)) continue;
      view.invalidate();
      view.trace?.seen.push({ index, cost: view.costs.costOf(view, index), verdict: "taken" });
      this.#way = "trial";
      return index;
    }
    return -1;
  }

  #mayTry(slot: number): boolean {
    const { table } = this;
    const { own, now } = this.#view;
    const opts = { settings: this.settings, tag: own.tag };
    const until = table.get(slot, F.ejectedUntil);
    if (this.#policy.hasTrials) {
      if (own.isEjected(slot, now)) return false; // in trouble of its own with it: no good judge
      return until === 0 ? own.tryClaimTrial(slot, now) : tryClaimTrial(table, slot, now, opts);
    }
    own.forgive(slot, now);
    if (until !== 0 && elapsedMs(until, now) <= 0) readmit(table, slot, now, opts);
    this.#view.invalidate();
    return false;
  }

  /** The policy drew nothing: one in use that was not tried, else one in use, else anyone. From a random start. */
  #anyLeft(tried: readonly string[]): number {
    const view = this.#view;
    const start = Math.floor(view.random() * view.count);
    let allowed = -1;
    let untried = -1;
    for (let n = 0; n < view.count; n += 1) {
      const index = (start + n) % view.count;
      const isUntried = !tried.includes(this.table.address(view.slots[index] ?? -1));
      const isAllowed = view.isAllowed(index);
      if (isAllowed && isUntried) return index;
      if (isAllowed) allowed = index;
      if (isUntried) untried = index;
    }
    view.invalidate();
    if (allowed >= 0) return allowed; // tried before, but in use: better than one known to be out
    return untried >= 0 ? untried : start;
  }
}
