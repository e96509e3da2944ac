/** A picker on a table, driven by the benchmark: picks in batches, then reports in batches, as a busy process has calls in flight. */
import { Balancer, seededRandom } from "@msec/balancer";
import { bootNowMs, type LiveTable, openLiveTable } from "@msec/shm";

/** Calls in flight at a time. */
export const BATCH = 64;

export interface SpeedCycle {
  readonly table: LiveTable;
  /** {@link BATCH} picks. The clock is read by the caller, as clients of services do for the deadline. */
  pick(nowMs: number): void;
  /** Their outcomes, all well. */
  report(nowMs: number): void;
}

export function balancerCycle(path: string, seed: number): SpeedCycle {
  const table = openLiveTable(path);
  const balancer = new Balancer(table, { nowMs: bootNowMs, random: seededRandom(seed) });
  balancer.usePolicy(table.policyId);
  const none: readonly string[] = [];
  const slots = new Int32Array(BATCH);
  const result = { slot: 0, generation: 0, outcome: "success" as const, latencyMs: 1.5 };
  return {
    table,
    pick(nowMs) {
      for (let n = 0; n < BATCH; n += 1) slots[n] = balancer.pick(none, 0, nowMs);
    },
    report(nowMs) {
      for (let n = 0; n < BATCH; n += 1) {
        const slot = slots[n] ?? 0;
        result.slot = slot;
        result.generation = table.generation(slot);
        balancer.report(result, nowMs);
      }
    },
  };
}

/** For scale: an instance by uniform random choice, without health and without a report. */
export function randomCycle(path: string, seed: number): SpeedCycle {
  const table = openLiveTable(path);
  const { slots: members } = table.snapshot;
  const random = seededRandom(seed);
  const slots = new Int32Array(BATCH);
  return {
    table,
    pick() {
      for (let n = 0; n < BATCH; n += 1) slots[n] = members[Math.floor(random() * members.length)] ?? 0;
    },
    report() {
      // nothing to tell
    },
  };
}
