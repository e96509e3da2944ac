import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ServiceAlreadyRuns } from "./errors.js";
import { tryStartTicks } from "./service-state.js";
import { takeServiceLock } from "./single-instance.js";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "msec-lock-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const hold = (pid: number, startTicks: number) => writeFileSync(join(dir, "lock"), JSON.stringify({ pid, startTicks }));
const holder = (): unknown => JSON.parse(readFileSync(join(dir, "lock"), "utf8"));

it("is held until it is given back, and leaves nothing behind", () => {
  const release = takeServiceLock(join(dir, "lock"), "Test.echo");
  expect(holder()).toEqual({ pid: process.pid, startTicks: tryStartTicks(process.pid) });
  release();
  expect(readdirSync(dir)).toEqual([]);
});

it("is refused while another process lives", () => {
  hold(process.ppid, tryStartTicks(process.ppid) ?? 0);
  expect(() => takeServiceLock(join(dir, "lock"), "Test.echo")).toThrow(ServiceAlreadyRuns);
  expect(readdirSync(dir)).toEqual(["lock"]);
});

it.each([
  { name: "of a process that is gone", hold: () => hold(spawnSync(process.execPath, ["-e", ""]).pid, 1) },
  { name: "of a process id that was given to another one", hold: () => hold(process.ppid, 1) },
  { name: "that can't be read", hold: () => writeFileSync(join(dir, "lock"), "{") },
])("takes over a lock $name", ({ hold: leave }) => {
  leave();
  takeServiceLock(join(dir, "lock"), "Test.echo");
  expect(holder()).toMatchObject({ pid: process.pid });
  expect(readdirSync(dir)).toEqual(["lock"]);
});
