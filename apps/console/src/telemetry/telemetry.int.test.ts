import type { ApiClient } from "@msec/api-schema";
import type { LogEvent, MetricPoint } from "@msec/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ScriptedAgent } from "../testing/scripted-agent.js";
import {
  clientWithRole,
  cookieOf,
  PASSWORD,
  postJson,
  startTestConsole,
  type TestConsole,
} from "../testing/test-console.js";

const service = "Flight.mod_flight";
let console: TestConsole;
let api: ApiClient;
let agent: ScriptedAgent;
beforeEach(async () => {
  console = await startTestConsole();
  api = await clientWithRole(console, "admin");
  const { secret } = await api("joinTokens.create", { body: {} });
  agent = await new ScriptedAgent(secret, { address: "127.0.0.2" }).joinAndConnect();
});
afterEach(async () => {
  agent.peer.close();
  await console.stop();
});

const nowSec = () => Math.floor(Date.now() / 1_000);
const metrics = (batchId: number, points: MetricPoint[]) => agent.peer.request("metrics", { batchId, points });
const logs = (batchId: number, events: LogEvent[]) => agent.peer.request("logs", { batchId, events });
const point = (attribute: string, value: number, atSec = nowSec() - 10): MetricPoint => ({
  service,
  attribute,
  kind: "add",
  atSec,
  value,
});
const line = (body: string, headers: Record<string, string> = {}): LogEvent => ({
  atMs: Date.now(),
  headers: {
    ServiceName: service,
    ReqID: "7",
    Level: "ERROR",
    RPCName: "QueryFlight",
    Caller: "http.json",
    ...headers,
  },
  body,
});
const range = () => ({ fromMs: Date.now() - 600_000, toMs: Date.now() });

describe("metrics", () => {
  it("that an agent sends, also twice, are answered as attributes, series and curves", async () => {
    const points = [point("frm.rpc requests", 50), point("frm.rpc request cost [1~2ms]", 50), point("usr.order", 3)];
    for (let time = 0; time < 2; time += 1) await metrics(1_000, points);
    const { attributes } = await api("metrics.attributes", { query: { service, ...range(), match: "usr" } });
    expect(attributes).toMatchObject([{ attribute: "usr.order", sum: 3, machines: ["127.0.0.2"] }]);
    const series = await api("metrics.series", {
      query: { service, attribute: "usr.order", by: "machine", ...range() },
    });
    expect(series).toMatchObject({ stepMs: 5_000, series: [{ machine: "127.0.0.2" }] });
    expect(series.series[0]?.values.filter((value) => value !== null)).toEqual([3]);
    const { curves } = await api("metrics.calls", { query: { service, ...range() } });
    expect(curves[0]?.callsPerSec).toContain(10);
    expect(curves[0]?.p50Ms).toContain(1.5);
  });

  it("are answered with at most 1500 values, and refuse a range that is none", async () => {
    await metrics(1, [point("usr.order", 3)]);
    const toMs = Date.now();
    const year = { service, attribute: "usr.order", fromMs: toMs - 365 * 86_400_000, toMs, stepMs: 5_000 };
    const { series } = await api("metrics.series", { query: year });
    expect(series[0]?.values.length).toBeLessThanOrEqual(1_500);
    expect(series[0]?.values.at(-1)).toBe(3);
    const empty = api("metrics.calls", { query: { service, fromMs: toMs, toMs } });
    await expect(empty).rejects.toMatchObject({ reason: "CON_RANGE_INVALID", details: { field: "query.fromMs" } });
    const long = api("metrics.attributes", { query: { service, fromMs: 0, toMs } });
    await expect(long).rejects.toMatchObject({ reason: "CON_RANGE_INVALID" });
  });
});

describe("logs", () => {
  it("that an agent sends, also twice, are found, page by page, with bars", async () => {
    const events = [line("no seat left", { uin: "42" }), line("one seat left"), line("nothing", { Level: "DEBUG" })];
    for (let time = 0; time < 2; time += 1) await logs(1_000, events);
    const query = { service, text: "SEAT", level: "INFO", limit: 1 } as const;
    const first = await api("logs.search", { query });
    expect(first.records).toMatchObject([{ body: "one seat left", machine: "127.0.0.2" }]);
    expect(first.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(2);
    const second = await api("logs.search", { query: { ...query, before: first.next ?? "" } });
    expect(second).toMatchObject({ records: [{ body: "no seat left", fields: { uin: "42" } }], next: null });
    const noRange = api("logs.search", { query: { fromMs: 5, toMs: 5 } });
    await expect(noRange).rejects.toMatchObject({ reason: "CON_RANGE_INVALID" });
    const noCursor = api("logs.search", { query: { before: "x" } });
    await expect(noCursor).rejects.toMatchObject({ reason: "LOG_CURSOR_INVALID" });
  });

  it("make requests with a graph and a verdict", async () => {
    const startMs = Date.now() - 2_000;
    const attempt = (n: number) => ({
      ...{ t: "VOA.Crawl", m: "get", a: "127.0.0.3:8091", n, s: startMs + n * 801, c: 800_000, e: -10 },
      ...{ r: "RPC_TIMEOUT", i: `c${n}` },
    });
    const hop = line("hop", {
      ...{ Kind: "hop", Level: "INFO", SpanID: "e1", ParentSpanID: "", StartMs: String(startMs), CostUs: "1604000" },
      ...{ Err: "-11", Reason: "RPC_CALLEE_FAILED", Calls: JSON.stringify([attempt(0), attempt(1)]) },
    });
    await logs(1, [line("crawl failed"), hop]);
    const { requests } = await api("requests.list", { query: { service, failedOnly: true } });
    expect(requests).toMatchObject([{ requestId: "7", method: "QueryFlight", err: -11, costMs: 1_604 }]);
    const graph = await api("requests.get", { params: { requestId: "007" } });
    expect(graph.verdict).toBe(
      "VOA.Crawl timed out after 800 ms at 127.0.0.3:8091, retried once, failed; " +
        "Flight.mod_flight QueryFlight failed after 1,604 ms with RPC_CALLEE_FAILED",
    );
    expect(graph).toMatchObject({ requestId: "7", failed: true, records: [{ body: "crawl failed" }] });
    expect(graph.hops.map((each) => each.seenBy)).toEqual(["server", "client", "client"]);
    expect(graph.edges).toContainEqual({ from: service, to: "VOA.Crawl", calls: 2, failures: 2, costMs: 800 });
    const unknown = api("requests.get", { params: { requestId: "8" } });
    await expect(unknown).rejects.toMatchObject({ reason: "CON_REQUEST_UNKNOWN" });
  });
});

describe("a restart", () => {
  it("keeps metrics and logs, and still knows the batches", async () => {
    await metrics(1, [point("usr.order", 3)]);
    await logs(1, [line("kept")]);
    agent.peer.close();
    await console.stopOnly();
    const link = { listen: `127.0.0.1:${console.linkPort}` };
    const again = await startTestConsole({ home: console.home, link });
    try {
      const answer = await postJson(`${again.httpUrl}/api/v1/sessions`, { name: "admin", password: PASSWORD });
      const client = await clientWithRole(again, "viewer", cookieOf(answer));
      await agent.connect();
      await metrics(1, [point("usr.order", 3)]);
      await logs(1, [line("kept")]);
      const { attributes } = await client("metrics.attributes", { query: { service, ...range() } });
      expect(attributes).toMatchObject([{ attribute: "usr.order", sum: 3 }]);
      const { records } = await client("logs.search", { query: {} });
      expect(records).toMatchObject([{ body: "kept" }]);
    } finally {
      agent.peer.close();
      await again.stop();
    }
  });
});
