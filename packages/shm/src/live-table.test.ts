import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bootMark, bootNowMs } from "./boot-clock.js";
import { HEADER, LIVE_FIELD, liveTableBytes, ROWS_WORD } from "./live-layout.js";
import { openLiveTable } from "./live-table.js";
import { type LiveMember, openLiveTableWriter } from "./live-table-writer.js";
import { openSharedFile } from "./shared-file.js";

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "msec-live-"));
  path = join(dir, "naming", "VOA.Crawl.live");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const member = (last: number, more: Partial<LiveMember> = {}): LiveMember => ({
  host: `10.0.0.${last}`,
  port: 7963,
  transport: "tcp",
  weight: 100,
  ...more,
});
const words = (at = path) => new Int32Array(openSharedFile(at, { sizeBytes: 256 }).buffer);
const addresses = (table: ReturnType<typeof openLiveTable>) =>
  Array.from({ length: table.count }, (_, index) => table.address(table.slotAt(index)));

describe("layout", () => {
  it("is what docs/reference/shared-memory.md says", () => {
    const writer = openLiveTableWriter(path, { capacity: 4 });
    writer.setMembers(0x1_0000_0002, [member(7, { host: "10.1.2.3", port: 80, transport: "all", weight: 250 })], {
      policyId: 6,
    });
    const bytes = readFileSync(path);
    expect(bytes.length).toBe(1_280 + 4 * 128 + 64 * 4 * 4);
    expect(bytes.subarray(0, 4).toString("latin1")).toBe("MLT1");
    const header = [4, 8, 12, 16, 20, 28, 32, 36, 40, 44].map((offset) => bytes.readInt32LE(offset));
    expect(header).toEqual([1, 4, 128, 2, process.pid, 0, 1, 1, 2, 6]);
    expect(bytes.readInt32LE(128)).toBe(10_000);
    expect([0, 4, 8, 12, 16, 20].map((offset) => bytes.readInt32LE(1_280 + offset))).toEqual([
      0x0a010203, 80, 3, 250, 1, 1,
    ]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, "naming")).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(dir, "naming"))).toEqual(["VOA.Crawl.live"]);
  });
});

describe("members", () => {
  it("are seen by readers after refresh, with slots and health of those that stay", () => {
    const writer = openLiveTableWriter(path);
    writer.setMembers(1, [member(1), member(2), member(3)]);
    const table = openLiveTable(path);
    expect([table.revision, addresses(table)]).toEqual([1, ["10.0.0.1:7963", "10.0.0.2:7963", "10.0.0.3:7963"]]);
    const version = table.version;
    const generation = table.generation(2);
    table.add(2, LIVE_FIELD.successes, 5);
    table.add(1, LIVE_FIELD.successes, 9);
    writer.setMembers(2, [member(4, { transport: "udp" }), member(3, { weight: 300 })]);
    expect(table.count).toBe(3);
    expect(table.refresh()).toBe(true);
    expect(table.refresh()).toBe(false);
    expect(table.version).not.toBe(version);
    expect(addresses(table)).toEqual(["10.0.0.4:7963", "10.0.0.3:7963"]);
    expect([table.weight(2), table.generation(2), table.get(2, LIVE_FIELD.successes)]).toEqual([300, generation, 5]);
    expect([table.transport(0), table.host(0), table.port(0)]).toEqual(["udp", "10.0.0.4", 7963]);
    expect(table.get(0, LIVE_FIELD.rampStart)).not.toBe(0);
    writer.setMembers(3, [member(3), member(2)]);
    table.refresh();
    const back = [0, 1, 2].find((slot) => table.address(slot) === "10.0.0.2:7963") ?? -1;
    expect(table.get(back, LIVE_FIELD.successes)).toBe(0); // came back as a new instance
  });

  it("can all be removed, and an address given twice counts once", () => {
    const writer = openLiveTableWriter(path);
    writer.setMembers(1, [member(1), member(1, { weight: 7 })]);
    const table = openLiveTable(path);
    expect([table.count, table.weight(0)]).toEqual([1, 100]);
    writer.setMembers(2, []);
    table.refresh();
    expect([table.count, table.slotAt(0)]).toEqual([0, -1]);
  });

  it.each([
    { what: "host name", bad: { host: "localhost" } },
    { what: "port 0", bad: { port: 0 } },
    { what: "weight 0", bad: { weight: 0 } },
    { what: "weight 10001", bad: { weight: 10_001 } },
    { what: "half a weight", bad: { weight: 1.5 } },
  ])("with a $what are refused and change nothing", ({ bad }) => {
    const writer = openLiveTableWriter(path);
    writer.setMembers(1, [member(1)]);
    expect(() => writer.setMembers(2, [member(2), member(3, bad)])).toThrow(
      expect.objectContaining({ reason: "SHM_ARGUMENT_INVALID" }),
    );
    expect(addresses(openLiveTable(path))).toEqual(["10.0.0.1:7963"]);
  });

  it("outgrow the file: it is replaced, readers move over by themselves, health moves too", () => {
    const writer = openLiveTableWriter(path, { capacity: 2 });
    writer.setMembers(1, [member(1), member(2)]);
    const table = openLiveTable(path);
    const generation = table.generation(1);
    table.begin(1);
    table.set(1, LIVE_FIELD.latencyEwmaUs, 1_234);
    writer.setMembers(
      2,
      [1, 2, 3, 4, 5].map((n) => member(n)),
    );
    expect(table.refresh()).toBe(true);
    expect([table.count, table.capacity, table.get(1, LIVE_FIELD.latencyEwmaUs)]).toEqual([5, 5, 1_234]);
    expect(table.generation(1)).toBe(generation);
    table.end(1, generation); // begun in the old file
    expect(table.get(1, LIVE_FIELD.inFlight)).toBe(0);
  });

  it("are found again after somebody deleted the file and the agent made a new one", () => {
    const writer = openLiveTableWriter(path);
    writer.setMembers(1, [member(1)]);
    const table = openLiveTable(path);
    expect(table.reopenIfReplaced()).toBe(false);
    rmSync(path);
    expect(table.reopenIfReplaced()).toBe(false);
    openLiveTableWriter(path).setMembers(1, [member(9)]);
    expect(table.reopenIfReplaced()).toBe(true);
    expect(addresses(table)).toEqual(["10.0.0.9:7963"]);
  });
});

describe("a writer that died in the middle", () => {
  it("leaves readers with the last whole members, and the next writer repairs", () => {
    const writer = openLiveTableWriter(path);
    writer.setMembers(1, [member(1)]);
    const table = openLiveTable(path);
    Atomics.add(words(), HEADER.sequence, 1); // odd: a change began
    const startedMs = performance.now();
    expect(table.refresh()).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(50);
    expect(addresses(table)).toEqual(["10.0.0.1:7963"]);
    expect(openLiveTable(path).count).toBe(0); // never saw a whole one
    writer.close();
    openLiveTableWriter(path).setMembers(2, [member(1), member(2)]);
    expect(table.refresh()).toBe(true);
    expect(table.count).toBe(2);
  });
});

describe("one writer", () => {
  it("is refused while another process writes, and let in when that one is gone", () => {
    openLiveTableWriter(path).close();
    words()[HEADER.writerPid] = process.ppid;
    words()[HEADER.writerStart] = 0;
    expect(() => openLiveTableWriter(path)).toThrow(expect.objectContaining({ reason: "SHM_WRITER_BUSY" }));
    words()[HEADER.writerStart] = 12_345; // the id was used again by a process that started at another time
    expect(() => openLiveTableWriter(path)).not.toThrow();
  });

  it("makes a new file when what is there is no live table", () => {
    openLiveTableWriter(`${path}.dir`);
    writeFileSync(path, "garbage");
    openLiveTableWriter(path, { capacity: 3 }).setMembers(4, [member(1)]);
    expect(readFileSync(path).length).toBe(liveTableBytes(3));
    expect(openLiveTable(path).count).toBe(1);
  });

  it("forgets health of another boot", () => {
    const writer = openLiveTableWriter(path);
    writer.setMembers(1, [member(1)]);
    const table = openLiveTable(path);
    table.set(0, LIVE_FIELD.ejectedUntil, 55);
    words()[HEADER.bootMark] = bootMark() ^ 1;
    openLiveTableWriter(path);
    expect([table.get(0, LIVE_FIELD.ejectedUntil), words()[HEADER.bootMark]]).toEqual([0, bootMark()]);
  });
});

describe("reading", () => {
  it.each([
    { field: "magic", word: HEADER.magic, value: 1 },
    { field: "layoutVersion", word: HEADER.layoutVersion, value: 2 },
    { field: "capacity", word: HEADER.capacity, value: 1_000_000 },
  ])("refuses a wrong $field", ({ field, word, value }) => {
    openLiveTableWriter(path);
    words()[word] = value;
    const wanted = expect.objectContaining({
      reason: "SHM_LAYOUT_INVALID",
      details: expect.objectContaining({ field }),
    });
    expect(() => openLiveTable(path)).toThrow(wanted);
  });

  it("says that no agent made the table yet", () => {
    expect(() => openLiveTable(path)).toThrow(expect.objectContaining({ reason: "SHM_FILE_MISSING" }));
  });
});

describe("calls in flight", () => {
  it("are counted per process and taken back on close", () => {
    openLiveTableWriter(path).setMembers(1, [member(1), member(2)]);
    const [one, other] = [openLiveTable(path), openLiveTable(path)];
    one.begin(0);
    one.begin(0);
    other.begin(0);
    one.end(0, one.generation(0));
    one.end(0, one.generation(0) + 1); // of a former owner
    expect(one.get(0, LIVE_FIELD.inFlight)).toBe(2);
    one.close();
    expect(other.get(0, LIVE_FIELD.inFlight)).toBe(1);
  });

  it("of a process that is gone are taken back by the writer", () => {
    const writer = openLiveTableWriter(path);
    writer.setMembers(1, [member(1)]);
    const table = openLiveTable(path);
    table.begin(0);
    table.begin(0);
    expect(writer.repair()).toBe(0);
    words()[ROWS_WORD + 1] = 12_345; // same id, other start time: not this process any more
    expect(writer.repair()).toBe(1);
    expect(table.get(0, LIVE_FIELD.inFlight)).toBe(0);
  });
});

describe("retry budget", () => {
  it("starts with ten tokens and grows by what is paid in, up to 500", () => {
    openLiveTableWriter(path);
    const table = openLiveTable(path);
    expect(Array.from({ length: 12 }, () => table.takeRetryToken()).filter(Boolean)).toHaveLength(10);
    for (let n = 0; n < 9; n += 1) table.addRetryTokens(100);
    expect(table.takeRetryToken()).toBe(false);
    table.addRetryTokens(100);
    expect(table.takeRetryToken()).toBe(true);
    for (let n = 0; n < 6_000; n += 1) table.addRetryTokens(100);
    expect(words()[HEADER.retryTokensMilli]).toBe(500_000);
  });
});

it("counts milliseconds since boot", () => {
  const [seconds] = process.hrtime();
  expect(Math.abs(bootNowMs() / 1_000 - seconds)).toBeLessThan(2);
});
