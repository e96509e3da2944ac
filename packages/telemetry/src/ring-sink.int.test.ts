import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeQueueRecord } from "@msec/protocol";
import { createMonitorRing } from "@msec/shm";
import { afterAll, expect, it } from "vitest";
import { MetricEmitter } from "./metric-emitter.js";
import { createRingOpener } from "./ring-sink.js";

const dir = mkdtempSync(join(tmpdir(), "msec-ring-"));
afterAll(() => rmSync(dir, { recursive: true }));

it("finds a ring that comes, leaves one that is gone, and takes the next", () => {
  const path = join(dir, "monitor.mmap");
  let nowMs = 0;
  const emitter = new MetricEmitter({
    service: "Test.echo",
    openSink: createRingOpener(path, () => nowMs),
    nowMs: () => nowMs,
  });
  const flushAt = (ms: number): void => {
    nowMs = ms;
    emitter.add("a");
    emitter.flush();
  };
  const valueIn = (ring: { get(): Uint8Array | undefined }): number | undefined => {
    const record = ring.get();
    return record && decodeQueueRecord(record).value;
  };
  flushAt(0);
  expect(emitter.counts.ringAbsent).toBe(1);
  const first = createMonitorRing(path, { elementCount: 110 });
  flushAt(500); // not looked for again yet
  expect(first.get()).toBeUndefined();
  flushAt(1_000);
  expect(valueIn(first)).toBe(3);
  rmSync(path);
  flushAt(6_000);
  expect(first.get()).toBeUndefined();
  const second = createMonitorRing(path, { elementCount: 110 });
  flushAt(12_000);
  expect(valueIn(second)).toBe(2);
  for (let n = 0; n < 20; n += 1) emitter.add(`name ${n}`);
  emitter.flush();
  expect(emitter.counts.ringFull).toBe(1); // 10 slots
});
