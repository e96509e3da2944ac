/**
 * What a picker of one process derives from the table, so that a pick reads little: cumulative weights (again after each change of
 * the members), and who is out, who ramps up and what a call to each is expected to cost (again every `rescanMs`, and at once after
 * an outcome that changes it). Arrays are made on membership changes only, so a pick allocates nothing.
 */
import { admission, isRefusing, rampShare } from "./ejection.js";
import { EvidenceRates } from "./evidence.js";
import { hashKey } from "./hash-key.js";
import { HEALTH_FIELD as F, type HealthTable } from "./health-table.js";
import { InstanceCosts } from "./instance-costs.js";
import { MEMBER_STATE, type Members } from "./members.js";
import { NearPreference } from "./near-preference.js";
import { OwnExperience } from "./own-experience.js";
import type { PickTrace } from "./pick-trace.js";
import type { BalancerSettings } from "./settings.js";

/** Who may be picked: 0 = instances in use; 1 = also those out for failing calls; 2 = also those that refused. */
export type PanicLevel = 0 | 1 | 2;

/** The golden ratio's fractional part: its multiples are spread most evenly over the unit interval. */
const GOLDEN_STEP = 0.618_033_988_749_894_9;

export class MemberView implements Members {
  readonly table: HealthTable;
  readonly settings: BalancerSettings;
  readonly random: () => number;
  readonly own: OwnExperience;
  readonly rates: EvidenceRates;
  readonly near = new NearPreference();
  readonly costs = new InstanceCosts();
  /** The policy ejects instances for failing calls, too. */
  ejectsFailing = true;
  /** Notes what a pick looks at, while one is being explained. */
  trace: PickTrace | undefined;
  /** Time of the pick that is going on. */
  now = 1;
  panicLevel: PanicLevel = 0;
  /** Members that may be drawn for the pick that is going on: the first so many, nearest first. */
  reach = 0;
  /** Indexes of members that are due for a trial. */
  dueCount = 0;
  due = new Int32Array(0);
  count = 0;
  slots = new Int32Array(0);
  states = new Uint8Array(0);
  /** Part of its weight a member gets now. */
  shares = new Float64Array(0);
  /** 1 = may be picked without further thought: allowed at the current panic level, and not ramping up. */
  plain = new Uint8Array(0);
  weights = new Float64Array(0);
  addressHashes = new Int32Array(0);
  #cumulative = new Float64Array(0);
  #generations = new Int32Array(0);
  /** All weights are equal: no search is needed. */
  isUniform = false;
  #version = -1;
  #scannedAt = 0;
  #isStale = true;
  /** One number between 0 and 1; a plain field would be allocated anew by each pick. */
  readonly #turn = new Float64Array(1);

  constructor(table: HealthTable, opts: { settings: BalancerSettings; random: () => number }) {
    this.table = table;
    this.settings = opts.settings;
    this.random = opts.random;
    this.own = new OwnExperience(opts.settings, opts.random);
    this.rates = new EvidenceRates(opts.settings);
    this.#turn[0] = opts.random();
  }

  /** Brings the view up to date for a pick at `now`. */
  update(now: number): void {
    this.now = now;
    this.table.refresh();
    if (this.table.version !== this.#version) this.#rebuild();
    const ageMs = (now - this.#scannedAt) | 0;
    if (this.#isStale || ageMs >= this.settings.rescanMs || ageMs < 0) this.#scan();
    this.reach = this.near.isOn ? this.near.drawReach(this) : this.count;
  }

  /** Looks again at the next pick: something was found that the view did not know. */
  invalidate(): void {
    this.#isStale = true;
  }

  /** Index of the member whose turn it is by weight: those of one process take turns as evenly as their weights allow. */
  nextInTurn(): number {
    const next = (this.#turn[0] ?? 0) + GOLDEN_STEP;
    const turn = next >= 1 ? next - 1 : next;
    this.#turn[0] = turn;
    return this.#indexAt(turn);
  }

  /** Index of a member by weight, at random. */
  sample(): number {
    return this.#indexAt(this.random());
  }

  /** Whether a member may be picked at the current panic level. */
  isAllowed(index: number): boolean {
    return (this.states[index] ?? 0) <= this.panicLevel;
  }

  /** Drawn against the share of a member that ramps up. */
  isInRamp(index: number): boolean {
    const share = this.shares[index] ?? 1;
    return share >= 1 || this.random() < share;
  }

  /** Index of a slot, for after the fact. */
  indexOf(slot: number): number {
    return this.slots.indexOf(slot);
  }

  #indexAt(part: number): number {
    const reach = this.reach;
    if (this.isUniform) return Math.min(reach - 1, (part * reach) | 0);
    const cumulative = this.#cumulative;
    const wanted = part * (cumulative[reach - 1] ?? 0);
    let low = 0;
    let high = reach - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] ?? 0) > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #rebuild(): void {
    const { table } = this;
    const isFirst = this.#version === -1;
    const known = new Map<number, number>();
    for (let index = 0; index < this.count; index += 1)
      known.set(this.slots[index] ?? -1, this.#generations[index] ?? -1);
    const count = table.count;
    const slots = Int32Array.from({ length: count }, (_, index) => table.slotAt(index));
    slots.sort((one, other) => table.nearness(other) - table.nearness(one) || one - other);
    this.slots = slots;
    this.count = count;
    this.reach = count;
    this.#version = table.version;
    this.#generations = slots.map((slot) => table.generation(slot));
    this.states = new Uint8Array(count);
    this.shares = new Float64Array(count);
    this.plain = new Uint8Array(count);
    this.due = new Int32Array(count);
    this.weights = Float64Array.from(slots, (slot) => table.weight(slot));
    this.addressHashes = slots.map((slot) => hashKey(table.address(slot)));
    this.#sumWeights();
    this.costs.rebuild(this.weights);
    this.near.rebuild(table, slots);
    for (const slot of slots) if (!isFirst && known.get(slot) !== table.generation(slot)) this.#warmUp(slot);
    this.#isStale = true;
  }

  #sumWeights(): void {
    let total = 0;
    this.#cumulative = this.weights.map((weight) => {
      total += weight;
      return total;
    });
    this.isUniform = this.weights.every((weight) => weight === this.weights[0]);
  }

  /** One that came while others were known, and that nobody here has called, gets its share bit by bit. */
  #warmUp(slot: number): void {
    const { table } = this;
    if (table.get(slot, F.successTotal) === 0 && table.get(slot, F.lastPickAt) === 0)
      table.compareExchange(slot, F.rampStart, 0, this.now);
  }

  #scan(): void {
    const { table, now, settings } = this;
    this.#isStale = false;
    this.#scannedAt = now;
    this.dueCount = 0;
    let ready = 0;
    let failing = 0;
    for (let index = 0; index < this.count; index += 1) {
      const state = this.#stateOf(index);
      this.states[index] = state;
      this.shares[index] = state === MEMBER_STATE.ready ? rampShare(table, this.slots[index] ?? 0, now, settings) : 1;
      if (state === MEMBER_STATE.ready) ready += 1;
      else if (state === MEMBER_STATE.failing) failing += 1;
    }
    this.#setPanicLevel(ready, failing);
    this.costs.scan(this);
    if (this.near.isOn) this.near.scan(this, this.costs.base);
  }

  #setPanicLevel(ready: number, failing: number): void {
    if (ready + failing === 0) this.panicLevel = 2;
    else this.panicLevel = ready * 2 < this.count ? 1 : 0;
    for (let index = 0; index < this.count; index += 1)
      this.plain[index] = this.isAllowed(index) && (this.shares[index] ?? 1) >= 1 ? 1 : 0;
  }

  /** Also notes those that are due. */
  #stateOf(index: number): number {
    const { table, now, settings, own } = this;
    const slot = this.slots[index] ?? 0;
    const isOwnOut = own.isOut(slot);
    if (table.get(slot, F.ejectedUntil) === 0 && !isOwnOut) return MEMBER_STATE.ready;
    const state = admission(table, slot, now, { settings, tag: own.tag });
    if (state === "ready" ? !own.isEjected(slot, now) : state === "due") {
      this.due[this.dueCount] = index;
      this.dueCount += 1;
    }
    if (state === "ready") return MEMBER_STATE.failing;
    return isRefusing(table, slot) ? MEMBER_STATE.refusing : MEMBER_STATE.failing;
  }
}
