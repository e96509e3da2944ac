import { createRpcClient, type RpcClient } from "@msec/rpc";
import { isStillRunning, tryReadServiceStat } from "@msec/rpc/process";
import { freePort } from "@msec/testkit";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { NO_PICKER } from "../picking/table-picker.js";
import { buildHost, ECHO_PLUGIN, Echo, exitCodeOf, HostFixture, waitFor } from "./host-fixture.js";

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});
beforeAll(buildHost, 120_000);

function createHost(plugin: string, config: string, opts: { service?: string; home?: string } = {}): HostFixture {
  const host = new HostFixture(plugin, config, opts);
  cleanups.push(() => host.clean());
  return host;
}

function createClient(): RpcClient {
  const client = createRpcClient({ service: "Test.caller", picker: NO_PICKER });
  cleanups.push(() => client.close());
  return client;
}

const answering = (text: string) =>
  `export default defineService(Echo, { say: async () => ({ text: "${text}" }), sleep });`;
const config = (port: number, procnum: number, more = "") =>
  `[SRPC]\nlisten = ${port}/tcp\nprocnum = ${procnum}\n${more}`;
const say = async (port: number) =>
  (await createClient().call(Echo.methods.Say, `127.0.0.1:${port}@tcp`, { text: "" })).text;

describe("reload", () => {
  it("takes code, procnum, port and release of the current release directory", async () => {
    const [port, other] = [await freePort(), await freePort()];
    const host = createHost(ECHO_PLUGIN, "");
    host.install("r-8", answering("old"), config(port, 1));
    await host.startAndWait();
    expect(await say(port)).toBe("old");
    host.install("r-9", answering("new"), config(other, 2));
    const state = await host.reload();
    expect(state).toMatchObject({
      state: "running",
      releaseId: "r-9",
      listen: [`127.0.0.1:${other}/tcp`],
      restarts: 0,
      reload: { number: 1, state: "done", text: "" },
    });
    expect(await say(other)).toBe("new");
    await host.waitForState(({ workers }) => workers.length === 2 && workers.every((w) => w.generation === 2));
  });

  it("runs fini in the old workers, once each", async () => {
    const port = await freePort();
    const plugin = `export default defineService(Echo, { say, sleep, fini() { console.log("fini of " + process.pid); } });`;
    const host = createHost(plugin, config(port, 2));
    await host.startAndWait();
    const old = host.state!.workers.map(({ pid }) => pid);
    await host.reload();
    await host.waitForState(({ workers }) => workers.length === 2 && workers.every((w) => w.generation === 2));
    for (const pid of old) expect(host.output.split(`fini of ${pid}`)).toHaveLength(2);
  });

  it.each([
    {
      name: "init throws",
      plugin: 'export default defineService(Echo, { say, sleep, init() { throw new Error("no database"); } });',
      text: /no database.*EXEC_INIT_FAILED/,
    },
    { name: "syntax error", plugin: "export default {{", text: /SyntaxError.*EXEC_PLUGIN_LOAD_FAILED/ },
    { name: "wrong configuration", more: "heartbeat = soon\n", text: /\[SRPC\] heartbeat: is "soon"/ },
    { name: "other accept mode", more: "accept = direct\n", text: /needs a restart/ },
  ])("leaves the old workers and says why: $name", async ({ plugin, more, text }) => {
    const port = await freePort();
    const host = createHost(answering("old"), config(port, 1));
    await host.startAndWait();
    const { workers, pid } = host.state!;
    if (plugin !== undefined) host.writePlugin(plugin);
    host.writeConfig(config(port, 1, more));
    const state = await host.reload();
    expect(state.reload).toMatchObject({ number: 1, state: "failed" });
    expect(state.reload!.text.replaceAll("\n", " ")).toMatch(text);
    expect(state).toMatchObject({
      state: "running",
      pid,
      text: `reload failed: ${state.reload!.text}; the workers of before go on`,
    });
    await host.waitForState((now) => now.workers.length === 1);
    expect(host.state!.workers[0]!.pid).toBe(workers[0]!.pid);
    expect(await say(port)).toBe("old");
  });

  it("carries an order that comes during a reload out behind it", async () => {
    const port = await freePort();
    const host = createHost(answering("first"), config(port, 1));
    const { pid } = await host.startAndWait();
    process.kill(pid!, "SIGUSR2");
    await host.waitForState(({ reload }) => reload?.state === "running");
    host.writePlugin(answering("second"));
    process.kill(pid!, "SIGUSR2");
    await host.waitForState(({ reload }) => reload?.number === 2 && reload.state === "done");
    expect(await say(port)).toBe("second");
    await host.waitForState(({ workers }) => workers.length === 1 && workers[0]?.generation === 3);
  });

  it("is refused for a release that another SDK was installed for", async () => {
    const port = await freePort();
    const host = createHost(ECHO_PLUGIN, "");
    host.install("r-8", answering("old"), config(port, 1));
    await host.startAndWait();
    host.install("r-9", answering("new"), config(port, 1));
    host.linkSdk(host.root);
    const { reload } = await host.reload();
    expect(reload).toMatchObject({
      state: "failed",
      text: expect.stringMatching(/another @msec\/sdk/),
      needsRestart: true,
    });
    expect(await say(port)).toBe("old");
  });

  it("is refused by [SRPC] reload = off", async () => {
    const port = await freePort();
    const host = createHost(ECHO_PLUGIN, config(port, 1, "reload = off\n"));
    await host.startAndWait();
    expect((await host.reload()).reload).toMatchObject({
      state: "failed",
      text: expect.stringMatching(/reload = off/),
      needsRestart: true,
    });
  });
});

describe("a running service", () => {
  it("tells what it counted, and keeps the counters of workers that ended", async () => {
    const port = await freePort();
    const host = createHost(ECHO_PLUGIN, config(port, 1));
    await host.startAndWait();
    const stat = () => tryReadServiceStat(host.own.stat);
    for (let n = 0; n < 3; n += 1) await say(port);
    await createClient().call(Echo.methods.Sleep, `127.0.0.1:${port}@tcp`, { text: "not a number" });
    const before = await waitFor(() => (stat()?.total.requests === 4 ? stat() : undefined));
    expect(before.total).toMatchObject({ accepted: 4, failed: 0, dropped: 0, inFlight: 0, refused: {} });
    expect(before.total.rxBytes).toBeGreaterThan(4 * 20);
    expect(before.total.txBytes).toBeGreaterThan(4 * 20);
    expect(Object.values(before.total.costs).reduce((sum, n) => sum + n)).toBe(4);
    expect(before.workers).toMatchObject([
      { pid: host.state!.workers[0]!.pid, generation: 1, state: "ready", requests: 4 },
    ]);
    expect(before.total.rssBytes).toBeGreaterThan(10 << 20);
    await host.reload();
    await say(port);
    const after = await waitFor(() => (stat()?.total.requests === 5 ? stat() : undefined));
    expect(after).toMatchObject({ reloads: 1, restarts: 0 });
    await waitFor(() => stat()?.workers.length === 1);
    expect(stat()!.workers[0]).toMatchObject({ generation: 2, requests: 1 });
    expect(stat()!.total.requests).toBe(5);
  });

  it("takes a changed log level at once, and tells of a broken config.ini without stopping", async () => {
    const port = await freePort();
    const host = createHost(answering("well"), config(port, 1));
    await host.startAndWait();
    host.writeConfig(config(port, 1, "procnum = many\n[LOG]\nLevel = LOUD\n"));
    const state = await host.waitForState(({ text }) => text !== "");
    expect(state).toMatchObject({
      state: "running",
      text: expect.stringMatching(/config\.ini was changed and is wrong.*LOUD/s),
    });
    expect(await say(port)).toBe("well");
    host.writeConfig(config(port, 1, "[LOG]\nLevel = DEBUG\n"));
    await host.waitForState(({ text }) => text === "");
    expect(host.output).toContain("what changes live was read again");
  });

  it("goes on when the loop hook throws", async () => {
    const port = await freePort();
    const plugin = `let runs = 0; export default defineService(Echo, { say: async () => ({ text: String(runs) }), sleep, loop() { runs += 1; throw new Error("no luck"); } });`;
    const host = createHost(plugin, config(port, 1, "loop_ms = 1\n"));
    await host.startAndWait();
    await waitFor(() => host.output.split("loop hook failed").length > 3);
    expect(Number(await say(port))).toBeGreaterThan(2);
    expect(host.state).toMatchObject({ state: "running", restarts: 0, text: "" });
  });

  it("does not disturb another service of the same home", async () => {
    const [port, other] = [await freePort(), await freePort()];
    const one = createHost(answering("one"), config(port, 1));
    const two = createHost(answering("two"), config(other, 1), { service: "Other.echo", home: one.home });
    const [ctrl] = await Promise.all([one.startAndWait(), two.startAndWait()]);
    const before = two.state!;
    await one.reload();
    ctrl.kill("SIGTERM");
    expect(await exitCodeOf(ctrl)).toBe(0);
    expect(await say(other)).toBe("two");
    expect(two.state).toEqual(before);
    expect(isStillRunning(before)).toBe(true);
  });
});
