/** The agent's supervision beside `msec start` and `msec stop`: real processes, a host that only tells its state. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { homePaths, silentLogger, systemClock } from "@msec/core";
import {
  isStillRunning,
  spawnHost,
  tryReadServiceState,
  tryReadWantedState,
  writeWantedState,
} from "@msec/rpc/process";
import { afterEach, beforeEach, expect, it } from "vitest";
import { until } from "../testing/agent-fixture.js";
import { ServicesFile } from "./services-file.js";
import { Supervisor } from "./supervisor.js";

const SERVICE = "Test.echo";
/** What the real controller does as far as the agent sees it. */
const HOST = `
import { readFileSync, renameSync, writeFileSync } from "node:fs";
const path = process.env.MSEC_HOME + "/Test/echo/state.json";
const stat = readFileSync("/proc/self/stat", "latin1");
const startTicks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
const tell = (state) => {
  writeFileSync(path + ".new", JSON.stringify({ service: "Test.echo", releaseId: "r-1", pid: process.pid, startTicks, state, workers: [], listen: [], restarts: 0, text: "" }));
  renameSync(path + ".new", path);
};
tell("running");
process.on("SIGTERM", () => { tell("stopping"); process.exit(0); });
setInterval(() => undefined, 1000);
`;

let home = "";
let supervisor: Supervisor;
const paths = () => homePaths(home);
const own = () => paths().service({ first: "Test", second: "echo" });
const state = () => {
  const now = tryReadServiceState(own().state);
  return now && isStillRunning(now) ? now : undefined;
};
const order = (wanted: "running" | "stopped") =>
  writeWantedState(own().wanted, { wanted, by: "msec test by nobody", atMs: Date.now() });

function superviseAgain(): void {
  supervisor?.close();
  supervisor = new Supervisor({
    ...{ paths: paths(), hostScript: join(home, "host.mjs"), bindAddress: "127.0.0.1" },
    ...{ file: new ServicesFile(`${paths().agent}/services.json`), clock: systemClock, logger: silentLogger },
    ...{ onChange: () => undefined, pollMs: 50 },
  });
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "msec-supervision-"));
  mkdirSync(own().release("r-1"), { recursive: true });
  mkdirSync(paths().agent);
  writeFileSync(join(home, "host.mjs"), HOST);
  writeFileSync(join(own().release("r-1"), "release.json"), JSON.stringify({ releaseId: "r-1", service: SERVICE }));
  symlinkSync("releases/r-1", own().current);
  superviseAgain();
});
afterEach(async () => {
  await supervisor.stop(SERVICE);
  supervisor.close();
  rmSync(home, { recursive: true });
});

it("leaves a service alone that was stopped by hand, says so, and starts it when that is ordered", async () => {
  supervisor.start(SERVICE);
  await until(() => state() !== undefined, "it runs");
  order("stopped");
  process.kill(state()!.pid, "SIGTERM");
  await until(() => supervisor.get(SERVICE).phase.kind === "stopped", "it is seen to be stopped");
  expect(state()).toBeUndefined();
  expect(supervisor.get(SERVICE).report()).toMatchObject({
    state: "stopped",
    text: expect.stringMatching(/^stopped on this machine: msec test by nobody, .*; it stays so until it is started$/),
  });
  superviseAgain();
  expect(supervisor.get(SERVICE).wanted).toBe("stopped");
  order("running");
  await until(() => supervisor.get(SERVICE).phase.kind === "running", "it runs again");
  expect(supervisor.get(SERVICE).report().text).toBe("");
});

it("takes over what was started by hand instead of starting a second one", async () => {
  const spec = { hostScript: join(home, "host.mjs"), service: SERVICE, releaseDir: own().release("r-1"), home };
  const host = await spawnHost({ ...spec, logDir: own().log, bindAddress: undefined }, () => undefined);
  await until(() => state() !== undefined, "it runs");
  order("running");
  await until(() => supervisor.get(SERVICE).phase.kind === "running", "the agent has seen it");
  expect(supervisor.get(SERVICE).report().pid).toBe(host.pid);
  expect(supervisor.get(SERVICE).report().restarts).toBe(0);
});

it("notes the console's orders where the command line looks", async () => {
  supervisor.start(SERVICE);
  expect(tryReadWantedState(own().wanted)).toMatchObject({ wanted: "running", by: "console" });
  await supervisor.stop(SERVICE);
  expect(tryReadWantedState(own().wanted)).toMatchObject({ wanted: "stopped", by: "console" });
});
