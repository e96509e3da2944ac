/** Services over UDP: workers that share a port, and callers who know only a name. */
import { createSocket } from "node:dgram";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { homePaths } from "@msec/core";
import { createRpcClient } from "@msec/rpc";
import { openLiveTableWriter } from "@msec/shm";
import { freePort } from "@msec/testkit";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { connect } from "../connect.js";
import { defineService } from "../define-service.js";
import { NO_PICKER } from "../picking/table-picker.js";
import { runService } from "../run-service.js";
import { buildHost, ECHO_PLUGIN, Echo, exitCodeOf, HostFixture, waitFor } from "./host-fixture.js";

beforeAll(buildHost, 120_000);

async function canBind(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  const isFree = await new Promise<boolean>((resolve) => {
    socket.once("error", () => resolve(false));
    socket.bind(port, "127.0.0.1", () => resolve(true));
  });
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return isFree;
}

describe("a service host with a udp item", () => {
  it("serves with all its workers, goes on when one is killed, and frees the port at the end", async () => {
    const port = await freePort();
    const host = new HostFixture(ECHO_PLUGIN, `[SRPC]\nlisten = ${port}/udp\nprocnum = 2\n`);
    onTestFinished(() => host.clean());
    const ctrl = await host.startAndWait();
    const client = createRpcClient({ service: "Test.caller", picker: NO_PICKER });
    onTestFinished(() => client.close());
    const target = `127.0.0.1:${port}@udp`;
    const pids = host.state!.workers.map(({ pid }) => pid);
    const answering = async (): Promise<number> => {
      const { text } = await client.call(Echo.methods.Say, target, { text: "hi" }, { timeoutMs: 2_000 });
      return Number(/^hi from (\d+)$/.exec(text)?.[1]);
    };
    const seen = new Set(await Promise.all(Array.from({ length: 50 }, answering)));
    expect([...seen].every((pid) => pids.includes(pid))).toBe(true);
    const [first] = seen;
    process.kill(first!, "SIGKILL");
    await waitFor(() => host.state?.workers.some(({ pid }) => pid === first) === false);
    expect(await answering()).not.toBe(first);
    await waitFor(() => host.state?.workers.filter(({ state }) => state === "ready").length === 2);
    const slow = client.call(Echo.methods.Sleep, target, { text: "300" }, { timeoutMs: 5_000 });
    await answering();
    ctrl.kill("SIGTERM");
    expect(await slow).toEqual({ text: "slept" });
    expect(await exitCodeOf(ctrl)).toBe(0);
    expect(await canBind(port)).toBe(true);
  });
});

describe("a reload under load over UDP", () => {
  it("fails no call", async () => {
    const port = await freePort();
    const host = new HostFixture(ECHO_PLUGIN, `[SRPC]\nlisten = ${port}/udp\nprocnum = 1\n`);
    onTestFinished(() => host.clean());
    await host.startAndWait();
    const [old] = host.state!.workers;
    const client = createRpcClient({ service: "Test.caller", picker: NO_PICKER });
    onTestFinished(() => client.close());
    let isOver = false;
    let answered = 0;
    const caller = async (): Promise<void> => {
      while (!isOver) {
        await client.call(Echo.methods.Sleep, `127.0.0.1:${port}@udp`, { text: "3" }, { timeoutMs: 5_000 });
        answered++;
      }
    };
    const callers = Promise.all(Array.from({ length: 8 }, caller));
    await waitFor(() => answered > 50);
    expect((await host.reload()).reload).toMatchObject({ state: "done", text: "" });
    await host.waitForState(({ workers }) => workers.length === 1 && workers[0]!.pid !== old!.pid);
    const before = answered;
    await waitFor(() => answered > before + 50);
    isOver = true;
    await callers;
  });
});

describe("a service that is registered as udp", () => {
  it("is called over UDP by its name", async () => {
    const home = mkdtempSync(join(tmpdir(), "msec-udp-"));
    onTestFinished(() => rmSync(home, { recursive: true }));
    mkdirSync(homePaths(home).naming, { recursive: true });
    const definition = defineService(Echo, { say: async (request) => request, sleep: async (request) => request });
    const config = "[SRPC]\nlisten = 0/udp\n";
    const running = await runService(definition, { service: "Test.echo", config, bind: "127.0.0.1" });
    onTestFinished(async () => void (await running.stop()));
    const port = Number(/^127\.0\.0\.1:(\d+)\/udp$/.exec(running.addresses.join())?.[1]);
    const writer = openLiveTableWriter(homePaths(home).liveTable("Test.echo"));
    onTestFinished(() => writer.close());
    writer.setMembers(1, [{ host: "127.0.0.1", port, transport: "udp", weight: 100 }]);
    const client = connect({ caller: "Test.caller", home });
    onTestFinished(() => client.close());
    expect(await client.call(Echo.methods.Say, "Test.echo", { text: "hi" })).toEqual({ text: "hi" });
    expect(running.server.connections).toBe(0);
  });
});
