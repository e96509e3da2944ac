/**
 * Shared memory and balancing: nanoseconds per operation on a real mapped file, against plain JavaScript.
 * `npm run bench -- shm`; figures are medians of 15 rounds.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Balancer, seededRandom } from "@msec/balancer";
import {
  bootNowMs,
  createMonitorRing,
  LIVE_FIELD,
  openLiveTable,
  openLiveTableWriter,
  openSharedFile,
} from "@msec/shm";
import { median, writeResult } from "./result.js";

const ROUNDS = 15;

/** Median time of one turn of `body`, in ns. */
function measure(turns: number, body: (turn: number) => void): number {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS + 3; round += 1) {
    const startedMs = performance.now();
    for (let turn = 0; turn < turns; turn += 1) body(turn);
    rounds.push(((performance.now() - startedMs) * 1e6) / turns);
  }
  return Math.round(median(rounds.slice(3)) * 10) / 10; // the first rounds compile
}

function measureAtomics(dir: string): Record<string, number> {
  const words = new Int32Array(openSharedFile(join(dir, "words"), { sizeBytes: 4_096, create: true }).buffer);
  let sink = 0;
  const result = {
    plainIncrement: measure(1_000_000, () => {
      words[8] = ((words[8] ?? 0) + 1) | 0;
    }),
    atomicAdd: measure(1_000_000, () => {
      Atomics.add(words, 16, 1);
    }),
    atomicLoad: measure(1_000_000, () => {
      sink += Atomics.load(words, 16);
    }),
    atomicStore: measure(1_000_000, (turn) => {
      Atomics.store(words, 24, turn);
    }),
    compareExchange: measure(1_000_000, () => {
      const old = Atomics.load(words, 32);
      Atomics.compareExchange(words, 32, old, (old + 1) | 0);
    }),
  };
  assert.equal(Atomics.load(words, 16), (ROUNDS + 3) * 1_000_000);
  assert.notEqual(sink, 0);
  return result;
}

/** Pick and report on `count` instances, all answering; and the same number of uniform random choices. */
function measurePicks(dir: string, count: number): Record<string, number> {
  const path = join(dir, `Bench.S${count}.live`);
  const writer = openLiveTableWriter(path, { capacity: count });
  const members = Array.from({ length: count }, (_, n) => ({
    host: `10.0.${n >> 8}.${n & 255}`,
    port: 80,
    transport: "tcp" as const,
    weight: 100,
  }));
  writer.setMembers(1, members);
  const table = openLiveTable(path);
  const random = seededRandom(42);
  const balancer = new Balancer(table, { nowMs: bootNowMs, random });
  const none: string[] = [];
  const cycle = () => {
    const slot = balancer.pick(none);
    balancer.report({ slot, generation: table.generation(slot), outcome: "success", latencyMs: 1 });
  };
  const addresses = members.map((member) => `${member.host}:${member.port}`);
  let sink = 0;
  const pickAndReport = measure(100_000, cycle);
  const heapBefore = process.memoryUsage().heapUsed;
  for (let n = 0; n < 20_000; n += 1) cycle();
  const heapBytesPerCall = Math.max(0, Math.round((process.memoryUsage().heapUsed - heapBefore) / 20_000));
  const uniformRandom = measure(1_000_000, () => {
    sink += (addresses[Math.floor(random() * addresses.length)] ?? "").length;
  });
  let picks = 0;
  for (let index = 0; index < count; index += 1) picks += table.get(table.slotAt(index), LIVE_FIELD.successTotal);
  assert.equal(picks, (ROUNDS + 3) * 100_000 + 20_000);
  assert.notEqual(sink, 0);
  writer.close();
  return { instances: count, pickAndReport, uniformRandom, heapBytesPerCall };
}

function measureRing(dir: string): Record<string, number> {
  const ring = createMonitorRing(join(dir, "monitor.mmap"), { elementCount: 200_000 });
  const record = new Uint8Array(48).fill(7);
  const batch = 10_000;
  const put: number[] = [];
  const get: number[] = [];
  for (let round = 0; round < ROUNDS * 3; round += 1) {
    const startedMs = performance.now();
    for (let n = 0; n < batch; n += 1) assert(ring.put(record));
    const filledMs = performance.now();
    for (let n = 0; n < batch; n += 1) assert.equal(ring.get()?.length, 48);
    put.push(((filledMs - startedMs) * 1e6) / batch);
    get.push(((performance.now() - filledMs) * 1e6) / batch);
  }
  assert.equal(ring.usedSlots, 0);
  return { recordBytes: 48, put: Math.round(median(put)), get: Math.round(median(get)) };
}

/** Measures everything in a directory of its own; writes a result file and prints it as one line of JSON. */
export async function main(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "msec-bench-shm-"));
  try {
    await writeResult("shm", {
      unit: "ns",
      atomics: measureAtomics(dir),
      picks: [2, 10, 100, 1_000].map((count) => measurePicks(dir, count)),
      ring: measureRing(dir),
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
