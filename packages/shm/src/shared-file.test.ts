import { execFileSync } from "node:child_process";
import { linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isSameProcess, tryProcessStart } from "./process-mark.js";
import { openSharedFile, replaceSharedFile, tryFileIdentity } from "./shared-file.js";

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "msec-file-"));
  path = join(dir, "a", "words");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("openSharedFile", () => {
  it("makes a zeroed private file with all its blocks, and shares what is written", () => {
    const file = openSharedFile(path, { sizeBytes: 65_536, create: true });
    new Int32Array(file.buffer)[3] = 42;
    const bytes = readFileSync(path);
    expect([bytes.length, bytes.readInt32LE(12), bytes.readInt32LE(0)]).toEqual([65_536, 42, 0]);
    expect(statSync(path).blocks * 512).toBeGreaterThanOrEqual(65_536);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(dir, "a"))).toEqual(["words"]);
  });

  it("leaves parts that are not reserved sparse", () => {
    openSharedFile(path, { sizeBytes: 8 << 20, create: true, reserve: [{ offset: 0, sizeBytes: 4_096 }] });
    expect(statSync(path).size).toBe(8 << 20);
    expect(statSync(path).blocks * 512).toBeLessThan(1 << 20);
  });

  it("gives one mapping per inode, whatever the path", () => {
    const file = openSharedFile(path, { sizeBytes: 4_096, create: true });
    linkSync(path, `${path}.link`);
    expect(openSharedFile(`${path}.link`, { sizeBytes: 4_096 }).buffer).toBe(file.buffer);
    expect(openSharedFile(path, { sizeBytes: 1, create: true }).buffer).toBe(file.buffer);
  });

  it("keeps a deleted file's mapping usable, and maps its successor anew", () => {
    const old = openSharedFile(path, { sizeBytes: 4_096, create: true });
    new Int32Array(old.buffer)[0] = 7;
    unlinkSync(path);
    expect(tryFileIdentity(path)).toBeUndefined();
    const fresh = openSharedFile(path, { sizeBytes: 4_096, create: true });
    expect([new Int32Array(old.buffer)[0], new Int32Array(fresh.buffer)[0]]).toEqual([7, 0]);
    expect(fresh.identity).not.toBe(old.identity);
  });

  it("refuses a missing file, and one that is too short instead of mapping it", () => {
    expect(() => openSharedFile(path, { sizeBytes: 4_096 })).toThrow(
      expect.objectContaining({ reason: "SHM_FILE_MISSING" }),
    );
    const short = join(dir, "short");
    writeFileSync(short, "abc");
    const wanted = expect.objectContaining({
      reason: "SHM_FILE_TOO_SHORT",
      details: { path: short, sizeBytes: 3, neededBytes: 4_096 },
    });
    expect(() => openSharedFile(short, { sizeBytes: 4_096, create: true })).toThrow(wanted);
    expect(readFileSync(short, "utf8")).toBe("abc");
  });

  it("reports a size the disk can't hold, and leaves nothing behind", () => {
    const sizeBytes = 2 ** 46; // 64 TiB
    expect(() => openSharedFile(path, { sizeBytes, create: true })).toThrow();
    expect(readdirSync(join(dir, "a"))).toEqual([]);
  });
});

describe("replaceSharedFile", () => {
  it("fills the new file before it takes the path; the old mapping stays", () => {
    const old = openSharedFile(path, { sizeBytes: 4_096, create: true });
    const seen: boolean[] = [];
    const fresh = replaceSharedFile(path, {
      sizeBytes: 8_192,
      fill: (buffer) => {
        new Int32Array(buffer).fill(9);
        seen.push(tryFileIdentity(path) === old.identity);
      },
    });
    expect(seen).toEqual([true]);
    expect(tryFileIdentity(path)).toBe(fresh.identity);
    expect([new Int32Array(old.buffer)[5], new Int32Array(fresh.buffer)[2_047]]).toEqual([0, 9]);
  });

  it("keeps the old file when filling fails", () => {
    const old = openSharedFile(path, { sizeBytes: 4_096, create: true });
    const fill = () => {
      throw new Error("no");
    };
    expect(() => replaceSharedFile(path, { sizeBytes: 4_096, fill })).toThrow("no");
    expect([tryFileIdentity(path), readdirSync(join(dir, "a"))]).toEqual([old.identity, ["words"]]);
  });
});

describe("process marks", () => {
  it("tell this process from another one with its id, and from one that is gone", () => {
    const start = tryProcessStart(process.pid) ?? 0;
    expect([
      isSameProcess(process.pid, start),
      isSameProcess(process.pid, 0),
      isSameProcess(process.pid, start - 1),
    ]).toEqual([true, true, false]);
    const gone = Number(execFileSync("sh", ["-c", "echo $$"], { encoding: "utf8" }));
    expect([tryProcessStart(gone), isSameProcess(gone, 0)]).toEqual([undefined, false]);
  });
});
