import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { decodeQueueRecord } from "@msec/protocol";
import { createRpcClient, type RpcClient } from "@msec/rpc";
import { isStillRunning } from "@msec/rpc/process";
import { createMonitorRing } from "@msec/shm";
import { freePort } from "@msec/testkit";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { NO_PICKER } from "../picking/table-picker.js";
import { buildHost, ECHO_PLUGIN, Echo, exitCodeOf, HostFixture, processTitle, waitFor } from "./host-fixture.js";

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});
beforeAll(buildHost, 120_000);

function createHost(plugin: string, config: string): HostFixture {
  const host = new HostFixture(plugin, config);
  cleanups.push(() => host.clean());
  return host;
}

function createClient(): RpcClient {
  const client = createRpcClient({ service: "Test.caller", picker: NO_PICKER });
  cleanups.push(() => client.close());
  return client;
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
  await new Promise((resolve) => server.close(resolve));
  return isFree;
}

describe("a service host", () => {
  it("serves, tells its state, and ends with 0 at SIGTERM", async () => {
    const port = await freePort();
    const host = createHost(ECHO_PLUGIN, `[SRPC]\nlisten = ${port}/tcp ${port}/udp\nprocnum = 2\n`);
    const ctrl = await host.startAndWait();
    const state = host.state!;
    expect(state).toMatchObject({
      service: "Test.echo",
      releaseId: "r-7",
      pid: ctrl.pid,
      listen: [`127.0.0.1:${port}/tcp`, `127.0.0.1:${port}/udp`],
      restarts: 0,
      text: "",
    });
    expect(isStillRunning(state)).toBe(true);
    expect(processTitle(state.pid)).toBe("srpc_Test_echo_ctrl");
    expect(state.workers.map(({ pid }) => processTitle(pid))).toEqual(Array(2).fill("srpc_Test_echo_worker"));
    const { text } = await createClient().call(Echo.methods.Say, `127.0.0.1:${port}@tcp`, { text: "hi" });
    expect(state.workers.map(({ pid }) => `hi from ${pid}`)).toContain(text);
    const url = `http://127.0.0.1:${port}/?methodName=t.Echo.Say`;
    const answer = await fetch(url, { method: "POST", body: '{"text":"json"}' });
    expect(await answer.json()).toMatchObject({
      ret: 0,
      resultObj: { text: expect.stringMatching(/^json from \d+$/) },
    });
    ctrl.kill("SIGTERM");
    expect(await exitCodeOf(ctrl)).toBe(0);
    expect(host.state).toMatchObject({ state: "stopping", workers: [], listen: [] });
    expect(await canListen(port)).toBe(true);
  });

  it("deals connections out evenly, so that few callers keep all workers busy", async () => {
    const port = await freePort();
    const host = createHost(ECHO_PLUGIN, `[SRPC]\nlisten = ${port}/tcp\nprocnum = 2\n`);
    await host.startAndWait();
    const answers: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      answers.push((await createClient().call(Echo.methods.Say, `127.0.0.1:${port}@tcp`, { text: "" })).text);
    }
    const shares = host.state!.workers.map(({ pid }) => answers.filter((text) => text === ` from ${pid}`).length);
    expect(shares).toEqual([2, 2]);
  });

  it.each(["balanced", "direct"])(
    "replaces a worker that is killed under traffic, and idempotent calls do not notice (accept = %s)",
    async (accept) => {
      const port = await freePort();
      const host = createHost(ECHO_PLUGIN, `[SRPC]\nlisten = ${port}/tcp\nprocnum = 2\naccept = ${accept}\n`);
      mkdirSync(dirname(host.paths.monitorRing));
      const ring = createMonitorRing(host.paths.monitorRing, { elementCount: 1_000 });
      await host.startAndWait();
      const before = host.state!.workers;
      const client = createClient();
      const counts = { ok: 0, failed: [] as string[] };
      let isOver = false;
      const traffic = Array.from({ length: 4 }, async () => {
        while (!isOver) {
          await client.call(Echo.methods.Say, `127.0.0.1:${port}@tcp`, { text: "x" }, { timeoutMs: 5_000 }).then(
            () => counts.ok++,
            (error: { reason: string }) => counts.failed.push(error.reason),
          );
        }
      });
      await waitFor(() => counts.ok > 50);
      const { text } = await client.call(Echo.methods.Say, `127.0.0.1:${port}@tcp`, { text: "" });
      const victim = Number(text.split(" ").at(-1));
      process.kill(victim, "SIGKILL");
      const after = await host.waitForState((state) => state.restarts === 1 && state.state === "running");
      const okAtReplacement = counts.ok;
      await waitFor(() => counts.ok > okAtReplacement + 50);
      isOver = true;
      await Promise.all(traffic);
      expect(counts.failed).toEqual([]);
      expect(after.workers.map(({ pid }) => pid)).not.toContain(victim);
      expect(after.workers).toHaveLength(before.length);
      const counted = new Map<string, number>();
      await waitFor(() => {
        for (let record = ring.get(); record; record = ring.get()) {
          const { attribute, value } = decodeQueueRecord(record);
          counted.set(attribute, (counted.get(attribute) ?? 0) + value);
        }
        return counted.get("frm.ctrl pull-up worker") !== undefined && (counted.get("frm.rpc requests") ?? 0) > 100;
      });
      expect(counted.get("frm.ctrl start-up worker")).toBe(2);
      expect(counted.get("frm.ctrl pull-up worker")).toBe(1);
    },
  );

  it("is not ended by signals that are sent to all its processes", async () => {
    const port = await freePort();
    const host = createHost(ECHO_PLUGIN, `[SRPC]\nlisten = ${port}/tcp\nprocnum = 1\n`);
    await host.startAndWait();
    const { pid, workers } = host.state!;
    const worker = workers[0]!.pid;
    for (const signal of ["SIGHUP", "SIGUSR1"]) process.kill(pid, signal);
    for (const signal of ["SIGHUP", "SIGUSR1", "SIGUSR2"]) process.kill(worker, signal);
    await waitFor(() => host.output.split('"msg":"signal ignored"').length === 1 + 5);
    const { text } = await createClient().call(Echo.methods.Say, `127.0.0.1:${port}@tcp`, { text: "hi" });
    expect(text).toBe(`hi from ${worker}`);
    expect(host.state).toMatchObject({ state: "running", pid, workers: [{ pid: worker }], restarts: 0 });
  });

  it("leaves no worker and no port behind when the controller is killed", async () => {
    const port = await freePort();
    const host = createHost(ECHO_PLUGIN, `[SRPC]\nlisten = ${port}/tcp\nprocnum = 2\n`);
    const ctrl = await host.startAndWait();
    const { workers } = host.state!;
    ctrl.kill("SIGKILL");
    await waitFor(() => workers.every((worker) => !isStillRunning(worker)));
    // Threads of a killed process may outlive it by a moment; then nobody holds the port.
    await vi.waitFor(async () => expect(await canListen(port)).toBe(true), 2_000);
    await host.startAndWait();
    expect(host.state!.restarts).toBe(0);
  });

  it("kills a worker whose event loop hangs, also one that a dead controller left behind", async () => {
    const port = await freePort();
    const plugin = `
import { writeSync } from "node:fs";
export default defineService(Echo, { say, sleep() { writeSync(1, "it hangs\\n"); for (;;); } });`;
    const host = createHost(plugin, `[SRPC]\nlisten = ${port}/tcp\nprocnum = 1\nheartbeat = 3\n`);
    const first = await host.startAndWait();
    const client = createClient();
    const hang = async (times: number): Promise<void> => {
      const call = client.call(Echo.methods.Sleep, `127.0.0.1:${port}@tcp`, { text: "" }, { timeoutMs: 60_000 });
      call.catch(() => undefined);
      await waitFor(() => host.output.split("it hangs").length > times);
    };
    await hang(1);
    await host.waitForState((state) => state.restarts === 1 && state.state === "running");
    await hang(2);
    const hung = host.state!.workers[0]!;
    first.kill("SIGKILL");
    await exitCodeOf(first);
    expect(isStillRunning(hung)).toBe(true);
    await host.startAndWait();
    expect(isStillRunning(hung)).toBe(false);
  });

  it("replaces a worker that an uncaught error ended, and keeps its last words", async () => {
    const port = await freePort();
    const plugin = `export default defineService(Echo, {
      say,
      sleep() { void Promise.reject(new Error("nobody caught this")); return { text: "" }; },
    });`;
    const host = createHost(plugin, `[SRPC]\nlisten = ${port}/tcp\nprocnum = 1\n`);
    await host.startAndWait();
    await createClient().call(Echo.methods.Sleep, `127.0.0.1:${port}@tcp`, { text: "" });
    await host.waitForState((state) => state.restarts === 1 && state.state === "running");
    expect(host.output).toMatch(/uncaught error, the worker ends.*nobody caught this/);
    expect(host.output).toContain("exit code 1");
  });

  it("runs in one process with the role dev and prints business logs", async () => {
    const port = await freePort();
    const plugin = `export default defineService(Echo, {
      say: (request, ctx) => { ctx.log.error("seen", { uin: 42 }); return request; },
      sleep,
    });`;
    const host = createHost(plugin, `[SRPC]\nlisten = ${port}/tcp\n`);
    const dev = host.start("dev");
    await waitFor(() => host.output.includes('"msg":"ready"'));
    await createClient().call(Echo.methods.Say, `127.0.0.1:${port}@tcp`, { text: "" });
    await waitFor(() => /"msg":"seen".*"uin":"42"/.test(host.output));
    dev.kill("SIGINT");
    expect(await exitCodeOf(dev)).toBe(0);
  });

  it.each([
    { procnum: 1, accept: "balanced" },
    { procnum: 2, accept: "direct" },
  ])("finishes every request that it took when it is stopped under load ($accept)", async ({ procnum, accept }) => {
    const port = await freePort();
    const host = createHost(ECHO_PLUGIN, `[SRPC]\nlisten = ${port}/tcp\nprocnum = ${procnum}\naccept = ${accept}\n`);
    const ctrl = await host.startAndWait();
    const client = createClient();
    const results: string[] = [];
    let isOver = false;
    const traffic = Array.from({ length: 30 }, async () => {
      while (!isOver) {
        const options = { timeoutMs: 5_000, maxAttempts: 1 };
        const call = client.call(Echo.methods.Sleep, `127.0.0.1:${port}@tcp`, { text: "40" }, options);
        results.push(
          await call.then(
            ({ text }) => text,
            (error: { reason: string }) => error.reason,
          ),
        );
        isOver ||= results.at(-1) !== "slept";
      }
    });
    await waitFor(() => results.length > 60);
    ctrl.kill("SIGTERM");
    await Promise.all(traffic);
    expect(await exitCodeOf(ctrl)).toBe(0);
    const refusals = results.filter((result) => result !== "slept");
    // Not begun and said so; nothing was cut off on its way.
    expect(
      [...new Set(refusals)].filter((reason) => reason !== "RPC_SHUTTING_DOWN" && reason !== "NET_REFUSED"),
    ).toEqual([]);
    expect(refusals.length).toBeGreaterThan(0);
    expect(host.output).toContain('"msg":"worker stopped"');
    expect(host.output).toContain('"cutOff":0');
  });
});

describe("a service that can't start", () => {
  it.each([
    { name: "syntax error", plugin: "export default {{", text: /SyntaxError.*EXEC_PLUGIN_LOAD_FAILED/ },
    {
      name: "handler missing",
      plugin: "export default defineService(Echo, { say });",
      text: /Sleep.*RPC_HANDLER_MISSING/,
    },
    {
      name: "init throws",
      plugin: 'export default defineService(Echo, { say, sleep, init() { throw new Error("no database"); } });',
      text: /init hook of Test\.echo failed: no database.*EXEC_INIT_FAILED/,
    },
    {
      name: "the process dies",
      plugin: "process.exit(3);",
      text: /died 3 times before they were ready; the last: exit code 3/,
    },
    { name: "wrong configuration", plugin: ECHO_PLUGIN, config: "[SRPC]\nprocnum = many\n", text: /procnum.*"many"/ },
  ])("says why: $name", async ({ plugin, config, text }) => {
    const port = await freePort();
    const host = createHost(plugin, config ?? `[SRPC]\nlisten = ${port}/tcp\nprocnum = 1\n`);
    const ctrl = host.start();
    expect(await exitCodeOf(ctrl)).toBe(1);
    expect(host.state).toMatchObject({ state: "failed", workers: [], listen: [], pid: ctrl.pid });
    expect(host.state!.text.replaceAll("\n", " ")).toMatch(text);
  });

  it("says why: the port is in use", async () => {
    const server = createServer();
    cleanups.push(() => new Promise((resolve) => void server.close(() => resolve())));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const host = createHost(ECHO_PLUGIN, `[SRPC]\nlisten = ${port}/tcp\nprocnum = 2\n`);
    expect(await exitCodeOf(host.start())).toBe(1);
    expect(host.state!.text).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}.*NET_ADDRESS_IN_USE`));
  });

  it("does not start twice", async () => {
    const port = await freePort();
    const host = createHost(ECHO_PLUGIN, `[SRPC]\nlisten = ${port}/tcp\nprocnum = 1\n`);
    const first = await host.startAndWait();
    expect(await exitCodeOf(host.start())).toBe(1);
    expect(host.state).toMatchObject({ state: "running", pid: first.pid });
    expect(host.output).toContain("EXEC_ALREADY_RUNS");
  });
});
