import { decodeQueueRecord } from "@msec/protocol";
import { describe, expect, it } from "vitest";
import { FrameworkMetrics, type FrameworkMetricsOptions } from "./framework-metrics.js";
import { MetricEmitter } from "./metric-emitter.js";

function create(options?: FrameworkMetricsOptions): {
  metrics: FrameworkMetrics;
  flushed: () => Record<string, number>;
} {
  const values: Record<string, number> = {};
  const sink = {
    put: (record: Uint8Array) => {
      const { attribute, value } = decodeQueueRecord(record);
      values[attribute] = (values[attribute] ?? 0) + value;
      return true;
    },
  };
  const emitter = new MetricEmitter({ service: "Test.echo", openSink: () => sink });
  return {
    metrics: new FrameworkMetrics(emitter, options),
    flushed: () => {
      emitter.flush();
      return values;
    },
  };
}

describe("FrameworkMetrics", () => {
  it("counts requests by cost, caller and error text", () => {
    const { metrics, flushed } = create();
    metrics.onRequest({ caller: "Web.front", method: "a.B.C", costMs: 3, err: 0 });
    metrics.onRequest({ caller: "Web.front", method: "a.B.C", costMs: 1_500, err: -10 });
    metrics.onRequest({ caller: "http.json", method: "a.B.C", costMs: 0.2, err: -106 });
    expect(flushed()).toEqual({
      "frm.rpc requests": 3,
      "frm.rpc requests failed": 2,
      "frm.rpc request cost [0.2~0.5ms]": 1,
      "frm.rpc request cost [2~5ms]": 1,
      "frm.rpc request cost [1s+]": 1,
      "frm.rpc caller [Web.front]": 2,
      "frm.rpc caller [Web.front] failed": 1,
      "frm.rpc caller [Web.front] cost [2~5ms]": 1,
      "frm.rpc caller [Web.front] cost [1s+]": 1,
      "frm.rpc caller [http.json]": 1,
      "frm.rpc caller [http.json] failed": 1,
      "frm.rpc caller [http.json] cost [0.2~0.5ms]": 1,
      "frm.rpc method [a.B.C]": 3,
      "frm.rpc method [a.B.C] failed": 2,
      "frm.rpc method [a.B.C] cost [0.2~0.5ms]": 1,
      "frm.rpc method [a.B.C] cost [2~5ms]": 1,
      "frm.rpc method [a.B.C] cost [1s+]": 1,
      "frm.rpc caller:method [Web.front:a.B.C]": 2,
      "frm.rpc caller:method [Web.front:a.B.C] failed": 1,
      "frm.rpc caller:method [http.json:a.B.C]": 1,
      "frm.rpc caller:method [http.json:a.B.C] failed": 1,
      "frm.rpc timeout": 1,
      "frm.rpc resource exhausted": 1,
    });
  });

  it("counts calls by callee and method, costs of successes by callee", () => {
    const { metrics, flushed } = create();
    const call = { target: "VOA.Crawl", method: "crawl.Crawl.Get" };
    metrics.onCall({ ...call, costMs: 7, err: 0 });
    metrics.onCall({ ...call, costMs: 900, err: -11 });
    metrics.onCall({ ...call, method: "crawl.Crawl.Put", costMs: 7, err: 0 });
    expect(flushed()).toEqual({
      "frm.rpc call [VOA.Crawl:crawl.Crawl.Get]": 2,
      "frm.rpc call [VOA.Crawl:crawl.Crawl.Get] success": 1,
      "frm.rpc call [VOA.Crawl:crawl.Crawl.Get] fail:network error": 1,
      "frm.rpc call [VOA.Crawl:crawl.Crawl.Put]": 1,
      "frm.rpc call [VOA.Crawl:crawl.Crawl.Put] success": 1,
      "frm.rpc call [VOA.Crawl] cost [5~10ms]": 2,
      "frm.rpc call [VOA.Crawl:crawl.Crawl.Get] cost [5~10ms]": 1,
      "frm.rpc call [VOA.Crawl:crawl.Crawl.Put] cost [5~10ms]": 1,
    });
  });

  it("takes what a caller gave up for no failure, on either side", () => {
    const { metrics, flushed } = create();
    metrics.onRequest({ caller: "Web.front", method: "a.B.C", costMs: 3, err: -101 });
    metrics.onCall({ target: "VOA.Crawl", method: "crawl.Crawl.Get", costMs: 7, err: -101 });
    expect(flushed()).toMatchObject({
      "frm.rpc requests": 1,
      "frm.rpc cancelled": 1,
      "frm.rpc call [VOA.Crawl:crawl.Crawl.Get]": 1,
      "frm.rpc call [VOA.Crawl:crawl.Crawl.Get] cancelled": 1,
    });
    expect(Object.keys(flushed()).filter((name) => name.includes("fail"))).toEqual([]);
    expect(metrics.totals()).toMatchObject({ requests: 1, failed: 0, calls: 1, callsFailed: 0 });
  });

  it("puts callers and callees above the limit under other", () => {
    const { metrics, flushed } = create({ maxCallers: 2, maxCallees: 1 });
    for (const caller of ["a", "b", "c", "d", "a"]) metrics.onRequest({ caller, method: "m", costMs: 0, err: 0 });
    for (const target of ["A.b", "A.c", "A.d"]) metrics.onCall({ target, method: "m", costMs: 0, err: -12 });
    for (const service of ["A.b", "A.c", "A.d", "A.b"]) metrics.onRouteFailed(service);
    expect(flushed()).toMatchObject({
      "frm.rpc caller [a]": 2,
      "frm.rpc caller [b]": 1,
      "frm.rpc caller [other]": 2,
      "frm.rpc call [A.b:m]": 1,
      "frm.rpc call [other]": 2,
      "frm.rpc get route failed [A.b]": 2,
      "frm.rpc get route failed [other]": 2,
      "frm.rpc call [other] fail:recevice timeout": 2,
    });
  });

  it("makes names of anything a peer sends fit the rules", () => {
    const { metrics, flushed } = create();
    metrics.onRequest({ caller: `tab\t中${"x".repeat(300)}`, method: "m", costMs: 0, err: 0 });
    metrics.onCall({ target: "A.b", method: "m".repeat(300), costMs: 0, err: -19 });
    const names = Object.keys(flushed());
    expect(names.filter((name) => /^frm\.rpc caller \[tab\?\?x+\]$/.test(name))).toHaveLength(1);
    expect(names.filter((name) => name.includes("] fail:backend process failed"))).toHaveLength(1);
    expect(names.every((name) => name.length <= 127)).toBe(true);
    metrics.onRequest({ caller: "z".repeat(2_000), method: "m", costMs: 0, err: 0 });
    expect(flushed()["frm.rpc caller [other]"]).toBe(1);
  });

  it("counts methods and pairs above the limit, and methods that do not exist, under other", () => {
    const { metrics, flushed } = create({ maxMethods: 2, maxPairs: 3 });
    const requests = [
      ...[
        { caller: "a", method: "x" },
        { caller: "a", method: "y" },
        { caller: "a", method: "z" },
      ],
      ...[
        { caller: "b", method: "x" },
        { caller: "b", method: "y" },
      ],
    ];
    for (const request of requests) metrics.onRequest({ ...request, costMs: 0, err: 0 });
    metrics.onRequest({ caller: "b", method: "invented", costMs: 0, err: -6 });
    expect(flushed()).toMatchObject({
      "frm.rpc requests": 6,
      "frm.rpc caller [a]": 3,
      "frm.rpc caller [b]": 3,
      "frm.rpc method [x]": 1,
      "frm.rpc method [y]": 1,
      "frm.rpc method [other]": 4,
      "frm.rpc caller:method [a:other]": 1,
      "frm.rpc caller:method [b:other]": 3,
      "frm.rpc invalid method name": 1,
    });
  });

  it("counts refusals by cause, with the original's name for those that waited too long", () => {
    const { metrics, flushed } = create();
    for (const cause of ["limit", "limit", "msg_timeout"]) metrics.onRefused(cause);
    for (let n = 0; n < 100; n++) metrics.onRefused(`invented ${n}`);
    for (const delayMs of [0, 1, 1.1, 10, 51, 1_000]) metrics.onDelay(delayMs);
    expect(flushed()).toMatchObject({
      "frm.rpc refused [limit]": 2,
      "frm.rpc refused [msg_timeout]": 1,
      "frm.worker overload": 1,
      "frm.rpc refused [other]": 70,
      "frm.worker [proxy->worker] delay [0~1ms]": 2,
      "frm.worker [proxy->worker] delay (1~10ms]": 2,
      "frm.worker [proxy->worker] delay (50~100ms]": 1,
      "frm.worker [proxy->worker] delay (100+ms)": 1,
    });
    expect(metrics.totals().refused).toMatchObject({ limit: 2, other: 70 });
  });

  it("tells totals since the start, whether they were flushed or not", () => {
    const { metrics, flushed } = create();
    for (const costMs of [0.1, 19, 20, 99, 100, 149, 499, 500, 9_000])
      metrics.onRequest({ caller: "a", method: "m", costMs, err: costMs === 20 ? -10 : 0 });
    flushed();
    metrics.onRequest({ caller: "a", method: "m", costMs: 1, err: 0 });
    metrics.onCall({ target: "A.b", method: "m", costMs: 1, err: -11 });
    const totals = metrics.totals();
    expect(totals).toMatchObject({ requests: 10, failed: 1, calls: 1, callsFailed: 1 });
    expect(totals.costSteps).toEqual([3, 1, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 1, 2]);
    expect(flushed()["frm.rpc requests"]).toBe(10);
  });
});
