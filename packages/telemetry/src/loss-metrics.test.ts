import { systemClock } from "@msec/core";
import { decodeQueueRecord, HopBatchWriter } from "@msec/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { reportClient } from "./client-metrics.js";
import { LogEmitter } from "./log-emitter.js";
import { reportLosses } from "./loss-metrics.js";
import { MetricEmitter } from "./metric-emitter.js";
import { reportServer, type ServerCounts } from "./server-metrics.js";

function createMetrics(): { metrics: MetricEmitter; flushed: () => Record<string, number> } {
  let values: Record<string, number> = {};
  const put = (record: Uint8Array): boolean => {
    const { attribute, value } = decodeQueueRecord(record);
    values[attribute] = value;
    return true;
  };
  const metrics = new MetricEmitter({ service: "Test.echo", openSink: () => ({ put }) });
  return {
    metrics,
    flushed: () => {
      values = {};
      metrics.flush();
      return values;
    },
  };
}

function hopFrame(records: number): Uint8Array {
  const writer = new HopBatchWriter(systemClock);
  for (let n = 0; n < records; n++) {
    writer.append({
      ...{ flowIdHigh: 0, flowIdLow: n, spanIdHigh: 0, spanIdLow: 1, parentSpanIdHigh: 0, parentSpanIdLow: 0 },
      ...{
        service: "A.b",
        method: "m",
        caller: "C.d",
        protocol: "srpc",
        coloring: false,
        attempt: 0,
        err: 0,
        reason: "",
      },
      ...{ clientAddress: "c", serverAddress: "s", startedMs: 0, costMs: 0, calls: [] },
    });
  }
  return writer.seal();
}

describe("reportLosses", () => {
  it("tells what logs dropped since the last time, hop records one by one", () => {
    const { metrics, flushed } = createMetrics();
    const logs = new LogEmitter({ address: () => undefined, maxRecords: 2, maxHopBytes: 50_000 });
    onTestFinished(() => logs.close(0));
    reportLosses(metrics, logs);
    expect(flushed()).toEqual({});
    for (let n = 0; n < 5; n++) logs.write({}, "text");
    for (let n = 0; n < 3; n++) logs.writeHops(hopFrame(500));
    logs.write({ big: "x".repeat(11_000) }, "lost");
    expect(logs.counts).toMatchObject({ waiting: 2, hopsWaiting: 1_000 });
    expect(flushed()).toEqual({
      "frm.log records dropped": 3,
      "frm.log records too large": 1,
      "frm.log hop records dropped": 500,
    });
    expect(flushed()).toEqual({});
    logs.writeHops(hopFrame(1));
    logs.writeHops(hopFrame(500));
    expect(flushed()).toEqual({ "frm.log hop records dropped": 500 });
  });
});

describe("reportServer", () => {
  it("tells levels as they are and sums since the last time, under the original's names", () => {
    const { metrics, flushed } = createMetrics();
    let counts: ServerCounts = { inFlight: 3, connections: 2, acceptedConnections: 5, refusedConnections: 1 };
    reportServer(metrics, () => counts);
    expect(flushed()).toEqual({
      "syncframe msg count": 3,
      "frm.rpc connections": 2,
      "frm.proxy accept TCP connection": 5,
      "frm.proxy overload, refuse TCP new connection": 1,
    });
    counts = { inFlight: 0, connections: 1, acceptedConnections: 7, refusedConnections: 1, closedConnections: 6 };
    expect(flushed()).toEqual({
      "syncframe msg count": 0,
      "frm.rpc connections": 1,
      "frm.proxy accept TCP connection": 2,
      "frm.proxy close TCP connection": 6,
    });
  });
});

describe("reportClient", () => {
  it("tells the late answers since the last time", () => {
    const { metrics, flushed } = createMetrics();
    const client = { lateAnswers: 0 };
    reportClient(metrics, client);
    expect(flushed()).toEqual({});
    client.lateAnswers = 3;
    expect(flushed()).toEqual({ "frm.rpc late answers": 3 });
    client.lateAnswers = 5;
    expect(flushed()).toEqual({ "frm.rpc late answers": 2 });
    expect(flushed()).toEqual({});
  });
});
