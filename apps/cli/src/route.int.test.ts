import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { homePaths } from "@msec/core";
import { LIVE_FIELD, openLiveTable, openLiveTableWriter } from "@msec/shm";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createProgram } from "./program.js";

let home: string;
let printed: string[];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "msec-route-"));
  printed = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => printed.push(String(text)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(home, { recursive: true, force: true });
});

async function route(...args: string[]): Promise<string[]> {
  printed.length = 0;
  await createProgram().program.parseAsync(["node", "msec", "route", ...args, "--home", home]);
  return printed.join("").trimEnd().split("\n");
}

function makeTable() {
  const path = homePaths(home).liveTable("Shop.cart");
  const writer = openLiveTableWriter(path);
  const members = [1, 2].map((n) => ({ host: `10.0.0.${n}`, port: 80, transport: "tcp" as const, weight: 100 * n }));
  writer.setMembers(7, members, { policyId: 1 });
  writer.close();
  return openLiveTable(path);
}

it("prints each instance with its share and why, and that the agent does not run", async () => {
  const table = makeTable();
  table.begin(1);
  const lines = await route("Shop.cart");
  table.close();
  expect(lines[0]).toMatch(/^Shop\.cart: 2 instances, policy wrr, names of revision 7 \(\d s ago\)$/);
  expect(lines[1]).toContain("the agent does not run");
  expect(lines[2]?.split(/ {2,}/)).toEqual([
    "INSTANCE",
    "WEIGHT",
    "SHARE",
    "IN FLIGHT",
    "LATENCY",
    "SUCCESS",
    "STATE",
    "WHY",
  ]);
  expect(lines[3]).toMatch(/^10\.0\.0\.1:80 +100 +3\d\.\d % +0 +- +- +unused +in use/);
  expect(lines[4]).toMatch(/^10\.0\.0\.2:80 +200 +6\d\.\d % +1 /);
  expect(lines[5]).toMatch(/^one pick {4}10\.0\.0\.\d:80/);
});

it("picks as often as it is told, and leaves no trace in the table", async () => {
  const table = makeTable();
  const lines = await route("Shop.cart", "--pick", "300");
  const hits = lines.slice(3, 5).map((line) => Number(line.split(/ +/)[1]));
  expect(hits.reduce((sum, count) => sum + count, 0)).toBe(300);
  expect(hits[0]).toBeGreaterThan(hits[1] ?? 0);
  const [json = ""] = await route("Shop.cart", "--pick", "300", "--json");
  expect(JSON.parse(json)).toMatchObject({ service: "Shop.cart", isAgentRunning: false, picks: 300, count: 2 });
  expect([0, 1].map((slot) => table.get(slot, LIVE_FIELD.lastPickAt))).toEqual([0, 0]);
});

it("says what is missing", async () => {
  await expect(route("Shop.cart")).rejects.toMatchObject({ reason: "CLI_NO_AGENT" });
  mkdirSync(homePaths(home).naming, { recursive: true });
  await expect(route("Shop.cart")).rejects.toMatchObject({ reason: "CLI_ROUTE_UNKNOWN" });
  await expect(route("Shop")).rejects.toMatchObject({ reason: "NAME_INVALID" });
  makeTable();
  await expect(route("Shop.cart", "--pick", "many")).rejects.toMatchObject({ reason: "CLI_ARGUMENT_INVALID" });
});
