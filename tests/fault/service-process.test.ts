/** One service host under load, without a platform around it: reloads, killed and hung workers, peers that do not behave. */
import { connect, type Socket } from "node:net";
import { setTimeout as sleepFor } from "node:timers/promises";
import { appendFrame, createHead, ProtoWriter } from "@msec/protocol";
import { createRpcClient, type RpcClient } from "@msec/rpc";
import { freePort, TestScope, waitUntil } from "@msec/testkit";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { buildHost, ECHO_PLUGIN, Echo, HostFixture } from "../../packages/sdk/src/host/host-fixture.js";

/** These tests are about processes; a busy machine must not look like an overload. */
const NO_SHEDDING = "max_queue_delay_ms = 0\nmsg_timeout = 0\n";

let scope = new TestScope();
afterEach(async () => {
  await scope.close();
  scope = new TestScope();
});
beforeAll(buildHost);

async function startHost(plugin: string, keys: string): Promise<{ host: HostFixture; port: number }> {
  const port = await freePort();
  const host = new HostFixture(
    plugin,
    `[SRPC]\nlisten = ${port}/tcp ${port}/udp\nprocnum = 2\n${NO_SHEDDING}${keys}\n`,
  );
  scope.add(() => host.clean());
  await host.startAndWait();
  return { host, port };
}

function createClient(): RpcClient {
  const picker = {
    pick: () => {
      throw new Error("only direct calls here");
    },
  };
  return createRpcClient({ service: "Test.caller", picker });
}

function openClient(): RpcClient {
  const client = createClient();
  scope.add(() => client.close());
  return client;
}

/** Calls without a pause until it is stopped; counts what went well, keeps what did not. */
class Load {
  readonly failures: string[] = [];
  readonly #loops: Promise<void>[] = [];
  #isOver = false;
  #succeeded = 0;

  add(name: string, call: () => Promise<unknown>): void {
    this.#loops.push(this.#loop(name, call));
  }

  async flow(calls: number): Promise<void> {
    const goal = this.#succeeded + calls;
    await waitUntil(`${calls} more calls`, () => this.#succeeded >= goal || this.failures.length > 0, 15_000);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
  }

  async #loop(name: string, call: () => Promise<unknown>): Promise<void> {
    while (!this.#isOver) {
      try {
        await call();
        this.#succeeded += 1;
      } catch (error) {
        const { reason = "", message } = error as Error & { reason?: string };
        this.failures.push(`${name}: ${reason} ${message} ${(error as Error).cause ?? ""}`);
      }
      await sleepFor(2);
    }
  }
}

/** Each call once, with nothing that could hide a failure. */
const ONCE = { timeoutMs: 5_000, maxAttempts: 1, idempotent: false };

/** A client of old: asks one by one on one connection, knows no notice, connects anew when it finds its connection closed. */
class OldClient {
  readonly #port: number;
  #socket: Socket | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  async call(): Promise<void> {
    const socket = this.#socket ?? (await this.#connect());
    const answer = new Promise<Buffer>((resolve, reject) => {
      socket.once("data", resolve);
      socket.once("close", () => reject(new Error("closed before the answer")));
    });
    socket.write(requestFrame(7, "old"));
    const bytes = await answer;
    socket.removeAllListeners("close");
    if (!bytes.includes("old from")) throw new Error(`answered ${bytes.toString("latin1")}`);
  }

  async #connect(): Promise<Socket> {
    const socket = await openRaw(this.#port);
    this.#socket = socket;
    socket.once("end", () => {
      this.#socket = undefined;
    });
    return socket;
  }
}

function addMixedLoad(load: Load, port: number): void {
  const tcp = `127.0.0.1:${port}@tcp`;
  for (let n = 0; n < 3; n += 1) {
    const long = openClient();
    const udp = openClient();
    load.add("long", () => long.call(Echo.methods.Say, tcp, { text: "x" }, ONCE));
    load.add("slow", () => long.call(Echo.methods.Sleep, tcp, { text: "30" }, ONCE));
    load.add("udp", () => udp.call(Echo.methods.Say, `127.0.0.1:${port}@udp`, { text: "x" }, ONCE));
    load.add("short", async () => {
      const short = createClient();
      await short.call(Echo.methods.Say, tcp, { text: "x" }, ONCE).finally(() => short.close());
    });
  }
  const old = new OldClient(port);
  load.add("old", async () => {
    await old.call();
    for (let n = 0; n < 10; n += 1) await sleepFor(20); // turns in which a preempted server can close behind its answer
  });
  load.add("http", async () => {
    const url = `http://127.0.0.1:${port}/?methodName=t.Echo.Say`;
    const answer = (await (await fetch(url, { method: "POST", body: '{"text":"json"}' })).json()) as { ret: number };
    if (answer.ret !== 0) throw new Error(JSON.stringify(answer));
  });
}

describe("a service under load", () => {
  it.each(["balanced", "direct"])("is reloaded three times, and not one call fails (accept = %s)", async (accept) => {
    const { host, port } = await startHost(ECHO_PLUGIN, `accept = ${accept}\ndrain_ms = 2000`);
    const load = new Load();
    addMixedLoad(load, port);
    await load.flow(100);
    for (let n = 1; n <= 3; n += 1) {
      expect((await host.reload()).reload).toMatchObject({ number: n, state: "done" });
      await load.flow(100);
    }
    await host.waitForState(({ workers }) => workers.length === 2);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(host.state).toMatchObject({ restarts: 0, text: "" });
  });

  it.each(["balanced", "direct"])(
    "loses no new connection to a worker that hangs, and that one is replaced (accept = %s)",
    async (accept) => {
      const { host, load } = await startHanging(`heartbeat = 5\naccept = ${accept}`, 1);
      const state = await host.waitForState(({ restarts, state: now }) => restarts === 1 && now === "running");
      await load.flow(50);
      await load.stop();
      expect(load.failures).toEqual([]);
      expect(state.workers).toHaveLength(2);
      expect(host.output).toMatch(/"msg":"kill worker".*its event loop was silent for/);
    },
  );

  it.each([
    { what: "the machine stands still", stopsController: true },
    { what: "the other one is slow for a moment", stopsController: false },
  ])("loses no new connection to a worker that hangs while $what", async ({ stopsController }) => {
    const { host, load, turningPid } = await startHanging("heartbeat = 60", 8);
    const pids = stopsController ? [host.state?.pid ?? 0, turningPid] : [turningPid];
    for (let n = 0; n < 5; n += 1) {
      for (const pid of pids) process.kill(pid, "SIGSTOP");
      await sleepFor(600);
      for (const pid of pids) process.kill(pid, "SIGCONT");
      await sleepFor(400);
    }
    await load.flow(50);
    await load.stop();
    expect(load.failures).toEqual([]);
  });
});

/** A service of two workers, one of them in an endless loop, under a load of calls each on a connection of its own. */
async function startHanging(
  keys: string,
  loops: number,
): Promise<{ host: HostFixture; load: Load; turningPid: number }> {
  const plugin = `
import { writeSync } from "node:fs";
export default defineService(Echo, { say, sleep() { writeSync(1, "it hangs\\n"); for (;;); } });`;
  const { host, port } = await startHost(plugin, keys);
  const target = `127.0.0.1:${port}@tcp`;
  // Never answered. With a short time it could be over before a busy worker has begun it, and none would hang.
  const hanging = openClient().call(Echo.methods.Sleep, target, { text: "" }, { timeoutMs: 60_000 });
  hanging.catch(() => undefined);
  await waitUntil("the worker hangs", () => host.output.includes("it hangs"), 10_000); // what it took before is lost with it
  const load = new Load();
  let turningPid = 0;
  for (let n = 0; n < loops; n += 1) {
    load.add("new", async () => {
      const client = createClient();
      const inTime = { ...ONCE, timeoutMs: 3_500 }; // less than a hung worker has to live
      const call = client.call(Echo.methods.Say, target, { text: "x" }, inTime);
      const { text } = await call.finally(() => client.close());
      turningPid = Number(text.split(" ").at(-1));
    });
  }
  await load.flow(100);
  return { host, load, turningPid };
}

/** A frame of a request, as bytes. */
function requestFrame(sequence: number, text: string): Uint8Array {
  const head = Object.assign(createHead(), { sequenceLow: sequence, methodName: Echo.methods.Say.fullName });
  const writer = new ProtoWriter(1 << 10);
  appendFrame(writer, head, Echo.methods.Say.input, { text });
  return writer.finish();
}

async function openRaw(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  scope.add(() => void socket.destroy());
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

describe("a peer that does not behave", () => {
  it("stops in the middle of a request, or does not read: both are closed, others notice nothing", async () => {
    const plugin = `const long = "x".repeat(1 << 19); export default defineService(Echo, { say: async () => ({ text: long }), sleep });`;
    const { host, port } = await startHost(plugin, "idle_timeout_ms = 800\nmax_queued_bytes = 4194304");
    const half = await openRaw(port);
    const slow = await openRaw(port);
    const closed = { half: false, slow: false };
    half.once("close", () => {
      closed.half = true;
    });
    slow.once("close", () => {
      closed.slow = true;
    });
    half.resume();
    half.write(requestFrame(1, "never finished").subarray(0, 20));
    slow.pause();
    for (let n = 1; n <= 40; n += 1) slow.write(requestFrame(n, ""));
    const load = new Load();
    const client = openClient();
    load.add("long", () => client.call(Echo.methods.Sleep, `127.0.0.1:${port}@tcp`, { text: "1" }, ONCE));
    await waitUntil("the half-open one is closed", () => closed.half, 10_000);
    slow.resume();
    await waitUntil("the slow one is closed", () => closed.slow, 10_000);
    await load.flow(20);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(host.state).toMatchObject({ restarts: 0, text: "" });
  });
});
