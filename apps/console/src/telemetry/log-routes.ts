import type { Clock } from "@msec/core";
import { buildRequestGraph, type LogStore, type StoredHop } from "@msec/log-server";
import type { RouteHandlers } from "../http/route-handlers.js";
import { RequestUnknown } from "./errors.js";
import { openRange } from "./query-range.js";

export interface LogRouteDeps {
  readonly logs: LogStore;
  readonly clock: Clock;
}

export function logRoutes({ logs, clock }: LogRouteDeps): RouteHandlers {
  const { read } = logs;
  return {
    "logs.search": async ({ query }) => {
      const { limit = 200, before, fromMs, toMs, ...filter } = query;
      const range = openRange({ fromMs: fromMs ?? 0, toMs }, clock.nowMs());
      const { records, next } = await read.search({ ...filter, ...range }, { limit, before });
      const isFirstPage = before === undefined;
      const histogram = isFirstPage
        ? await read.histogram({ ...filter, ...range })
        : { fromMs: range.fromMs, stepMs: range.toMs - range.fromMs, counts: [] };
      return { records, next: next ?? null, histogram };
    },
    "requests.get": async ({ params }) => {
      const requestId = params.requestId.replace(/^0+(?=\d)/, "");
      const { hops, records } = await read.request(requestId);
      if (requestId === "0" || hops.length + records.length === 0) throw new RequestUnknown({ requestId });
      const graph = buildRequestGraph(hops);
      const startedAtMs = graph.hops.length > 0 ? graph.startedAtMs : (records[0]?.atMs ?? 0);
      return { requestId, ...graph, startedAtMs, hops: [...graph.hops], edges: [...graph.edges], records };
    },
    "requests.list": async ({ query }) => {
      const { service, failedOnly = false, limit = 50 } = query;
      const range = openRange({ fromMs: query.fromMs ?? 0, toMs: query.toMs }, clock.nowMs());
      const hops = await read.requests({ service, failedOnly, limit, ...range });
      return { requests: hops.map(toRequest) };
    },
  };
}

function toRequest(hop: StoredHop) {
  const { requestId, service, method, caller, machine, startedAtMs, costMs, err, reason } = hop;
  return { requestId, service, method, caller, machine, startedAtMs, costMs, err, reason };
}
