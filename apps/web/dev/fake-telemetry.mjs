/** Invented curves, log records and requests. */
const wave = (atMs, seed) => 1 + 0.4 * Math.sin(atMs / 190_000 + seed) + 0.15 * Math.sin(atMs / 23_000 + seed * 3);

export const sparkline = (seed) =>
  Array.from({ length: 30 }, (_, i) => Math.max(0, Math.round(100 * wave(i * 40_000, seed))));

function steps({ fromMs, toMs, stepMs }) {
  const step = Number(stepMs ?? 5000);
  const from = Math.floor(Number(fromMs) / step) * step;
  return {
    from,
    step,
    times: Array.from({ length: Math.max(1, Math.floor((Number(toMs) - from) / step)) }, (_, i) => from + i * step),
  };
}

const gap = (atMs) => Math.floor(atMs / 60_000) % 11 === 3;

export function series({ query }) {
  const { from, step, times } = steps(query);
  const machines = query.by === "machine" ? ["127.0.0.2", "127.0.0.3"] : [""];
  const seed = query.attribute.length;
  return {
    fromMs: from,
    stepMs: step,
    series: machines.map((machine, i) => ({
      attribute: query.attribute,
      machine,
      values: times.map((at) => (gap(at) ? null : Math.round(340 * wave(at, seed + i)))),
    })),
  };
}

export function calls({ query }) {
  const { from, step, times } = steps(query);
  const machines = query.by === "machine" ? ["127.0.0.2:7963", "127.0.0.3:7963"] : [""];
  const values = (factor, seed) => times.map((at) => (gap(at) ? null : factor * wave(at, seed)));
  return {
    curves: machines.map((machine, i) => ({
      fromMs: from,
      stepMs: step,
      machine,
      callsPerSec: values(600, i),
      failuresPerSec: times.map((at) => (gap(at) ? null : Math.max(0, 40 * (wave(at, 2) - 1.35)))),
      p50Ms: values(0.9, i + 1),
      p95Ms: values(2.2, i + 2),
      p99Ms: values(3.4, i + 4),
    })),
  };
}

const BODIES = [
  "crawled 12 songs of special-english",
  "timed out after 800 ms at 127.0.0.3:7964, retried once",
  "query SHA → PEK on 2026-11-22: 14 flights in 3.2 ms",
  'unexpected answer {"status":500,"error":"upstream is busy"}',
];

function record(atMs, index, more = {}) {
  const level = ["INFO", "ERROR", "INFO", "DEBUG"][index % 4];
  return {
    recordId: `${atMs}-${index}`,
    atMs,
    level,
    service: index % 3 ? "Flight.mod_flight" : "VOA.Crawl",
    machine: `127.0.0.${2 + (index % 2)}`,
    requestId: "1234567890123456789",
    rpcName: "flight.FlightService.QueryFlight",
    caller: "Web.front",
    body: BODIES[index % 4],
    fields: { ClientIP: "10.2.3.4", uin: "11228491", Coloring: "0", FileLine: "service.ts:42" },
    ...more,
  };
}

export function logs({ query }) {
  const toMs = Number(query.before ?? query.toMs ?? Date.now());
  const fromMs = Number(query.fromMs ?? toMs - 900_000);
  const step = Math.max(1000, Math.ceil((Number(query.toMs) - fromMs) / 60));
  const records = Array.from({ length: 200 }, (_, i) => record(toMs - 300 - i * 1370, i)).filter(
    (each) => (!query.level || each.level === query.level) && (!query.text || each.body.includes(query.text)),
  );
  const counts = Array.from({ length: 60 }, (_, i) => Math.round(40 * wave(fromMs + i * step, 1)));
  return { records, next: String(records.at(-1)?.atMs ?? 0), histogram: { fromMs, stepMs: step, counts } };
}

export function requests() {
  return {
    requests: Array.from({ length: 4 }, (_, i) => ({
      requestId: `123456789012345678${i}`,
      service: "Flight.mod_flight",
      method: "flight.FlightService.QueryFlight",
      caller: "Web.front",
      machine: "127.0.0.2",
      startedAtMs: Date.now() - i * 41_000,
      costMs: 812.4,
      err: -1001,
      reason: "RPC_TIMED_OUT",
    })),
  };
}

export function requestGraph({ params }) {
  const t0 = Date.now() - 60_000;
  const hop = (spanId, parentSpanId, caller, service, method, address, at, costMs, more = {}) => ({
    spanId,
    parentSpanId,
    caller,
    service,
    method,
    address,
    attempt: 0,
    startedAtMs: t0 + at,
    costMs,
    err: 0,
    reason: "",
    seenBy: "server",
    ...more,
  });
  const failed = { err: -1001, reason: "RPC_TIMED_OUT" };
  const hops = [
    hop("a1", "", "", "Flight.mod_flight", "flight.FlightService.QueryFlight", "127.0.0.2:7963", 0, 845, failed),
    hop("b1", "a1", "Flight.mod_flight", "Database.mysql", "query", "10.0.0.9:3306", 3, 12.4, { seenBy: "client" }),
    hop("c1", "a1", "Flight.mod_flight", "VOA.Crawl", "crawl.CrawlService.GetMP3List", "127.0.0.3:7964", 20, 400, {
      ...failed,
      seenBy: "client",
    }),
    hop("c2", "a1", "Flight.mod_flight", "VOA.Crawl", "crawl.CrawlService.GetMP3List", "127.0.0.4:7964", 425, 400, {
      ...failed,
      attempt: 1,
    }),
    hop("d1", "c2", "VOA.Crawl", "VOA.Jsoup", "parse.ParseService.Parse", "127.0.0.4:7965", 430, 380),
  ];
  const edge = (from, to, n, failures, costMs) => ({ from, to, calls: n, failures, costMs });
  return {
    requestId: params.requestId,
    verdict: "Crawl timed out after 400 ms at 127.0.0.3:7964, retried once at 127.0.0.4:7964, failed",
    failed: true,
    startedAtMs: t0,
    costMs: 845,
    hops,
    edges: [
      edge("", "Flight.mod_flight", 1, 1, 845),
      edge("Flight.mod_flight", "Database.mysql", 1, 0, 12.4),
      edge("Flight.mod_flight", "VOA.Crawl", 2, 2, 800),
      edge("VOA.Crawl", "VOA.Jsoup", 1, 0, 380),
    ],
    records: Array.from({ length: 9 }, (_, i) => record(t0 + i * 90, i)),
  };
}
