import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { homePaths } from "@msec/core";
import type { OrderResult, ProcessReport } from "@msec/protocol";
import { tryReadServiceState } from "@msec/rpc/process";
import { freePort } from "@msec/testkit";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SdkLocation } from "../sdk-location.js";
import { AgentFixture, until } from "../testing/agent-fixture.js";
import { buildAgent, FAILING_PLUGIN, GOOD_PLUGIN, killGroup, makePlugin, SERVICE } from "../testing/plugin-fixture.js";

let sdk: SdkLocation;
beforeAll(async () => {
  sdk = await buildAgent();
}, 240_000);

describe("releases and supervision with a real service", { timeout: 60_000 }, () => {
  let fixture: AgentFixture;
  let port: number;
  let agentProcess: ChildProcess | undefined;
  const pids = new Set<number>();

  beforeEach(async () => {
    fixture = await AgentFixture.make(sdk);
    port = await freePort();
  });
  afterEach(async () => {
    if (agentProcess?.pid) killGroup(agentProcess.pid);
    agentProcess = undefined;
    await fixture.stopAgent();
    for (const { pid } of fixture.console.heartbeats.flatMap((beat) => beat.processes)) if (pid) pids.add(pid);
    for (const pid of pids) killGroup(pid);
    pids.clear();
    await fixture.close();
  });

  const own = () => homePaths(fixture.home).service({ first: "Test", second: "hello" });
  const report = (): ProcessReport | undefined =>
    fixture.console.heartbeats.at(-1)?.processes.find((each) => each.service === SERVICE);

  async function install(releaseId: string, code: string, keys = ""): Promise<OrderResult> {
    const { console } = fixture;
    const plugin = console.addBlob(await makePlugin(code), "p1");
    const config = console.addBlob(Buffer.from(`[SRPC]\nlisten = ${port}/tcp\nprocnum = 1\n${keys}`), "c1");
    return console.carryOut({ op: "release.install", service: SERVICE, releaseId, plugin, config });
  }
  const hostState = () => tryReadServiceState(own().state);
  const activate = (releaseId: string, healthTimeoutMs = 20_000): Promise<OrderResult> =>
    fixture.console.carryOut({ op: "release.activate", service: SERVICE, releaseId, port, healthTimeoutMs }, 50_000);

  /** Requests one after the other, each over a connection of its own; the methods of the plug-in do not matter. */
  function callAllTheTime(): { stop(): Promise<string[]> } {
    let isOver = false;
    const failures: string[] = [];
    const url = `http://127.0.0.1:${port}/?methodName=t.Hello.None`;
    const loop = async (): Promise<void> => {
      while (!isOver) {
        const request = { method: "POST", body: "{}", headers: { connection: "close" } };
        await fetch(url, request).catch((error: Error) => failures.push(`${error.message} ${String(error.cause)}`));
      }
    };
    const loops = [loop(), loop()];
    return {
      stop: async () => {
        isOver = true;
        await Promise.all(loops);
        return failures;
      },
    };
  }

  async function startReal(joinToken?: string): Promise<void> {
    const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
    const args = [main, "--home", fixture.home, "--log-port", "0", "--monitor-slots", "2000", "--log.level", "error"];
    const env = { PATH: process.env.PATH, ...(joinToken ? { MSEC_JOIN_TOKEN: joinToken } : {}) };
    agentProcess = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"], env });
    const beats = fixture.console.heartbeats.length;
    await until(() => fixture.console.heartbeats.length > beats, "the agent's heartbeat", 20_000);
  }

  it("installs, activates, restarts after kill -9, stops and starts", async () => {
    await fixture.start({ joinToken: fixture.console.makeToken() });
    expect(await install("r-1", GOOD_PLUGIN)).toMatchObject({ ok: true, text: "r-1 installed" });
    expect(readdirSync(own().release("r-1")).sort()).toEqual([
      "etc",
      "node_modules",
      "package.json",
      "plugin",
      "release.json",
    ]);
    expect(await install("r-1", GOOD_PLUGIN)).toMatchObject({ ok: true, text: "r-1 is installed already" });
    expect(await install("r-1", FAILING_PLUGIN)).toMatchObject({ ok: false, reason: "REL_CONFLICT" });
    expect(await activate("r-1")).toMatchObject({ ok: true, previousReleaseId: "" });
    await until(() => report()?.state === "running", "the console hears that it runs");
    expect(report()).toMatchObject({ releaseId: "r-1", workers: 1, restarts: 0 });
    expect(fixture.console.progress.map((each) => each.step)).toEqual(
      expect.arrayContaining(["fetch", "unpack", "installed", "stop", "start", "healthy"]),
    );
    const counted = () => fixture.console.metrics.flatMap(({ points }) => points.filter((p) => p.service === SERVICE));
    await until(
      () => counted().some((p) => p.attribute === "frm.ctrl start-up worker"),
      "the service's metrics arrive",
    );
    const first = report()?.pid ?? 0;
    pids.add(first);
    process.kill(first, "SIGKILL");
    await until(() => report()?.state === "running" && report()?.pid !== first, "it is started again");
    expect(report()?.restarts).toBe(1);
    expect(await fixture.console.carryOut({ op: "service.stop", service: SERVICE })).toMatchObject({ ok: true });
    await until(() => report()?.state === "stopped", "the console hears that it stopped");
    expect(await fixture.console.carryOut({ op: "service.start", service: SERVICE })).toMatchObject({ ok: true });
    await until(() => report()?.state === "running", "it runs again");
    const second = report()?.pid ?? 0;
    pids.add(second);
    await fixture.stopAgent();
    killGroup(second);
    await fixture.start();
    await until(() => report()?.state === "running" && report()?.pid !== second, "it runs after a reboot");
    expect(await fixture.console.carryOut({ op: "service.stop", service: SERVICE })).toMatchObject({ ok: true });
  });

  it("goes back to the old release when the new one does not start", async () => {
    await fixture.start({ joinToken: fixture.console.makeToken() });
    await install("r-1", GOOD_PLUGIN);
    await install("r-2", FAILING_PLUGIN);
    expect(await activate("r-2")).toMatchObject({ ok: false, reason: "REL_UNHEALTHY" });
    expect(existsSync(own().current)).toBe(false);
    expect(await activate("r-1")).toMatchObject({ ok: true });
    const result = await activate("r-2");
    expect(result).toMatchObject({ ok: false, reason: "REL_UNHEALTHY" });
    expect(result.text).toContain("no database here");
    expect(result.text).toContain("last lines of ctrl.log");
    expect(readlinkSync(own().current)).toBe("releases/r-1");
    await until(() => report()?.state === "running" && report()?.releaseId === "r-1", "the old one runs again");
    expect(await activate("r-9")).toMatchObject({ ok: false, reason: "REL_NOT_INSTALLED" });
    expect(await fixture.console.carryOut({ op: "service.stop", service: SERVICE })).toMatchObject({ ok: true });
  });

  it("releases anew and restarts a single instance without a failed call, with a new process only where it must", async () => {
    await fixture.start({ joinToken: fixture.console.makeToken() });
    await install("r-1", GOOD_PLUGIN);
    await install("r-2", GOOD_PLUGIN);
    await install("r-3", GOOD_PLUGIN, "accept = direct\n");
    expect(await activate("r-1")).toMatchObject({ ok: true });
    const { pid, workers } = hostState()!;
    pids.add(pid);
    const load = callAllTheTime();
    expect(await activate("r-2")).toMatchObject({ ok: true, previousReleaseId: "r-1" });
    expect(hostState()).toMatchObject({ pid, releaseId: "r-2", reload: { number: 1, state: "done" } });
    const restarted = await fixture.console.carryOut({ op: "service.restart", service: SERVICE });
    expect(restarted).toMatchObject({ ok: true, text: `${SERVICE} has new workers` });
    expect(hostState()).toMatchObject({ pid, reload: { number: 2, state: "done" } });
    expect(hostState()!.workers.map((worker) => worker.pid)).not.toContain(workers[0]!.pid);
    expect(await load.stop()).toEqual([]);
    expect(await activate("r-3")).toMatchObject({ ok: true, previousReleaseId: "r-2" });
    expect(hostState()!.pid).not.toBe(pid);
    pids.add(hostState()!.pid);
    expect(await fixture.console.carryOut({ op: "service.stop", service: SERVICE })).toMatchObject({ ok: true });
  });

  it("leaves nothing of an install whose bytes are not as ordered", async () => {
    await fixture.start({ joinToken: fixture.console.makeToken() });
    fixture.console.corrupt = (bytes) => bytes.map((byte, index) => (index === 20 ? byte ^ 1 : byte));
    expect(await install("r-1", GOOD_PLUGIN)).toMatchObject({ ok: false, reason: "REL_BLOB_MISMATCH" });
    expect(readdirSync(own().releases)).toEqual([]);
    fixture.console.corrupt = (bytes) => bytes;
    expect(await install("r-1", "")).toMatchObject({ ok: true });
  });

  it("keeps services running while the agent is killed, and takes them over", async () => {
    await startReal(fixture.console.makeToken());
    await install("r-1", GOOD_PLUGIN);
    expect(await activate("r-1")).toMatchObject({ ok: true });
    await until(() => report()?.state === "running", "it runs");
    const pid = report()?.pid ?? 0;
    pids.add(pid);
    agentProcess?.kill("SIGKILL");
    await until(() => agentProcess?.signalCode === "SIGKILL", "the agent is dead");
    const startTicks = readFileSync(`/proc/${pid}/stat`, "latin1");
    expect(startTicks).toContain("S");
    fixture.console.heartbeats.length = 0;
    await startReal();
    await until(() => report()?.state === "running", "the service is known again");
    expect(report()).toMatchObject({ pid, restarts: 0, releaseId: "r-1" });
    process.kill(pid, "SIGKILL");
    await until(() => report()?.state === "running" && report()?.pid !== pid, "an adopted service is started again");
    expect(await fixture.console.carryOut({ op: "service.stop", service: SERVICE })).toMatchObject({ ok: true });
  });

  it("goes back when the agent is killed in the middle of a switch, and says so", async () => {
    await startReal(fixture.console.makeToken());
    await install("r-1", GOOD_PLUGIN);
    await install(
      "r-2",
      GOOD_PLUGIN.replace("{});", "{ init() { return new Promise(() => setTimeout(() => {}, 1e6)); } });"),
    );
    expect(await activate("r-1")).toMatchObject({ ok: true });
    const { console } = fixture;
    const action = {
      op: "release.activate" as const,
      service: SERVICE,
      releaseId: "r-2",
      port,
      healthTimeoutMs: 60_000,
    };
    const order = console.makeOrder(action);
    await console.give(console.sign(JSON.stringify(order)));
    await until(
      () => readlinkSync(own().current) === "releases/r-2" && hostState()?.reload?.state === "running",
      "its new workers start",
    );
    agentProcess?.kill("SIGKILL");
    await until(() => agentProcess?.signalCode === "SIGKILL", "the agent is dead");
    await startReal();
    const result = await console.resultOf(order.orderId);
    expect(result).toMatchObject({ ok: false, reason: "EXEC_INTERRUPTED" });
    await until(() => report()?.state === "running" && report()?.releaseId === "r-1", "the old one runs again", 30_000);
    expect(readlinkSync(own().current)).toBe("releases/r-1");
    expect(await console.carryOut({ op: "service.stop", service: SERVICE })).toMatchObject({ ok: true });
  });
});
