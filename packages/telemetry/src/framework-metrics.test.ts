import { decodeQueueRecord } from "@msec/protocol";
import { describe, expect, it } from "vitest";
import {
  CALL_COST_BUCKETS,
  callCostBucket,
  FrameworkMetrics,
  type FrameworkMetricsOptions,
  REQUEST_COST_BUCKETS,
  requestCostBucket,
} from "./framework-metrics.js";
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

describe("requestCostBucket", () => {
  it.each([
    [0, "0~0.1ms"],
    [0.1, "0.1~0.2ms"],
    [0.2, "0.2~0.5ms"],
    [0.5, "0.5~1ms"],
    [0.999, "0.5~1ms"],
    [1, "1~2ms"],
    [1e9, "1s+"],
  ])("puts %d ms into %s: below a millisecond it is finer", (costMs, name) => {
    expect(REQUEST_COST_BUCKETS[requestCostBucket(costMs)]).toBe(name);
  });
});

describe("callCostBucket", () => {
  it.each([
    [0, "0~1ms"],
    [0.99, "0~1ms"],
    [1, "1~2ms"],
    [2, "2~5ms"],
    [5, "5~10ms"],
    [10, "10~20ms"],
    [20, "20~50ms"],
    [50, "50~100ms"],
    [100, "100~200ms"],
    [200, "200~500ms"],
    [500, "500~1s"],
    [999.9, "500~1s"],
    [1_000, "1s+"],
    [1e9, "1s+"],
  ])("puts %d ms into %s: lower bounds belong to the bucket", (costMs, name) => {
    expect(CALL_COST_BUCKETS[callCostBucket(costMs)]).toBe(name);
  });
});

describe("FrameworkMetrics", () => {
  it("counts requests by cost, caller and error text", () => {
    const { metrics, flushed } = create();
    metrics.onRequest({ caller: "Web.front", costMs: 3, err: 0 });
    metrics.onRequest({ caller: "Web.front", costMs: 1_500, err: -10 });
    metrics.onRequest({ caller: "http.json", costMs: 0.2, err: -106 });
    expect(flushed()).toEqual({
      "frm.rpc requests": 3,
      "frm.rpc requests failed": 2,
      "frm.rpc request cost [0.2~0.5ms]": 1,
      "frm.rpc request cost [2~5ms]": 1,
      "frm.rpc request cost [1s+]": 1,
      "frm.rpc caller [Web.front]": 2,
      "frm.rpc caller [http.json]": 1,
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
    });
  });

  it("puts callers and callees above the limit under other", () => {
    const { metrics, flushed } = create({ maxCallers: 2, maxCallees: 1 });
    for (const caller of ["a", "b", "c", "d", "a"]) metrics.onRequest({ caller, costMs: 0, err: 0 });
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
    metrics.onRequest({ caller: `tab\t中${"x".repeat(300)}`, costMs: 0, err: 0 });
    metrics.onCall({ target: "A.b", method: "m".repeat(300), costMs: 0, err: -19 });
    const names = Object.keys(flushed());
    expect(names.filter((name) => name.startsWith("frm.rpc caller [tab??x"))).toHaveLength(1);
    expect(names.filter((name) => name.includes("] fail:backend process failed"))).toHaveLength(1);
    expect(names.every((name) => name.length <= 127)).toBe(true);
  });
});
