import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { homePaths } from "@msec/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  listReleases,
  makeTemporary,
  pruneReleases,
  sweepTemporaries,
  switchCurrent,
  tryActiveRelease,
} from "./release-directory.js";

let home: string;
const paths = () => homePaths(home).service({ first: "Test", second: "one" });
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "msec-release-"));
  for (let id = 1; id <= 8; id += 1) {
    mkdirSync(paths().release(`r-${id}`), { recursive: true });
    const info = { releaseId: `r-${id}`, service: "Test.one", pluginTag: "p", configTag: "c" };
    const hashes = { pluginSha256: "", configSha256: "", installedAtMs: 1_000 + id };
    writeFileSync(`${paths().release(`r-${id}`)}/release.json`, JSON.stringify({ ...info, ...hashes }));
  }
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

it("switches between releases and to none", () => {
  expect(tryActiveRelease(paths())).toBeUndefined();
  switchCurrent(paths(), "r-3");
  switchCurrent(paths(), "r-4");
  expect(tryActiveRelease(paths())).toBe("r-4");
  switchCurrent(paths(), undefined);
  expect(tryActiveRelease(paths())).toBeUndefined();
});

it("takes a link to somewhere else for none", () => {
  symlinkSync("/etc", paths().current);
  expect(tryActiveRelease(paths())).toBeUndefined();
});

it("keeps the latest five and those that are needed", () => {
  expect(listReleases(paths())[0]).toBe("r-8");
  expect(pruneReleases(paths(), 5, ["r-2", undefined])).toEqual(["r-3", "r-1"]);
  expect(readdirSync(paths().releases).sort()).toEqual(["r-2", "r-4", "r-5", "r-6", "r-7", "r-8"]);
});

it("sweeps what was cut off, and only that", () => {
  const temporary = makeTemporary(paths(), "r-9");
  sweepTemporaries(paths());
  expect(existsSync(temporary)).toBe(false);
  expect(listReleases(paths())).toHaveLength(8);
});
