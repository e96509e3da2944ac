import type { ApiClient } from "@msec/api-schema";
import { silentLogger, systemClock } from "@msec/core";
import { openLogStore } from "@msec/log-server";
import { openMetricStore } from "@msec/monitor-server";
import type { LogEvent, MetricPoint } from "@msec/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clientWithRole, startTestConsole, type TestConsole } from "../testing/test-console.js";

let console: TestConsole;
let api: ApiClient;
beforeEach(async () => {
  console = await startTestConsole();
  api = await clientWithRole(console, "viewer");
});
afterEach(() => console.stop());

const source = { sourceId: "m-1", address: "127.0.0.2" };
const service = "Flight.mod_flight";

/** What an agent's batch does, through a connection of its own to the same file. */
async function ingest(batchId: number, points: readonly MetricPoint[]): Promise<void> {
  const store = await openMetricStore({
    path: `${console.home}/console/metrics.db`,
    clock: systemClock,
    logger: silentLogger,
  });
  await store.ingest(source, batchId, points);
  await store.close();
}

async function append(batchId: number, events: readonly LogEvent[]): Promise<void> {
  const store = await openLogStore({
    path: `${console.home}/console/logs.db`,
    clock: systemClock,
    logger: silentLogger,
  });
  await store.append(source, batchId, events);
  await store.close();
}

describe("logs", () => {
  it("answers a search with records and bars", async () => {
    const atMs = Date.now() - 1_000;
    const headers = { ServiceName: service, ReqID: "7", Level: "ERROR", InsTime: String(atMs), RPCName: "Query" };
    await append(1, [{ atMs, headers: { ...headers, uin: "42" }, body: "no seat left" }]);
    const answer = await api("logs.search", { query: { service, text: "SEAT", level: "INFO" } });
    expect(answer.records).toMatchObject([{ body: "no seat left", machine: "127.0.0.2", fields: { uin: "42" } }]);
    expect(answer.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(answer.next).toBeNull();
  });
});

describe("overview", () => {
  it("answers before anything is known", async () => {
    expect(await api("overview.get", {})).toMatchObject({ health: "unknown", machinesOnline: 0, runningReleases: [] });
  });
});

describe("metrics", () => {
  it("are empty for a service that reported nothing", async () => {
    await ingest(1, []);
    const toMs = Date.now();
    const query = { service, fromMs: toMs - 60_000, toMs };
    expect(await api("metrics.attributes", { query })).toEqual({ attributes: [] });
    expect(await api("metrics.calls", { query })).toEqual({ curves: [] });
  });
});
