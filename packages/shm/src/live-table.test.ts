import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bootMark, bootNowMs } from "./boot-clock.js";
import { HEADER, healthWord, LIVE_FIELD, labelHash, liveTableBytes, rowsWord } from "./live-layout.js";
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
    const member7 = { host: "10.1.2.3", port: 80, transport: "all", weight: 250, zone: "a", rack: "foobar" } as const;
    const local = { zone: "", rack: "b", set: "a" };
    writer.setMembers(0x1_0000_0002, [member7], { policyId: 6, local, locality: "rack", partition: false });
    const bytes = readFileSync(path);
    expect(bytes.length).toBe(256 + 4 * 192 + 64 * 16 + 64 * 4 * 4);
    expect(bytes.subarray(0, 4).toString("latin1")).toBe("MLT1");
    const header = [4, 8, 12, 16, 20, 28, 32, 36, 40, 44].map((offset) => bytes.readInt32LE(offset));
    expect(header).toEqual([2, 4, 192, 2, process.pid, 0, 1, 1, 2, 6]);
    expect([56, 72].map((offset) => bytes.readInt32LE(offset))).toEqual([64, 0]);
    expect([76, 80, 84].map((offset) => bytes.readUInt32LE(offset))).toEqual([0, 0xe70c2de5, 0xe40c292c]); // FNV-1a
    expect([88, 92].map((offset) => bytes.readInt32LE(offset))).toEqual([2, 0]);
    expect(bytes.readInt32LE(128)).toBe(10_000);
    expect(bytes.subarray(256, 272).toString("hex")).toBe("00000000000000000000ffff0a010203");
    expect([16, 20, 24, 28, 32].map((offset) => bytes.readInt32LE(256 + offset))).toEqual([80, 3, 250, 1, 1]);
    expect([40, 44, 48].map((offset) => bytes.readUInt32LE(256 + offset))).toEqual([0xe40c292c, 0xbf9cf968, 0]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, "naming")).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(dir, "naming"))).toEqual(["VOA.Crawl.live"]);
  });
});

describe("rows", () => {
  it("lie in blocks of 16 rows, one word per slot and row", () => {
    openLiveTableWriter(path, { capacity: 3 }).setMembers(1, [member(1), member(2)]);
    const tables = Array.from({ length: 18 }, () => openLiveTable(path));
    for (const table of tables) table.begin(1);
    tables[17]?.begin(1);
    const first = 256 + 3 * 192 + 64 * 16;
    const bytes = readFileSync(path);
    const at = (block: number, slot: number, row: number) =>
      bytes.readInt32LE(first + (block * 48 + slot * 16 + row) * 4);
    expect([at(0, 1, 0), at(0, 1, 15), at(1, 1, 0), at(1, 1, 1), at(1, 1, 2), at(0, 0, 0)]).toEqual([1, 1, 1, 2, 0, 0]);
    expect([bytes.readInt32LE(72), bytes.readInt32LE(256 + 3 * 192)]).toEqual([18, process.pid]);
    expect(tables[0]?.get(1, LIVE_FIELD.inFlight)).toBe(19);
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
    table.add(2, LIVE_FIELD.successTotal, 5);
    table.add(1, LIVE_FIELD.successTotal, 9);
    writer.setMembers(2, [member(4, { transport: "udp" }), member(3, { weight: 300 })]);
    expect(table.count).toBe(3);
    expect(table.refresh()).toBe(true);
    expect(table.refresh()).toBe(false);
    expect(table.version).not.toBe(version);
    expect(addresses(table)).toEqual(["10.0.0.4:7963", "10.0.0.3:7963"]);
    expect([table.weight(2), table.generation(2), table.get(2, LIVE_FIELD.successTotal)]).toEqual([300, generation, 5]);
    expect([table.transport(0), table.host(0), table.port(0)]).toEqual(["udp", "10.0.0.4", 7963]);
    expect(table.get(0, LIVE_FIELD.rampStart)).not.toBe(0);
    writer.setMembers(3, [member(3), member(2)]);
    table.refresh();
    const back = [0, 1, 2].find((slot) => table.address(slot) === "10.0.0.2:7963") ?? -1;
    expect(table.get(back, LIVE_FIELD.successTotal)).toBe(0); // came back as a new instance
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
    { what: "zone index", bad: { host: "fe80::1%eth0" } },
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
    expect(table.get(1, LIVE_FIELD.inFlight)).toBe(1); // begun in the old file, moved over
    table.end(1, generation);
    table.end(1, generation);
    expect(table.get(1, LIVE_FIELD.inFlight)).toBe(0);
  });

  it("have IPv6 addresses in one form, and an IPv4 address is the same one in IPv6", () => {
    const hosts = ["2001:DB8:0:0:0:0:0:1", "::ffff:10.0.0.9", "10.0.0.9", "::1"];
    openLiveTableWriter(path).setMembers(
      1,
      hosts.map((host) => member(0, { host })),
    );
    expect(addresses(openLiveTable(path))).toEqual(["[2001:db8::1]:7963", "10.0.0.9:7963", "[::1]:7963"]);
    expect(openLiveTable(path).host(0)).toBe("2001:db8::1");
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

describe("labels", () => {
  const local = { zone: "z1", rack: "r1" };
  const labelled = [
    member(1, { zone: "z1", rack: "r1" }),
    member(2, { zone: "z1", rack: "r2" }),
    member(3, { zone: "z2", rack: "r1" }), // a rack of that name in another zone
    member(4),
  ];
  const nearness = () => {
    const table = openLiveTable(path);
    return Array.from({ length: table.count }, (_, index) => table.nearness(table.slotAt(index)));
  };

  it.each([
    { locality: "none" as const, wanted: [0, 0, 0, 0] },
    { locality: "zone" as const, wanted: [1, 1, 0, 0] },
    { locality: "rack" as const, wanted: [2, 1, 0, 0] },
  ])("make instances near, by $locality", ({ locality, wanted }) => {
    openLiveTableWriter(path).setMembers(1, labelled, { local, locality });
    expect(nearness()).toEqual(wanted);
    expect(openLiveTable(path).locality).toBe(locality);
  });

  it("that are not there make nothing near, and options that are not given stay", () => {
    const writer = openLiveTableWriter(path);
    writer.setMembers(1, labelled, { local: { rack: "r1" }, locality: "rack", policyId: 4 });
    expect(nearness()).toEqual([0, 0, 0, 0]);
    writer.setMembers(2, labelled, { local });
    expect(nearness()).toEqual([2, 1, 0, 0]);
    expect(openLiveTable(path).policyId).toBe(4);
  });

  it("of a set part the instances, on request", () => {
    const writer = openLiveTableWriter(path);
    const members = [member(1, { set: "blue" }), member(2, { set: "green" }), member(3)];
    const seen = (set: string, partition: boolean) => {
      writer.setMembers(1, members, { local: { set }, partition });
      return addresses(openLiveTable(path)).map((address) => address.at(7));
    };
    expect([seen("blue", false), seen("blue", true), seen("", true)]).toEqual([["1", "2", "3"], ["1"], ["3"]]);
    expect(seen("red", true)).toEqual([]);
    expect(openLiveTable(path).snapshot).toMatchObject({ isPartitioned: true, otherSetsCount: 3, count: 0 });
  });

  it("have a hash that is never the one of none", () => {
    expect([labelHash(""), labelHash("a") >>> 0]).toEqual([0, 0xe40c292c]);
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
    expect(readFileSync(path).length).toBe(liveTableBytes({ capacity: 3, rows: 64 }));
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
    { field: "layoutVersion", word: HEADER.layoutVersion, value: 1 },
    { field: "processRows", word: HEADER.processRows, value: 63 },
    { field: "processRows", word: HEADER.processRows, value: 1_000_000 * 16 },
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
    words()[rowsWord(64) + 1] = 12_345; // same id, other start time: not this process any more
    expect(writer.repair()).toBe(1);
    expect([table.get(0, LIVE_FIELD.inFlight), words()[HEADER.usedRows]]).toEqual([0, 0]);
  });

  it("of a process that was killed while it cleared a row are cleared by the next", () => {
    const writer = openLiveTableWriter(path);
    writer.setMembers(1, [member(1)]);
    const table = openLiveTable(path);
    table.begin(0);
    words()[rowsWord(64)] = -process.ppid; // that one is at it
    expect([writer.repair(), table.get(0, LIVE_FIELD.inFlight)]).toEqual([0, 1]);
    words()[rowsWord(64)] = -0x3fff_ffff; // there is no such process
    expect([writer.repair(), table.get(0, LIVE_FIELD.inFlight)]).toEqual([1, 0]);
  });

  it("are counted for more threads than there are rows, and the writer makes more rows", () => {
    const writer = openLiveTableWriter(path, { capacity: 4, rows: 16 });
    writer.setMembers(1, [member(1), member(2)]);
    const tables = Array.from({ length: 40 }, () => openLiveTable(path));
    for (const table of tables) table.begin(1);
    const [one] = tables;
    expect(one?.get(1, LIVE_FIELD.inFlight)).toBe(40);
    tables[39]?.end(1, one?.generation(1) ?? 0);
    expect(one?.get(1, LIVE_FIELD.inFlight)).toBe(39);
    for (const rows of [32, 64]) {
      writer.repair();
      for (const table of tables) table.refresh();
      expect([words()[HEADER.processRows], one?.get(1, LIVE_FIELD.inFlight)]).toEqual([rows, 39]);
    }
    writer.repair();
    expect(words()[HEADER.processRows]).toBe(64); // 39 of 64 are enough
    for (const table of tables) table.end(1, table.generation(1));
    expect(one?.get(1, LIVE_FIELD.inFlight)).toBe(0);
  });

  it("of a thread without a row move into one that became free", () => {
    openLiveTableWriter(path, { rows: 16 }).setMembers(1, [member(1)]);
    const tables = Array.from({ length: 17 }, () => openLiveTable(path));
    for (const table of tables) table.begin(0);
    tables[3]?.close();
    const last = tables[16];
    expect(last?.reopenIfReplaced()).toBe(false);
    expect([last?.get(0, LIVE_FIELD.inFlight), words()[healthWord(0, LIVE_FIELD.inFlight)]]).toEqual([16, 0]);
    last?.close();
    expect(tables[0]?.get(0, LIVE_FIELD.inFlight)).toBe(15);
  });

  it("at an instance that left its slot are not counted for the next one there", () => {
    const writer = openLiveTableWriter(path);
    writer.setMembers(1, [member(1)]);
    const table = openLiveTable(path);
    const generation = table.generation(0);
    table.begin(0);
    writer.setMembers(2, [member(2)]);
    table.refresh();
    expect([table.address(0), table.get(0, LIVE_FIELD.inFlight)]).toEqual(["10.0.0.2:7963", 0]);
    table.end(0, generation);
    expect(table.get(0, LIVE_FIELD.inFlight)).toBe(0);
  });

  it("go on being counted in the known file when another version's is at the path", () => {
    openLiveTableWriter(path).setMembers(1, [member(1)]);
    const table = openLiveTable(path);
    table.begin(0);
    rmSync(path);
    writeFileSync(path, Buffer.alloc(4_096, 1));
    expect([table.reopenIfReplaced(), table.get(0, LIVE_FIELD.inFlight), table.count]).toEqual([false, 1, 1]);
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
