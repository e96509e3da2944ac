/** Many calls at once from several processes that share one table: a seeded event simulation, no real time. */
import { Balancer } from "./balancer.js";
import { isRefusing, reportProbe } from "./ejection.js";
import { type CallOutcome, HEALTH_FIELD as F, type HealthField, type Nearness } from "./health-table.js";
import { MemoryHealthTable } from "./memory-health-table.js";
import { tryPolicyId } from "./policies/registry.js";
import { seededRandom } from "./seeded-random.js";
import { type BalancerSettings, DEFAULT_SETTINGS } from "./settings.js";

export interface Answer {
  readonly outcome: CallOutcome;
  readonly latencyMs: number;
}

export interface Scene {
  readonly instances: number;
  readonly processes?: number;
  readonly callsPerSec?: number;
  readonly seed?: number;
  readonly policy?: string;
  readonly settings?: Partial<BalancerSettings>;
  readonly weights?: readonly number[];
  readonly nearness?: readonly Nearness[];
  /** Hashed key of a call; default none. */
  readonly keyOf?: (random: number) => number;
  /** How an instance answers a call; `load` = calls it has in flight from this machine, this one included. */
  answer(call: { slot: number; process: number; atMs: number; load: number; random: number }): Answer;
  /** Whether the agent of the machine, which dials once a second those that refused, gets a connection; default: no agent. */
  readonly dial?: (slot: number, atMs: number) => boolean;
}

export interface Tally {
  /** Calls by slot, and by process and slot. */
  readonly picks: number[];
  readonly picksBy: number[][];
  /** Calls that did not succeed, by slot. */
  readonly failed: number[];
  readonly failedBy: number[][];
  calls: number;
  lost: number;
}

const START_MS = 1_000;

export class SimulatedFleet {
  readonly table: MemoryHealthTable;
  readonly balancers: readonly Balancer[];
  readonly #scene: Scene;
  readonly #random: () => number;
  #nowMs = START_MS;
  #dialAtMs = START_MS + 500;
  #ends: { atMs: number; process: number; slot: number; generation: number; answer: Answer }[] = [];

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#random = seededRandom(scene.seed ?? 11);
    this.table = new MemoryHealthTable(membersOf(scene));
    const policyId = tryPolicyId(scene.policy ?? "adaptive") ?? -1;
    this.balancers = Array.from({ length: scene.processes ?? 4 }, () => {
      const settings = scene.settings ?? {};
      const balancer = new Balancer(this.table, { nowMs: () => this.#nowMs, random: this.#random, settings });
      balancer.usePolicy(policyId);
      return balancer;
    });
  }

  /** Since the start. */
  get atMs(): number {
    return this.#nowMs - START_MS;
  }

  field(slot: number, field: HealthField): number {
    return this.table.get(slot, field);
  }

  get ejected(): number[] {
    const slots = Array.from({ length: this.table.count }, (_, index) => this.table.slotAt(index));
    return slots.filter((slot) => this.table.get(slot, F.ejectedUntil) !== 0);
  }

  run(seconds: number): Tally {
    const { instances, callsPerSec = 2_000 } = this.#scene;
    const zeros = () => new Array<number>(instances).fill(0);
    const perProcess = () => this.balancers.map(zeros);
    const tally: Tally = {
      picks: zeros(),
      failed: zeros(),
      picksBy: perProcess(),
      failedBy: perProcess(),
      calls: 0,
      lost: 0,
    };
    const gapMs = 1_000 / callsPerSec;
    for (let n = 0; n < seconds * callsPerSec; n += 1) {
      const nextMs = this.#nowMs + gapMs;
      this.#finishUntil(nextMs, tally);
      this.#nowMs = nextMs;
      this.#dial();
      this.#call(tally);
    }
    return tally;
  }

  #call(tally: Tally): void {
    const { answer, keyOf } = this.#scene;
    const process = Math.floor(this.#random() * this.balancers.length);
    const slot = this.balancers[process]!.pick([], keyOf?.(this.#random()) ?? 0);
    tally.calls += 1;
    tally.picks[slot]! += 1;
    tally.picksBy[process]![slot]! += 1;
    const load = this.table.get(slot, F.inFlight);
    const reply = answer({ slot, process, atMs: this.atMs, load, random: this.#random() });
    const generation = this.table.generation(slot);
    this.#ends.push({ atMs: this.#nowMs + reply.latencyMs, process, slot, generation, answer: reply });
  }

  #finishUntil(untilMs: number, tally: Tally): void {
    const due = this.#ends.filter((end) => end.atMs <= untilMs).toSorted((a, b) => a.atMs - b.atMs);
    if (due.length === 0) return;
    this.#ends = this.#ends.filter((end) => end.atMs > untilMs);
    for (const { atMs, process, slot, generation, answer } of due) {
      this.#nowMs = atMs;
      if (answer.outcome !== "success") {
        tally.lost += 1;
        tally.failed[slot]! += 1;
        tally.failedBy[process]![slot]! += 1;
      }
      this.balancers[process]!.report({ slot, generation, ...answer });
    }
  }

  #dial(): void {
    const { dial, settings } = this.#scene;
    if (dial === undefined || this.#nowMs < this.#dialAtMs) return;
    this.#dialAtMs += 1_000;
    for (const slot of this.ejected) {
      if (!isRefusing(this.table, slot)) continue;
      const answered = dial(slot, this.atMs);
      reportProbe(this.table, slot, { answered, nowMs: this.#nowMs, settings: { ...DEFAULT_SETTINGS, ...settings } });
    }
  }
}

function membersOf({ instances, weights, nearness }: Scene) {
  return Array.from({ length: instances }, (_, n) => ({
    address: `10.0.0.${n + 1}:80`,
    weight: weights?.[n] ?? 100,
    nearness: nearness?.[n] ?? 0,
  }));
}

export const served = (latencyMs: number): Answer => ({ outcome: "success", latencyMs });
export const failed = (outcome: CallOutcome, latencyMs: number): Answer => ({ outcome, latencyMs });

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
