import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import {
  isStillRunning,
  type ServiceState,
  tryReadServiceState,
  tryStartTicks,
  writeServiceState,
} from "./service-state.js";

const dir = mkdtempSync(join(tmpdir(), "msec-state-"));
afterAll(() => rmSync(dir, { recursive: true }));

const state: ServiceState = {
  ...{ service: "Test.echo", releaseId: "r-1", pid: process.pid, startTicks: tryStartTicks(process.pid) ?? 0 },
  ...{ state: "running", workers: [], listen: [], restarts: 0, startedAtMs: 1, text: "" },
};

it("writes a state into a new directory, leaves no temporary file, and reads it back", () => {
  const path = join(dir, "Test/echo/state.json");
  writeServiceState(path, state);
  writeServiceState(path, { ...state, restarts: 1 });
  expect(tryReadServiceState(path)).toEqual({ ...state, restarts: 1 });
  expect(readdirSync(join(dir, "Test/echo"))).toEqual(["state.json"]);
});

it.each(["", "{", "null", "[]", '{"service":"Test.echo"}'])("gives nothing for a file that holds %j", (text) => {
  const path = join(dir, "broken.json");
  writeFileSync(path, text);
  expect(tryReadServiceState(path)).toBeUndefined();
  expect(tryReadServiceState(join(dir, "missing.json"))).toBeUndefined();
});

it("knows a process by its start time, not by its number alone", () => {
  expect(isStillRunning(state)).toBe(true);
  expect(isStillRunning({ ...state, startTicks: state.startTicks + 1 })).toBe(false);
  expect(isStillRunning({ pid: 2 ** 22 + 1, startTicks: 0 })).toBe(false);
});
