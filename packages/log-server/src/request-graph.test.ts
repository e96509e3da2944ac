import { describe, expect, it } from "vitest";
import type { HopCall, StoredHop } from "./log-record.js";
import { buildRequestGraph } from "./request-graph.js";

const call = (rest: Partial<HopCall> = {}): HopCall => ({
  target: "VOA.Crawl",
  method: "getMp3List",
  address: "127.0.0.3:8091",
  attempt: 1,
  startedAtMs: 1_005,
  costMs: 80,
  err: 0,
  reason: "",
  spanId: "c1",
  choice: "",
  ...rest,
});
const entrance = (rest: Partial<StoredHop> = {}): StoredHop => ({
  hopId: 1,
  atMs: 1_100,
  startedAtMs: 1_000,
  service: "Flight.mod_flight",
  machine: "127.0.0.2",
  requestId: "7",
  spanId: "e",
  parentSpanId: "",
  method: "QueryFlight",
  caller: "http.json",
  address: "127.0.0.2:8090",
  protocol: "http",
  attempt: 1,
  costMs: 100,
  err: 0,
  reason: "",
  calls: [],
  ...rest,
});
const callee = (rest: Partial<StoredHop> = {}): StoredHop => ({
  ...entrance(),
  hopId: 2,
  service: "VOA.Crawl",
  machine: "127.0.0.3",
  spanId: "c1",
  parentSpanId: "e",
  method: "getMp3List",
  caller: "Flight.mod_flight",
  address: "127.0.0.3:8091",
  startedAtMs: 1_010,
  costMs: 70,
  ...rest,
});
const timeout = { err: -10, reason: "RPC_TIMEOUT", costMs: 800 } as const;

describe("hops", () => {
  it("are joined with the attempts of their callers by span id", () => {
    const graph = buildRequestGraph([callee(), entrance({ calls: [call()] })]);
    expect(graph.hops.map((hop) => [hop.spanId, hop.parentSpanId, hop.seenBy])).toEqual([
      ["e", "", "server"],
      ["c1", "e", "server"],
    ]);
    expect(graph).toMatchObject({ startedAtMs: 1_000, costMs: 100, failed: false });
  });

  it("that no callee told of stay as their caller saw them", () => {
    const graph = buildRequestGraph([entrance({ calls: [call({ ...timeout, address: "127.0.0.9:1" })] })]);
    expect(graph.hops[1]).toEqual({
      spanId: "c1",
      parentSpanId: "e",
      caller: "Flight.mod_flight",
      service: "VOA.Crawl",
      method: "getMp3List",
      address: "127.0.0.9:1",
      attempt: 1,
      startedAtMs: 1_005,
      costMs: 800,
      err: -10,
      reason: "RPC_TIMEOUT",
      choice: "",
      seenBy: "client",
    });
  });

  it("failed for the caller that gave up, although the callee went on and answered", () => {
    const graph = buildRequestGraph([entrance({ calls: [call(timeout)] }), callee({ costMs: 2_000 })]);
    expect(graph.hops[1]).toMatchObject({ seenBy: "server", costMs: 2_000, err: -10, reason: "RPC_TIMEOUT" });
  });

  it("stand at the top when their parent is unknown", () => {
    const graph = buildRequestGraph([callee({ parentSpanId: "gone" })]);
    expect(graph.hops).toMatchObject([{ spanId: "c1", parentSpanId: "gone" }]);
    expect(graph.verdict).toBe("VOA.Crawl getMp3List answered in 70 ms");
  });

  it("may come twice, or name each other as parents", () => {
    const twice = buildRequestGraph([entrance(), entrance({ hopId: 9 })]);
    expect(twice.hops).toHaveLength(1);
    const circle = buildRequestGraph([
      entrance({ spanId: "a", parentSpanId: "b" }),
      entrance({ spanId: "b", parentSpanId: "a" }),
    ]);
    expect(circle.hops).toHaveLength(2);
    expect(buildRequestGraph([entrance({ spanId: "a", parentSpanId: "a" })]).hops).toHaveLength(1);
  });

  it("need no span ids", () => {
    const graph = buildRequestGraph([entrance({ spanId: "", calls: [call({ spanId: "" }), call({ spanId: "" })] })]);
    expect(graph.hops).toHaveLength(3);
    expect(new Set(graph.hops.map((hop) => hop.spanId)).size).toBe(3);
  });
});

describe("clocks", () => {
  it.each([
    { name: "behind", startedAtMs: 1_010 - 60_000 },
    { name: "ahead", startedAtMs: 1_010 + 60_000 },
  ])("of a machine that are $name are moved so that its work lies inside the call", ({ startedAtMs }) => {
    const inner = callee({
      spanId: "d1",
      parentSpanId: "c1",
      service: "VOA.db",
      startedAtMs: startedAtMs + 20,
      costMs: 10,
    });
    const hops = [inner, callee({ startedAtMs }), entrance({ calls: [call()] })];
    expect(buildRequestGraph(hops).hops.map((hop) => [hop.spanId, hop.startedAtMs])).toEqual([
      ["e", 1_000],
      ["c1", 1_010],
      ["d1", 1_030],
    ]);
  });

  it("that agree are left alone", () => {
    const hops = buildRequestGraph([entrance({ calls: [call()] }), callee({ startedAtMs: 1_007 })]).hops;
    expect(hops[1]?.startedAtMs).toBe(1_007);
  });

  it("never put a child before its parent", () => {
    const second = callee({ spanId: "c2", startedAtMs: 900 });
    const hops = buildRequestGraph([entrance({ calls: [call()] }), callee(), second]).hops;
    expect(hops.map((hop) => hop.spanId)).toEqual(["e", "c2", "c1"]);
    expect(hops[1]?.startedAtMs).toBe(1_000);
  });
});

describe("edges", () => {
  it("count calls, failures and the average cost between two services", () => {
    const calls = [call({ ...timeout, costMs: 30 }), call({ spanId: "c2", attempt: 2, costMs: 10 })];
    expect(buildRequestGraph([entrance({ calls })]).edges).toEqual([
      { from: "http.json", to: "Flight.mod_flight", calls: 1, failures: 0, costMs: 100 },
      { from: "Flight.mod_flight", to: "VOA.Crawl", calls: 2, failures: 1, costMs: 20 },
    ]);
  });
});

describe("verdict", () => {
  const failed = { err: -11, reason: "RPC_CALLEE_FAILED", costMs: 1_604 } as const;
  const again = (rest: Partial<HopCall> = {}) => call({ spanId: "c2", attempt: 2, startedAtMs: 1_806, ...rest });
  const refused = { err: -11, reason: "NET_CONNECT_REFUSED", costMs: 0.4 } as const;
  it.each([
    { name: "nothing known", hops: [], want: "no hop of this request was recorded, only its log lines are known" },
    { name: "no calls", hops: [entrance({ costMs: 0.44 })], want: "Flight.mod_flight QueryFlight answered in 0.4 ms" },
    {
      name: "calls that went well",
      hops: [entrance({ costMs: 12_345, calls: [call(), again()] })],
      want: "Flight.mod_flight QueryFlight answered in 12.3 s; 2 calls to 1 service",
    },
    {
      name: "a timeout, retried in vain",
      hops: [entrance({ ...failed, calls: [call(timeout), again(timeout)] })],
      want:
        "VOA.Crawl timed out after 800 ms at 127.0.0.3:8091, retried once, failed; " +
        "Flight.mod_flight QueryFlight failed after 1,604 ms with RPC_CALLEE_FAILED",
    },
    {
      name: "the caller's time, though the callee went on",
      hops: [entrance({ ...failed, reason: "RPC_TIMEOUT", calls: [call(timeout)] }), callee({ costMs: 5_000 })],
      want: "VOA.Crawl timed out after 800 ms at 127.0.0.3:8091; Flight.mod_flight QueryFlight failed after 1,604 ms",
    },
    {
      name: "a retry that ended otherwise",
      hops: [
        entrance({ ...failed, reason: "", calls: [call(timeout), again({ ...refused, address: "127.0.0.4:8091" })] }),
      ],
      want:
        "VOA.Crawl timed out after 800 ms at 127.0.0.3:8091, retried once, failed: could not be reached at 127.0.0.4:8091 " +
        "(NET_CONNECT_REFUSED); Flight.mod_flight QueryFlight failed after 1,604 ms",
    },
    {
      name: "a retry that helped",
      hops: [entrance({ calls: [call(refused), again({ address: "127.0.0.4:8091" })] })],
      want:
        "Flight.mod_flight QueryFlight answered in 100 ms, although VOA.Crawl could not be reached at 127.0.0.3:8091 " +
        "(NET_CONNECT_REFUSED), retried once, then answered at 127.0.0.4:8091",
    },
    {
      name: "its own failure",
      hops: [entrance({ err: 1001, reason: "SEAT_TAKEN", costMs: 3 })],
      want: "Flight.mod_flight QueryFlight failed after 3 ms at 127.0.0.2:8090 with SEAT_TAKEN (1001)",
    },
    {
      name: "the deepest cause",
      hops: [
        entrance({ ...failed, calls: [call({ err: -11, reason: "RPC_CALLEE_FAILED" })] }),
        callee({ err: -11, reason: "RPC_CALLEE_FAILED", calls: [call({ ...timeout, spanId: "d", target: "VOA.db" })] }),
      ],
      want:
        "VOA.db timed out after 800 ms at 127.0.0.3:8091; " +
        "Flight.mod_flight QueryFlight failed after 1,604 ms with RPC_CALLEE_FAILED",
    },
    {
      name: "no instance at all",
      hops: [entrance({ ...failed, calls: [call({ err: -11, reason: "LB_NO_HEALTHY_INSTANCE", address: "" })] })],
      want:
        "VOA.Crawl has no instance that can be called (LB_NO_HEALTHY_INSTANCE); " +
        "Flight.mod_flight QueryFlight failed after 1,604 ms with RPC_CALLEE_FAILED",
    },
  ])("tells of $name", ({ hops, want }) => {
    const graph = buildRequestGraph(hops);
    expect(graph.verdict).toBe(want);
    expect(graph.failed).toBe(hops.some((hop) => hop.spanId === "e" && hop.err !== 0));
  });
});
