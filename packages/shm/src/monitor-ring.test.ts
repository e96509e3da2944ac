import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMonitorRing, openMonitorRing } from "./monitor-ring.js";
import { RING_HEADER_BYTES, ringShape, ringSlotsFor } from "./monitor-ring-layout.js";
import { openSharedFile } from "./shared-file.js";

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "msec-ring-"));
  path = join(dir, "monitor.mmap");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const record = (length: number, fill = 1) => new Uint8Array(length).fill(fill);
const words = () => new Int32Array(openSharedFile(path, { sizeBytes: RING_HEADER_BYTES }).buffer);
const slotWord = (slot: number) => (RING_HEADER_BYTES + slot * 48) / 4;

describe("layout", () => {
  it("has the file size of existing installations", () => {
    expect(ringShape(32, 4_000_000).fileBytes).toBe(197_132_288);
  });

  it.each([
    [1, 1],
    [32, 1],
    [33, 2],
    [80, 2],
    [81, 3],
    [128, 3],
    [176, 4],
    [224, 5],
    [272, 6],
  ])("takes for %i bytes %i slots", (length, slots) => {
    expect(ringSlotsFor(length, ringShape(32, 1_000))).toBe(slots);
  });

  it("writes header and slots byte for byte", () => {
    const ring = createMonitorRing(path, { elementSizeBytes: 30, elementCount: 200 });
    const beforeS = Math.floor(Date.now() / 1_000);
    ring.put(Uint8Array.of(1, 2, 3, 4, 5, 6, 7));
    ring.put(record(40, 9));
    const bytes = readFileSync(path);
    const header = [0, 4, 8, 12, 16, 20].map((offset) => bytes.readInt32LE(offset));
    expect(header).toEqual([8_388_608, 32, 200, 0, 3, 0]);
    expect(bytes.length).toBe(8_388_608);
    const slot = bytes.subarray(4_194_324);
    expect(slot.readUInt32LE(0)).toBe(0x0000db03);
    expect(slot.readUInt32LE(4)).toBe(7);
    expect(slot.readInt32LE(8)).toBeGreaterThanOrEqual(beforeS);
    expect(slot.readInt32LE(12)).toBeLessThan(1_000_000);
    expect([...slot.subarray(16, 24)]).toEqual([1, 2, 3, 4, 5, 6, 7, 0]);
    expect(slot.readUInt32LE(48 + 4)).toBe(40);
    expect([...slot.subarray(48 + 16, 48 + 56)]).toEqual(new Array(40).fill(9)); // over the head of the next slot
  });

  it("makes private files, and others only when told to", () => {
    createMonitorRing(path, { elementCount: 101 });
    createMonitorRing(`${path}.shared`, { elementCount: 101, mode: 0o666 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}.shared`).mode & 0o777).toBe(0o666);
  });
});

describe("put and get", () => {
  it("holds exactly elementCount - 100 one-slot records", () => {
    const ring = createMonitorRing(path, { elementCount: 110 });
    const puts = Array.from({ length: 12 }, (_, n) => ring.put(record(32, n)));
    expect(puts).toEqual([...new Array(10).fill(true), false, false]);
    expect([ring.usedSlots, ring.capacitySlots]).toEqual([10, 10]);
    expect(Array.from({ length: 11 }, () => ring.get()?.[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, undefined]);
  });

  it("keeps order and content over thousands of wraps with records of all lengths", () => {
    const ring = createMonitorRing(path, { elementCount: 150 });
    let put = 0;
    let got = 0;
    const length = (n: number) => 1 + ((n * 37) % 260);
    while (got < 60_000) {
      while (ring.put(record(length(put), put & 255))) put += 1;
      for (let bytes = ring.get(); bytes; bytes = ring.get()) {
        if (bytes.length !== length(got) || bytes[0] !== (got & 255) || bytes.at(-1) !== (got & 255))
          throw new Error(`record ${got}`);
        got += 1;
      }
    }
    expect(got).toBe(put);
    expect(ring.usedSlots).toBe(0);
  });

  it("starts a record that ends exactly at the last slot at slot 0 and marks what it skipped", () => {
    const ring = createMonitorRing(path, { elementCount: 110 });
    for (let n = 0; n < 109; n += 1) {
      ring.put(record(1));
      ring.get();
    }
    ring.put(record(60, 7)); // slots 109 and 110 would fit, but then the tail were 0
    expect(words()[slotWord(109)]).toBe(0xdb030000 | 0);
    expect(words()[slotWord(110)]).toBe(0xdb030000 | 0);
    expect(words()[slotWord(0)]).toBe(0xdb03);
    expect(words()[4]).toBe(2);
    expect(ring.get()).toEqual(record(60, 7));
    expect([words()[3], words()[slotWord(109)], words()[slotWord(110)], words()[slotWord(0)]]).toEqual([2, 0, 0, 0]);
  });

  it.each([0, 65_537])("refuses a record of %i bytes", (length) => {
    const ring = createMonitorRing(path, { elementCount: 5_000 });
    expect(() => ring.put(record(length))).toThrow(expect.objectContaining({ reason: "SHM_ARGUMENT_INVALID" }));
  });

  it("takes the longest record", () => {
    const ring = createMonitorRing(path, { elementCount: 5_000 });
    expect(ring.put(record(65_536, 3))).toBe(true);
    expect(ring.get()?.length).toBe(65_536);
  });
});

describe("producers that died or are slow", () => {
  function withUnfinished(slots: number) {
    const clock = { nowMs: 0 };
    const ring = createMonitorRing(path, { elementCount: 200 }, { graceMs: 1_000, nowMs: () => clock.nowMs });
    Atomics.add(words(), 4, slots); // a producer moved the tail and stopped there
    ring.put(record(5, 42));
    return { ring, clock };
  }

  it("waits for the grace time, then skips all slots of the dead record at once", () => {
    const { ring, clock } = withUnfinished(6);
    for (let n = 0; n < 50; n += 1) expect(ring.get()).toBeUndefined();
    clock.nowMs = 999;
    expect(ring.get()).toBeUndefined();
    clock.nowMs = 1_000;
    expect(ring.get()).toEqual(record(5, 42));
    expect(ring.usedSlots).toBe(0);
  });

  it("skips many dead slots in steps", () => {
    const clock = { nowMs: 0 };
    const ring = createMonitorRing(path, { elementCount: 900 }, { graceMs: 1_000, nowMs: () => clock.nowMs });
    Atomics.add(words(), 4, 700);
    ring.put(record(5, 42));
    for (let n = 0; n < 11; n += 1) ring.get();
    clock.nowMs = 1_000;
    expect(ring.get()).toEqual(record(5, 42));
    expect([ring.usedSlots, words()[3]]).toEqual([0, 701]);
  });

  it("loses nothing of a producer that finishes within the grace time", () => {
    const { ring, clock } = withUnfinished(1);
    for (let n = 0; n < 50; n += 1) ring.get();
    clock.nowMs = 900;
    words()[slotWord(0) + 1] = 3;
    Atomics.store(words(), slotWord(0), 0xdb03);
    expect(ring.get()?.length).toBe(3);
    expect(ring.get()).toEqual(record(5, 42));
  });

  it("skips a record whose length is impossible", () => {
    const { ring } = withUnfinished(1);
    words()[slotWord(0) + 1] = 0x7fff_ffff;
    words()[slotWord(0)] = 0xdb03;
    expect(ring.get()).toEqual(record(5, 42));
  });
});

describe("opening", () => {
  it("opens what exists with the same geometry, content included", () => {
    createMonitorRing(path, { elementCount: 110 }).put(record(3, 8));
    expect(createMonitorRing(path, { elementCount: 110 }).get()).toEqual(record(3, 8));
    expect(() => createMonitorRing(path, { elementCount: 111 })).toThrow(
      expect.objectContaining({ reason: "SHM_LAYOUT_INVALID" }),
    );
  });

  it.each([
    { name: "missing file", make: () => undefined, reason: "SHM_FILE_MISSING" },
    { name: "empty file", make: () => writeFileSync(path, ""), reason: "SHM_FILE_TOO_SHORT" },
    { name: "zeros", make: () => writeFileSync(path, new Uint8Array(8 << 20)), reason: "SHM_LAYOUT_INVALID" },
    {
      name: "cut file",
      make: () => {
        createMonitorRing(`${path}.other`, { elementCount: 110 });
        writeFileSync(path, readFileSync(`${path}.other`));
        truncateSync(path, 5 << 20);
      },
      reason: "SHM_LAYOUT_INVALID",
    },
    {
      name: "tail outside",
      make: () => {
        createMonitorRing(`${path}.other`, { elementCount: 110 });
        const bytes = readFileSync(`${path}.other`);
        bytes.writeInt32LE(111, 16);
        writeFileSync(path, bytes);
      },
      reason: "SHM_LAYOUT_INVALID",
    },
  ])("refuses a $name", ({ make, reason }) => {
    make();
    expect(() => openMonitorRing(path)).toThrow(expect.objectContaining({ reason }));
  });

  it.each([{ elementCount: 100 }, { elementCount: 1_000, elementSizeBytes: 0 }, { elementCount: 100_000_000 }])(
    "refuses to make $elementCount × $elementSizeBytes",
    (opts) => {
      expect(() => createMonitorRing(path, opts)).toThrow(expect.objectContaining({ reason: "SHM_ARGUMENT_INVALID" }));
    },
  );
});
