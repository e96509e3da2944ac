/** Files of the archived system's naming: byte by byte, and used by both sides: its programs and agent (in Python) and ours. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { currentTable, fillTable, seededRandom, shapeTables } from "@msec/balancer";
import { type NlbServersView, type NlbService, parseNlbService } from "@msec/protocol";
import { connect } from "@msec/sdk";
import { createNlbFiles, type NlbFiles, nlbServiceDirectory, openNlbFiles, tryLockNlbDirectory } from "@msec/shm";
import { describe, expect, it, onTestFinished } from "vitest";
import { type NlbPeer, startNlbPeer } from "./nlb-peer.js";
import { missingPython } from "./python-peer.js";
import { fromHex, loadCases } from "./vectors.js";

type Patch = readonly [offset: number, hex: string];
interface FileCase {
  name: string;
  service: string;
  mtime: number;
  json: object;
  want: {
    metaBytes: number;
    serversBytes: number;
    meta: readonly Patch[];
    servers: readonly Patch[];
    slots: readonly (readonly [slot: number, server: number])[];
  };
}

const SERVICE = "Login.ptlogin";
const HASH_AT = 112;
const HASH_END = 80_112;

function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "msec-nlb-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

function parse(json: object): NlbService {
  return parseNlbService(new TextEncoder().encode(JSON.stringify(json)));
}

function create(directory: string, json: object, mtimeMs = 1): NlbFiles {
  return createNlbFiles(directory, SERVICE, { mtimeMs, fill: (table) => fillTable(table, parse(json)) });
}

function patched(bytes: Uint8Array, patches: readonly Patch[]): Uint8Array {
  for (const [offset, hex] of patches) bytes.set(fromHex(hex), offset);
  return bytes;
}

const read = (directory: string, name: string): Buffer =>
  readFileSync(join(nlbServiceDirectory(directory, SERVICE), name));

describe("the files", () => {
  it.each(loadCases<FileCase>("./nlb/files.json"))("$name", ({ json, mtime, want }) => {
    const directory = makeDirectory();
    create(directory, json, mtime);
    expect(read(directory, "meta.dat").equals(patched(new Uint8Array(want.metaBytes), want.meta))).toBe(true);
    const servers = patched(new Uint8Array(want.serversBytes).fill(0xff, HASH_AT, HASH_END), want.servers);
    for (const [slot, server] of want.slots) new DataView(servers.buffer).setUint32(HASH_AT + 4 * slot, server, true);
    for (const name of ["servers.dat0", "servers.dat1"]) {
      const bytes = read(directory, name);
      const at = bytes.findIndex((byte, n) => byte !== servers[n]);
      expect([at, bytes.length], `${name} differs`).toEqual([-1, want.serversBytes]);
    }
  });

  it("are for the owner and the group, and keep their inode when they are written anew", () => {
    const directory = makeDirectory();
    const inodes = (): number[] =>
      ["meta.dat", "servers.dat0", "servers.dat1"].map(
        (name) => statSync(join(nlbServiceDirectory(directory, SERVICE), name)).ino,
      );
    const json = (last: number): object => ({ IPInfo: [{ IP: `10.1.2.${last}`, ports: [80], t: "tcp", w: 100 }] });
    const files = create(directory, json(1));
    const before = inodes();
    create(directory, json(2));
    expect(inodes()).toEqual(before);
    expect(files.isReplaced()).toBe(false);
    expect(currentTable(files).host(0)).toBe("10.1.2.2");
    const place = nlbServiceDirectory(directory, SERVICE);
    const modes = ["", "meta.lock", "meta.dat", "servers.dat0"].map(
      (name) => statSync(join(place, name)).mode & 0o7777,
    );
    expect(modes).toEqual([0o2750, 0o660, 0o660, 0o660]);
  });
});

const missing = missingPython();

describe.skipIf(missing !== undefined)(missing ?? "a program and an agent in Python", () => {
  const rows = (weights: readonly number[]): object => ({
    IPInfo: weights.map((w, n) => ({ IP: `10.0.0.${n + 1}`, ports: [80 + n], t: "tcp", w })),
  });
  const setUp = (): { directory: string; peer: NlbPeer; at: { directory: string; service: string } } => {
    const directory = makeDirectory();
    return { directory, peer: startNlbPeer(), at: { directory, service: SERVICE } };
  };

  it("a program finds routes in our files, by weight, and counts into them", async () => {
    const { directory, peer, at } = setUp();
    const files = create(directory, rows([300, 100]));
    const hits = await peer.ask<Record<string, number>>({ do: "search", ...at, count: 4_000 });
    expect(Object.keys(hits).toSorted()).toEqual(["10.0.0.1:80", "10.0.0.2:81"]);
    expect(hits["10.0.0.1:80"]! / 4_000).toBeCloseTo(0.75, 1);
    await peer.ask({ do: "report", ...at, ip: "10.0.0.1", success: 20, cost: 3 });
    await peer.ask({ do: "report", ...at, ip: "10.0.0.2", failed: 20 });
    expect(await peer.ask({ do: "report", ...at, ip: "10.0.0.3", failed: 1 })).toEqual({ error: -9 });
    const table = currentTable(files);
    expect([table.success(0), table.cost(0), table.failed(1)]).toEqual([20, 60n, 20]);
    shapeTables(files, { nowMs: 7, compat: "fixed" });
    const rowsSeen = (await peer.ask<{ index: number; rows: object[] }>({ do: "dump", ...at })).rows;
    expect(rowsSeen).toEqual([
      expect.objectContaining({ ip: "10.0.0.1", dynamic: 300, success: 0, cost: 0, dead_time: 0, found: 0 }),
      expect.objectContaining({ ip: "10.0.0.2", dynamic: 0, failed: 0, dead_time: 7, found: 1 }),
    ]);
    // The dead one is tried once in this cycle: one probe is allowed.
    const later = await peer.ask<Record<string, number>>({ do: "search", ...at, count: 4_000 });
    expect(later).toEqual({ "10.0.0.1:80": 3_999, "10.0.0.2:81": 1 });
  });

  it("our callers work on an agent's files, and that agent uses what they count", async () => {
    const { directory, peer, at } = setUp();
    const client = connect({ caller: "Test.caller", home: join(directory, "none"), originalNaming: directory });
    onTestFinished(() => client.close());
    expect(() => client.getRoute(SERVICE)).toThrow("is known on this machine");
    await peer.ask({ do: "create", ...at, mtime: 5, json: { Policy: "odd", ...rows([300, 100]) } });
    const files = openNlbFiles(directory, SERVICE);
    expect([files.meta.name, files.meta.mtimeMs, files.meta.index]).toEqual([SERVICE, 5, 0]);
    await expect.poll(() => client.getRoute(SERVICE).port).toBeGreaterThan(0);
    const hits: Record<string, number> = {};
    for (let n = 0; n < 4_000; n += 1) {
      const { address } = client.getRoute(SERVICE);
      hits[address] = (hits[address] ?? 0) + 1;
    }
    expect(Object.keys(hits).toSorted()).toEqual(["10.0.0.1:80", "10.0.0.2:81"]);
    expect(hits["10.0.0.1:80"]! / 4_000).toBeCloseTo(0.75, 1);
    const use = { costMs: 2, ip: "10.0.0.1", port: 80 };
    for (let n = 0; n < 30; n += 1) {
      client.updateRoute(SERVICE, { ...use, isOk: false });
      client.updateRoute(SERVICE, { ...use, ip: "10.0.0.2", isOk: true });
    }
    await peer.ask({ do: "cycle", ...at, now: 99 });
    expect(files.meta.index).toBe(1);
    const table = currentTable(files);
    expect([table.host(0), table.host(1), table.deadAtMs(1), table.deadCount]).toEqual(["10.0.0.2", "10.0.0.1", 99, 1]);
    const later = Array.from({ length: 100 }, () => client.getRoute(SERVICE).ip);
    expect(later.filter((ip) => ip === "10.0.0.2").length).toBeGreaterThanOrEqual(99); // one probe is allowed
  });

  it("both agents shape the same weights to the same bytes, cycle by cycle", async () => {
    const { directory, peer } = setUp();
    const other = makeDirectory();
    const random = seededRandom(2016);
    const json = { Policy: "standard", ...rows([100, 10_000, 777, 1_000, 5_000, 120, 333, 2_500]) };
    const files = create(directory, json, 5);
    const theirs = { directory: other, service: SERVICE };
    await peer.ask({ do: "create", ...theirs, mtime: 5, json });
    const below = (limit: number): number => Math.floor(random() * limit);
    for (let round = 0; round < 60; round += 1) {
      for (let last = 1; last <= 8; last += 1) {
        const [success, failed] = [below(3) * below(50), below(4) === 0 ? below(20) : 0];
        const counts = { ip: `10.0.0.${last}`, success, failed, cost: last };
        await peer.ask({ do: "report", directory, service: SERVICE, ...counts });
        await peer.ask({ do: "report", ...theirs, ...counts });
      }
      shapeTables(files, { nowMs: 1_000 + round, compat: "as-shipped" });
      await peer.ask({ do: "cycle", ...theirs, now: 1_000 + round });
      for (const name of ["meta.dat", `servers.dat${files.meta.index}`]) {
        expect(read(directory, name).equals(read(other, name)), `${name} in round ${round}`).toBe(true);
      }
    }
  });

  it.skipIf(process.getuid?.() !== 0)("a program that is not root uses them when it is in the group", async () => {
    const directory = makeDirectory();
    const [groupId, other] = [54_321, 54_322];
    const fill = (table: NlbServersView): void => fillTable(table, parse(rows([100])));
    const files = createNlbFiles(directory, SERVICE, { groupId, mtimeMs: 1, fill });
    const at = { directory, service: SERVICE };
    const member = startNlbPeer({ user: { uid: 54_320, gid: groupId } });
    expect(await member.ask({ do: "search", ...at, count: 10 })).toEqual({ "10.0.0.1:80": 10 });
    expect(await member.ask({ do: "report", ...at, ip: "10.0.0.1", failed: 3 })).toBe(0);
    expect(currentTable(files).failed(0)).toBe(3);
    const stranger = startNlbPeer({ user: { uid: 54_320, gid: other } });
    expect(await stranger.ask({ do: "search", ...at, count: 1 })).toEqual({ error: "Permission denied" });
    // Nobody but the agent exchanges files.
    expect(await member.ask({ do: "create", ...at, service: "Login.own", mtime: 1, json: rows([100]) })).toEqual({
      error: "Permission denied",
    });
  });

  it("one agent writes a directory at a time, of whatever kind", async () => {
    const { directory, peer } = setUp();
    mkdirSync(directory, { recursive: true });
    expect(await peer.ask({ do: "hold", directory })).toBe(true);
    expect(tryLockNlbDirectory(directory)).toBeUndefined();
    await peer.ask({ do: "release", directory });
    const lock = tryLockNlbDirectory(directory);
    expect(await peer.ask({ do: "hold", directory })).toBe(false);
    lock?.close();
    expect(await peer.ask({ do: "hold", directory })).toBe(true);
  });
});
