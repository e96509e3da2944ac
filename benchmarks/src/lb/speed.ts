/**
 * What a choice costs: nanoseconds per pick and per report on a real shared table of 100 instances, bytes allocated per call, and
 * whether eight processes on one table lose an update. Medians over batches of 64; the clock is read once per batch.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { tryPolicyId } from "@msec/balancer";
import { bootNowMs, LIVE_FIELD, type LiveTable, openLiveTable, openLiveTableWriter } from "@msec/shm";
import { median } from "../result.js";
import { Child } from "../rpc/child.js";
import { BATCH, balancerCycle, randomCycle, type SpeedCycle } from "./speed-cycle.js";

const INSTANCES = 100;
const PROCESSES = 8;

/** ns, in one process. */
export interface OperationSpeed {
  readonly pickNs: number;
  readonly reportNs: number;
  readonly heapBytesPerCall: number;
}

export interface SpeedFigures {
  readonly instances: number;
  readonly adaptive: OperationSpeed;
  readonly uniformRandom: OperationSpeed;
  readonly manyProcesses: {
    readonly processes: number;
    readonly calls: number;
    /** Calls that the shared totals do not hold. */
    readonly lostUpdates: number;
    /** Processor time. */
    readonly pickAndReportNs: number;
  };
  readonly bars: Readonly<Record<string, boolean>>;
}

/** Bars: pick ≤ 150 ns, report ≤ 80 ns, nothing allocated, no update lost. */
export async function measureSpeed(options: { readonly isQuick?: boolean } = {}): Promise<SpeedFigures> {
  const dir = mkdtempSync(join(tmpdir(), "msec-bench-speed-"));
  const batches = options.isQuick ? 5_000 : 40_000;
  try {
    const adaptive = measureCycle(balancerCycle(makeTable(dir, "Bench.adaptive"), 1), batches);
    const uniformRandom = measureCycle(randomCycle(makeTable(dir, "Bench.random"), 1), batches);
    const manyProcesses = await measureProcesses(makeTable(dir, "Bench.many"), batches);
    const bars = {
      "pick within 150 ns": adaptive.pickNs <= 150,
      "report within 80 ns": adaptive.reportNs <= 80,
      "nothing allocated": adaptive.heapBytesPerCall < 1,
      "no update lost": manyProcesses.lostUpdates === 0,
    };
    return { instances: INSTANCES, adaptive, uniformRandom, manyProcesses, bars };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function makeTable(dir: string, service: string): string {
  const path = join(dir, `${service}.live`);
  const writer = openLiveTableWriter(path, { capacity: INSTANCES });
  const members = Array.from({ length: INSTANCES }, (_, n) => ({
    host: `10.0.0.${n + 1}`,
    port: 80,
    transport: "tcp" as const,
    weight: 100,
  }));
  writer.setMembers(1, members, { policyId: tryPolicyId("adaptive") ?? 0 });
  writer.close();
  return path;
}

function measureCycle(cycle: SpeedCycle, batches: number): OperationSpeed {
  const [picks, reports] = [new Float64Array(batches), new Float64Array(batches)];
  const readNs = clockNs();
  const run = (from: number, to: number) => {
    for (let batch = from; batch < to; batch += 1) {
      const nowMs = bootNowMs();
      const startedMs = performance.now();
      cycle.pick(nowMs);
      const pickedMs = performance.now();
      cycle.report(nowMs);
      const endedMs = performance.now();
      picks[batch] = ((pickedMs - startedMs) * 1e6 - readNs) / BATCH;
      reports[batch] = ((endedMs - pickedMs) * 1e6 - readNs) / BATCH;
    }
  };
  run(0, Math.min(batches, 2_000)); // compiles
  run(0, batches);
  return {
    pickNs: round(median([...picks])),
    reportNs: round(median([...reports])),
    heapBytesPerCall: heapBytesPerCall(cycle),
  };
}

/** What one reading of the clock adds to each figure. */
function clockNs(): number {
  const times = Array.from({ length: 1_000 }, () => {
    const startedMs = performance.now();
    for (let n = 0; n < 64; n += 1) performance.now();
    return ((performance.now() - startedMs) * 1e6) / 65;
  });
  return median(times);
}

/** Growth of the heap over many calls between two collections' ends, without one in between: what was allocated. */
function heapBytesPerCall(cycle: SpeedCycle): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const batches = 2_000;
  const nowMs = bootNowMs();
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let batch = 0; batch < batches; batch += 1) {
    cycle.pick(nowMs);
    cycle.report(nowMs);
  }
  const grown = process.memoryUsage().heapUsed - before;
  return round(Math.max(0, grown) / (batches * BATCH));
}

async function measureProcesses(path: string, batches: number): Promise<SpeedFigures["manyProcesses"]> {
  const script = new URL("./speed-process.js", import.meta.url);
  const children = Array.from(
    { length: PROCESSES },
    (_, seed) => new Child({ script, role: "hammer", args: { path, seed: seed + 1 } }),
  );
  try {
    await Promise.all(children.map((child) => child.next()));
    const callsEach = batches * BATCH;
    const costs = await Promise.all(children.map((child) => child.ask({ calls: callsEach })));
    const table = openLiveTable(path);
    const calls = callsEach * PROCESSES;
    const lostUpdates = calls - total(table);
    assert.equal(inFlight(table), 0);
    return { processes: PROCESSES, calls, lostUpdates, pickAndReportNs: round(median(costs as number[])) };
  } finally {
    await Promise.all(children.map((child) => child.stop()));
  }
}

function total(table: LiveTable): number {
  return table.snapshot.slots.reduce((sum, slot) => sum + table.get(slot, LIVE_FIELD.successTotal), 0);
}

function inFlight(table: LiveTable): number {
  return table.snapshot.slots.reduce((sum, slot) => sum + table.get(slot, LIVE_FIELD.inFlight), 0);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
