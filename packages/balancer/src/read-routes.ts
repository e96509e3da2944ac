/**
 * How a machine sees a service and whom its calls would go to now, for people. Asked of a copy of the table, so that looking changes
 * nothing: no instance gets a call in flight or a trial from it.
 */
import { Balancer } from "./balancer.js";
import { describeInstance, type InstanceState } from "./describe-instance.js";
import type { PickExplanation } from "./explain.js";
import { HEALTH_FIELD, type HealthTable, type Nearness } from "./health-table.js";
import { MemoryHealthTable } from "./memory-health-table.js";
import type { CandidateVerdict } from "./pick-trace.js";
import { policyName } from "./policies/registry.js";
import { DEFAULT_SETTINGS } from "./settings.js";

/** What is read; `LiveTable` of `@msec/shm` has it. */
export interface RoutedTable extends HealthTable {
  readonly policyId: number;
  readonly revision: number;
  readonly snapshot: {
    readonly updatedAtMs: number;
    readonly locality: "none" | "zone" | "rack";
    readonly isPartitioned: boolean;
    readonly otherSetsCount: number;
  };
}

export interface RouteRow {
  readonly address: string;
  readonly weight: number;
  /** 2 = same rack, 1 = same zone, 0 = elsewhere or not asked. */
  readonly nearness: Nearness;
  /** Part of the picks that go there now, 0 to 1. */
  readonly share: number;
  readonly hits: number;
  readonly inFlight: number;
  readonly latencyMs: number;
  /** Of the last seconds, 0 to 1; null = no calls. */
  readonly successRatio: number | null;
  readonly state: InstanceState;
  /** In words. */
  readonly why: string;
}

export interface RouteSample {
  readonly address: string;
  readonly text: string;
  readonly candidates: readonly {
    readonly address: string;
    readonly verdict: CandidateVerdict;
    readonly costMs: number;
  }[];
}

export interface RouteReading {
  readonly policy: string;
  readonly revision: number;
  readonly updatedAtMs: number;
  readonly locality: "none" | "zone" | "rack";
  readonly isPartitioned: boolean;
  readonly otherSetsCount: number;
  /** Instances; in messages `rows` may hold fewer. */
  readonly count: number;
  /** How many picks the shares are of. */
  readonly picks: number;
  readonly rows: readonly RouteRow[];
  /** One of the picks; null = there is no instance. */
  readonly sample: RouteSample | null;
}

export interface ReadRoutesOptions {
  /** On the clock of the table. */
  readonly nowMs: number;
  readonly random: () => number;
  /** Default 1000. */
  readonly picks?: number;
  /** For `consistent hash`: what should stay on one instance. Default: none. */
  readonly key?: number;
}

/** Picks `picks` times as a process that begins now would, without calling. */
export function readRoutes(table: RoutedTable, options: ReadRoutesOptions): RouteReading {
  const { nowMs, random, picks = 1_000, key = 0 } = options;
  const slots = Array.from({ length: table.count }, (_, index) => table.slotAt(index));
  const copy = copyOf(table, slots);
  const balancer = new Balancer(copy, { nowMs: () => nowMs, random });
  balancer.usePolicy(table.policyId);
  const hits = new Int32Array(slots.length);
  const first = picks > 0 ? balancer.explain([], key) : undefined;
  if (first !== undefined) {
    count(copy, first.slot, hits);
    for (let n = 1; n < picks; n += 1) count(copy, balancer.pick([], key), hits);
  }
  const { updatedAtMs, locality, isPartitioned, otherSetsCount } = table.snapshot;
  return {
    ...{ policy: policyName(table.policyId), revision: table.revision, updatedAtMs },
    ...{ locality, isPartitioned, otherSetsCount, count: slots.length, picks },
    rows: slots.map((slot, index) => rowOf(table, { slot, hits: hits[index] ?? 0, picks, nowMs })),
    sample: first === undefined ? null : sampleOf(first),
  };
}

/** Slot `n` of the copy is `slots[n]` of the table. */
function copyOf(table: RoutedTable, slots: readonly number[]): MemoryHealthTable {
  const copy = new MemoryHealthTable(
    slots.map((slot) => ({
      address: table.address(slot),
      weight: table.weight(slot),
      nearness: table.nearness(slot),
    })),
  );
  for (const [index, slot] of slots.entries())
    for (const field of Object.values(HEALTH_FIELD)) copy.set(index, field, table.get(slot, field));
  return copy;
}

function count(copy: MemoryHealthTable, slot: number, hits: Int32Array): void {
  hits[slot] = (hits[slot] ?? 0) + 1;
  copy.end(slot, copy.generation(slot));
}

function rowOf(table: RoutedTable, at: { slot: number; hits: number; picks: number; nowMs: number }): RouteRow {
  const { slot, hits, picks, nowMs } = at;
  const { address, state, text, facts } = describeInstance(table, slot, { nowMs, settings: DEFAULT_SETTINGS });
  return {
    ...{ address, weight: facts.weight, nearness: table.nearness(slot) },
    ...{ share: picks === 0 ? 0 : hits / picks, hits, inFlight: facts.inFlight, latencyMs: facts.latencyMs },
    ...{ successRatio: facts.successRatio ?? null, state, why: text },
  };
}

function sampleOf({ address, text, candidates }: PickExplanation): RouteSample {
  return {
    address,
    text,
    candidates: candidates.map((each) => ({ address: each.address, verdict: each.verdict, costMs: each.costMs })),
  };
}
