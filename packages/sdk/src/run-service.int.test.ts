import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { homePaths } from "@msec/core";
import { decodeHopBatch, decodeQueueRecord, type FlumeEvent, type HopRecord, LogEventReader } from "@msec/protocol";
import { createMonitorRing, openLiveTableWriter } from "@msec/shm";
import { LogFilter } from "@msec/telemetry";
import { afterEach, describe, expect, it, vi } from "vitest";
import { connect, type MsecClient } from "./connect.js";
import type { ServiceContext } from "./define-service.js";
import { defineService, type ServiceDefinition, type ServiceHooks } from "./define-service.js";
import { Echo } from "./host/host-fixture.js";
import { type RunningService, runService } from "./run-service.js";
import { currentApp, currentContext, getRoute, updateRoute } from "./runtime.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function createHome(): string {
  const home = mkdtempSync(join(tmpdir(), "msec-home-"));
  cleanups.push(() => rmSync(home, { recursive: true }));
  for (const path of [homePaths(home).naming, dirname(homePaths(home).monitorRing)])
    mkdirSync(path, { recursive: true });
  return home;
}

async function start(
  definition: ServiceDefinition,
  options: { home?: string; service?: string; config?: string } = {},
): Promise<RunningService> {
  const { service = "Test.echo", config = "[SRPC]\nlisten = 0/tcp\nloop_ms = 5\n", home } = options;
  const running = await runService(definition, {
    service,
    config,
    bind: "127.0.0.1",
    ...(home === undefined ? {} : { home }),
  });
  cleanups.push(() => running.stop());
  return running;
}

function connectTo(home: string): MsecClient {
  const client = connect({ caller: "Test.caller", home });
  cleanups.push(() => client.close());
  return client;
}

/** The live table that an agent would write. */
function announce(home: string, service: string, addresses: readonly string[]): void {
  const writer = openLiveTableWriter(homePaths(home).liveTable(service));
  cleanups.push(() => writer.close());
  const members = addresses.map((address) => {
    const [host = "", port] = address.replace("/tcp", "").split(":");
    return { host, port: Number(port), transport: "all" as const, weight: 100 };
  });
  writer.setMembers(1, members);
}

/** The agent's log port. */
async function listenForLogs(home: string): Promise<FlumeEvent[]> {
  const events: FlumeEvent[] = [];
  const server = createServer((socket) => {
    const reader = new LogEventReader(64 << 10);
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      reader.push(chunk);
      for (let event = reader.next(); event; event = reader.next()) events.push(event);
    });
    cleanups.push(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as { port: number };
  writeFileSync(homePaths(home).agentInfo, JSON.stringify({ logAddress: `127.0.0.1:${port}` }));
  return events;
}

const sleep = async (request: { text: string }) => request;
const echo = (say: (ctx: ServiceContext) => unknown = () => undefined, hooks: ServiceHooks = {}): ServiceDefinition =>
  defineService(
    Echo,
    {
      async say(request, ctx) {
        await say(ctx);
        return { text: request.text };
      },
      sleep,
    },
    hooks,
  );

describe("a service in this process", () => {
  it("is called by name and works where there is no agent, no ring and no table", async () => {
    const home = createHome();
    const running = await start(echo(), { home });
    const client = connectTo(home);
    await expect(client.call(Echo.methods.Say, "Test.echo", { text: "a" })).rejects.toMatchObject({
      reason: "NAME_SERVICE_UNKNOWN",
    });
    announce(home, "Test.other", []);
    await expect(client.call(Echo.methods.Say, "Test.other", { text: "a" })).rejects.toMatchObject({
      reason: "LB_NO_INSTANCE",
    });
    const outside: string = "../../x";
    await expect(client.call(Echo.methods.Say, outside, { text: "a" })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    announce(home, "Test.echo", running.addresses);
    await vi.waitFor(
      async () => expect(await client.call(Echo.methods.Say, "Test.echo", { text: "hi" })).toEqual({ text: "hi" }),
      5_000,
    );
  });

  it("runs its hooks in order", async () => {
    const seen: string[] = [];
    const hooks: ServiceHooks = {
      async init(config, app) {
        seen.push(`init ${config.get("SRPC", "loop_ms")} ${app.service}`);
      },
      loop: () => {
        seen.push("loop");
        if (seen.filter((each) => each === "loop").length === 1) throw new Error("once");
      },
      fini: (app) => void seen.push(`fini ${app.signal.aborted}`),
    };
    const running = await start(echo(undefined, hooks));
    expect(currentApp()).toBe(running.app);
    await vi.waitFor(() => expect(seen.filter((each) => each === "loop").length).toBeGreaterThan(2), 5_000);
    await running.stop();
    expect(seen[0]).toBe("init 5 Test.echo");
    expect(seen.at(-1)).toBe("fini true");
    expect(() => currentApp()).toThrow(expect.objectContaining({ reason: "EXEC_NO_RUNTIME" }));
  });

  it("exchanges its code while it serves: what is under way ends with the old code, then that ends", async () => {
    const seen: string[] = [];
    const hooksOf = (name: string): ServiceHooks => ({
      init: () => void seen.push(`init ${name} of ${currentApp().service}`),
      loop: () => 60_000,
      fini: () => void seen.push(`fini ${name}`),
    });
    let finish: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const running = await start(echo(() => gate, hooksOf("old")));
    const client = connectTo(createHome());
    const target = `${running.addresses[0]?.replace("/", "@")}`;
    const ask = (text: string) => client.call(Echo.methods.Say, target, { text }, { timeoutMs: 10_000 });
    const before = ask("old");
    await vi.waitFor(() => expect(running.server.inFlight).toBe(1), 5_000);
    const broken = echo(undefined, { init: () => Promise.reject(new Error("no database")) });
    await expect(running.replace(broken)).rejects.toMatchObject({ reason: "EXEC_INIT_FAILED" });
    await running.replace(echo(undefined, hooksOf("new")));
    expect(await ask("new")).toEqual({ text: "new" });
    expect(seen).toEqual(["init old of Test.echo", "init new of Test.echo"]);
    finish();
    expect(await before).toEqual({ text: "old" });
    await vi.waitFor(() => expect(seen.at(-1)).toBe("fini old"), 5_000);
    expect(running.server.connections).toBe(1);
    await running.stop();
    expect(seen.at(-1)).toBe("fini new");
  });

  it("does not start when the init hook fails, and frees its port", async () => {
    const fini = vi.fn();
    const failing = echo(undefined, { init: () => Promise.reject(new Error("no database")), fini });
    await expect(start(failing)).rejects.toMatchObject({ reason: "EXEC_INIT_FAILED" });
    expect(fini).not.toHaveBeenCalled();
    const running = await start(echo());
    const config = `[SRPC]\nlisten = ${running.addresses[0]!.split(":")[1]}\n`;
    await expect(start(echo(), { config })).rejects.toMatchObject({ reason: "NET_ADDRESS_IN_USE" });
  });

  it("sends business logs and one hop record per request to the agent", async () => {
    const home = createHome();
    const events = await listenForLogs(home);
    const inner = await start(echo(), { home, service: "Test.inner" });
    announce(home, "Test.inner", inner.addresses);
    const say = async (ctx: ServiceContext): Promise<void> => {
      ctx.log.info("not kept", { uin: 41 });
      ctx.log.setField("uin", 42n);
      await new Promise((resolve) => setTimeout(resolve, 1));
      currentContext()!.log.debug("kept by colour");
      currentApp().log.error("kept by level", { place: "deep" });
      await ctx.call(Echo.methods.Say, "Test.inner", { text: "inner" });
    };
    const config = "[SRPC]\nlisten = 0/tcp\n[LOG]\nLevel = ERROR\n[COLOR]\nFieldName0 = uin\nFieldValue0 = 42\n";
    const outer = await start(echo(say), { home, config });
    announce(home, "Test.echo", outer.addresses);
    await connectTo(home).call(Echo.methods.Say, "Test.echo", { text: "x" });
    const hops = (): HopRecord[] => events.flatMap(({ hops: batch }) => (batch ? decodeHopBatch(batch) : []));
    await vi.waitFor(() => expect(hops()).toHaveLength(2), 5_000);
    const logs = events.filter((event) => event.hops === undefined);
    expect(logs.map(({ body, headers }) => [body, headers.get("Level"), headers.get("place")])).toEqual([
      ["kept by colour", "DEBUG", undefined],
      ["kept by level", "ERROR", "deep"],
    ]);
    const [outerHop, innerHop] = ["Test.echo", "Test.inner"].map((name) => hops().find((hop) => hop.service === name)!);
    expect(outerHop).toMatchObject({ caller: "Test.caller", parentSpanIdLow: 0, err: 0, coloring: false });
    expect(innerHop).toMatchObject({
      caller: "Test.echo",
      method: "t.Echo.Say",
      serverAddress: inner.addresses[0]!.replace("/tcp", ""),
      parentSpanIdHigh: outerHop!.spanIdHigh,
      parentSpanIdLow: outerHop!.spanIdLow,
      flowIdHigh: outerHop!.flowIdHigh,
      flowIdLow: outerHop!.flowIdLow,
    });
    const requestId = String((BigInt(outerHop!.flowIdHigh) << 32n) | BigInt(outerHop!.flowIdLow));
    expect(logs.map(({ headers }) => headers.get("ReqID"))).toEqual([requestId, requestId]);
    const { spanIdHigh, spanIdLow } = innerHop!;
    expect(outerHop!.calls).toMatchObject([{ target: "Test.inner", spanIdHigh, spanIdLow, err: 0 }]);
    expect(Math.abs(outerHop!.startedAtUs / 1_000 - Date.now())).toBeLessThan(60_000);
    expect(outer.totals()).toMatchObject({ requests: 1, failed: 0, calls: 1 });
    expect(outerHop!.costUs).toBeGreaterThan(innerHop!.costUs);
  });

  it("changes log rules while it runs and colours from the handler", async () => {
    const kept: string[] = [];
    const say = (ctx: ServiceContext): void => {
      ctx.log.info("plain");
      if (ctx.log.isWritable("INFO")) return;
      ctx.coloring = true;
      ctx.log.trace("coloured");
    };
    const running = await runService(echo(say), {
      service: "Test.echo",
      config: "[SRPC]\nlisten = 0/tcp\n",
      bind: "127.0.0.1",
      onLogRecord: ({ body }) => kept.push(body),
    });
    cleanups.push(() => running.stop());
    const target = `${running.addresses[0]!.replace("/tcp", "")}@tcp`;
    await running.client.call(Echo.methods.Say, target, { text: "" });
    running.setLogFilter(new LogFilter("INFO"));
    await running.client.call(Echo.methods.Say, target, { text: "" });
    expect(kept).toEqual(["coloured", "plain"]);
  });

  it("puts framework and own metrics into the machine's ring", async () => {
    const home = createHome();
    const ring = createMonitorRing(homePaths(home).monitorRing, { elementCount: 1_000 });
    const say = (ctx: ServiceContext): void => {
      ctx.metrics.add("orders", 3);
      ctx.metrics.set("usr.queue", 9);
    };
    const running = await start(echo(say), { home });
    announce(home, "Test.echo", running.addresses);
    await running.app.call(Echo.methods.Say, "Test.echo", { text: "x" });
    await expect(running.app.call(Echo.methods.Say, "Test.nobody", { text: "x" })).rejects.toThrow();
    await running.stop();
    const metrics = new Map<string, string>();
    for (let record = ring.get(); record; record = ring.get()) {
      const { service, attribute, kind, value } = decodeQueueRecord(record);
      metrics.set(attribute, `${service} ${kind} ${value}`);
    }
    expect(Object.fromEntries(metrics)).toMatchObject({
      "frm.rpc requests": "Test.echo add 1",
      "frm.rpc caller [Test.echo]": "Test.echo add 1",
      "frm.rpc call [Test.echo:t.Echo.Say]": "Test.echo add 1",
      "frm.rpc call [Test.echo:t.Echo.Say] success": "Test.echo add 1",
      "frm.rpc get route failed [Test.nobody]": "Test.echo add 1",
      "usr.orders": "Test.echo add 3",
      "usr.queue": "Test.echo set 9",
    });
    expect([...metrics.keys()].filter((name) => name.startsWith("frm.rpc request cost ["))).toHaveLength(1);
    expect(metrics.has("frm.rpc requests failed")).toBe(false);
  });

  it("routes to services of other protocols by what was reported", async () => {
    const home = createHome();
    announce(home, "Database.mysql", ["127.0.0.1:3306", "127.0.0.2:3306"]);
    await start(echo(), { home });
    const ports = new Set<string>();
    for (let n = 0; n < 40; n += 1) {
      const { ip, port, transport } = getRoute("Database.mysql");
      expect([port, transport]).toEqual([3306, "tcp"]);
      ports.add(ip);
      updateRoute("Database.mysql", ip, port, ip === "127.0.0.2", 2);
    }
    expect([...ports].sort()).toEqual(["127.0.0.1", "127.0.0.2"]);
    const later = Array.from({ length: 20 }, () => {
      const { ip, port } = getRoute("Database.mysql");
      updateRoute("Database.mysql", ip, port, true, 2);
      return ip;
    });
    expect(later.filter((ip) => ip === "127.0.0.2").length).toBeGreaterThan(17);
    updateRoute("Database.mysql", "127.0.0.9", 1, false, 2); // nobody: ignored
    expect(() => getRoute("Database.redis")).toThrow(expect.objectContaining({ reason: "NAME_SERVICE_UNKNOWN" }));
  });
});
