import { type Static, Type } from "typebox";
import { FullName } from "./names.js";
import { AtMs, OneOf, route, Strict } from "./route.js";
import { Health } from "./services.js";

const From = AtMs("from, inclusive");
const To = AtMs("to, exclusive");

export const Attribute = Strict({
  attribute: Type.String(),
  sum: Type.Number({ description: "over the range and all machines" }),
  lastAtMs: AtMs("last report"),
  machines: Type.Array(Type.String(), { description: "addresses that reported it" }),
  sparkline: Type.Array(Type.Number(), { description: "at most 30 values over the range" }),
});
export type Attribute = Static<typeof Attribute>;

export const Series = Strict({
  attribute: Type.String(),
  machine: Type.String({ description: "address, or empty for the sum over all" }),
  /** One value per step from `fromMs`; null = nothing was reported (a gap). */
  values: Type.Array(Type.Union([Type.Number(), Type.Null()])),
});
export type Series = Static<typeof Series>;

/** Curves of the calls of one service, derived from the framework's attributes. */
export const CallCurves = Strict({
  fromMs: From,
  stepMs: Type.Integer(),
  machine: Type.String(),
  callsPerSec: Type.Array(Type.Union([Type.Number(), Type.Null()])),
  failuresPerSec: Type.Array(Type.Union([Type.Number(), Type.Null()])),
  p50Ms: Type.Array(Type.Union([Type.Number(), Type.Null()])),
  p95Ms: Type.Array(Type.Union([Type.Number(), Type.Null()])),
  p99Ms: Type.Array(Type.Union([Type.Number(), Type.Null()])),
});
export type CallCurves = Static<typeof CallCurves>;

export const LogRecord = Strict({
  recordId: Type.String(),
  atMs: AtMs("when"),
  level: Type.String(),
  service: Type.String(),
  machine: Type.String({ description: "address of the machine that logged it" }),
  requestId: Type.String(),
  rpcName: Type.String(),
  caller: Type.String(),
  body: Type.String(),
  fields: Type.Record(Type.String(), Type.String(), { description: "all other fields" }),
});
export type LogRecord = Static<typeof LogRecord>;

export const Hop = Strict({
  spanId: Type.String(),
  parentSpanId: Type.String({ description: "empty at the entrance" }),
  caller: Type.String(),
  service: Type.String(),
  method: Type.String(),
  address: Type.String({ description: "ip:port of the callee" }),
  attempt: Type.Integer({ description: "0 for the first try, then 1, 2, …" }),
  startedAtMs: AtMs("began"),
  costMs: Type.Number(),
  err: Type.Integer(),
  reason: Type.String(),
  choice: Type.String({ description: "why the caller took this instance; empty unless the request was coloured" }),
  /** `server` = told by the callee; `client` = only the caller knows (the callee never answered). */
  seenBy: OneOf(["server", "client"]),
});
export type Hop = Static<typeof Hop>;

export const RequestGraph = Strict({
  requestId: Type.String(),
  verdict: Type.String({ description: "what happened, in words" }),
  failed: Type.Boolean(),
  startedAtMs: AtMs("began"),
  costMs: Type.Number(),
  hops: Type.Array(Hop, { description: "in the order of their start" }),
  edges: Type.Array(
    Strict({
      from: Type.String(),
      to: Type.String(),
      calls: Type.Integer(),
      failures: Type.Integer(),
      costMs: Type.Number(),
    }),
  ),
  records: Type.Array(LogRecord),
});
export type RequestGraph = Static<typeof RequestGraph>;

export const AuditEntry = Strict({
  entryId: Type.Integer(),
  atMs: AtMs("when"),
  actor: Type.String(),
  action: Type.String(),
  target: Type.String(),
  text: Type.String(),
});
export type AuditEntry = Static<typeof AuditEntry>;

export const observabilityRoutes = {
  "overview.get": route({
    method: "GET",
    path: "/api/v1/overview",
    tag: "overview",
    permission: "service:read",
    summary: "Is anything wrong now",
    response: Strict({
      health: Health,
      text: Type.String(),
      callsPerSec: Type.Number(),
      failuresPerSec: Type.Number(),
      machinesOnline: Type.Integer(),
      machinesAway: Type.Integer(),
      runningReleases: Type.Array(Type.String()),
      services: Type.Array(
        Strict({
          service: FullName,
          health: Health,
          text: Type.String(),
          callsPerSec: Type.Number(),
          failureRatio: Type.Number(),
          p99Ms: Type.Union([Type.Number(), Type.Null()]),
        }),
      ),
    }),
  }),
  "metrics.attributes": route({
    method: "GET",
    path: "/api/v1/metrics/attributes",
    tag: "metrics",
    permission: "metric:read",
    summary: "Attributes that a service reported in a range",
    query: Strict({
      service: FullName,
      fromMs: From,
      toMs: To,
      match: Type.Optional(Type.String({ maxLength: 128, description: "part of the name" })),
    }),
    response: Strict({ attributes: Type.Array(Attribute) }),
  }),
  "metrics.series": route({
    method: "GET",
    path: "/api/v1/metrics/series",
    tag: "metrics",
    permission: "metric:read",
    summary: "Values of one attribute, as a sum or by machine. Steps of 5 s for the last 15 minutes, else of minutes",
    query: Strict({
      service: FullName,
      attribute: Type.String({ maxLength: 128 }),
      by: Type.Optional(OneOf(["sum", "machine"])),
      fromMs: From,
      toMs: To,
      stepMs: Type.Optional(Type.Integer({ minimum: 5000 })),
    }),
    response: Strict({ fromMs: From, stepMs: Type.Integer(), series: Type.Array(Series) }),
  }),
  "metrics.calls": route({
    method: "GET",
    path: "/api/v1/metrics/calls",
    tag: "metrics",
    permission: "metric:read",
    summary: "Calls, failures and latency percentiles of a service, as a sum or by instance",
    query: Strict({
      service: FullName,
      by: Type.Optional(OneOf(["sum", "machine"])),
      fromMs: From,
      toMs: To,
      stepMs: Type.Optional(Type.Integer({ minimum: 5000 })),
    }),
    response: Strict({ curves: Type.Array(CallCurves) }),
  }),
  "logs.search": route({
    method: "GET",
    path: "/api/v1/logs",
    tag: "logs",
    permission: "log:read",
    summary: "Find records by service, time, level, request id, machine and text; newest first",
    query: Strict({
      service: Type.Optional(FullName),
      requestId: Type.Optional(Type.String({ pattern: "^[0-9]{1,20}$" })),
      machine: Type.Optional(Type.String({ maxLength: 64 })),
      level: Type.Optional(OneOf(["TRACE", "DEBUG", "INFO", "ERROR", "FATAL"])),
      text: Type.Optional(Type.String({ maxLength: 256, description: "part of the body" })),
      hops: Type.Optional(Type.Boolean({ description: "also the automatic per-hop records; default false" })),
      fromMs: Type.Optional(From),
      toMs: Type.Optional(To),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 200 })),
      before: Type.Optional(Type.String({ maxLength: 64, description: "cursor of the previous page" })),
    }),
    response: Strict({
      records: Type.Array(LogRecord),
      next: Type.Union([Type.String(), Type.Null()]),
      histogram: Strict({ fromMs: From, stepMs: Type.Integer(), counts: Type.Array(Type.Integer()) }),
    }),
  }),
  "requests.get": route({
    method: "GET",
    path: "/api/v1/requests/:requestId",
    tag: "logs",
    permission: "log:read",
    summary: "One request: verdict, call graph with timings, lines of all hops",
    params: Strict({ requestId: Type.String({ pattern: "^[0-9]{1,20}$" }) }),
    response: RequestGraph,
  }),
  "requests.list": route({
    method: "GET",
    path: "/api/v1/requests",
    tag: "logs",
    permission: "log:read",
    summary: "Recent requests of a service with their outcome",
    query: Strict({
      service: FullName,
      failedOnly: Type.Optional(Type.Boolean()),
      fromMs: Type.Optional(From),
      toMs: Type.Optional(To),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    }),
    response: Strict({
      requests: Type.Array(
        Strict({
          requestId: Type.String(),
          service: FullName,
          method: Type.String(),
          caller: Type.String(),
          machine: Type.String(),
          startedAtMs: AtMs("began"),
          costMs: Type.Number(),
          err: Type.Integer(),
          reason: Type.String(),
        }),
      ),
    }),
  }),
  "audit.list": route({
    method: "GET",
    path: "/api/v1/audit",
    tag: "audit",
    permission: "audit:read",
    summary: "Who did what, newest first; each entry is chained to the one before",
    query: Strict({
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
      before: Type.Optional(Type.Integer()),
      target: Type.Optional(Type.String({ maxLength: 128 })),
    }),
    response: Strict({ entries: Type.Array(AuditEntry), chainIntact: Type.Boolean() }),
  }),
  "health.get": route({
    method: "GET",
    path: "/api/v1/health",
    tag: "overview",
    permission: "public",
    summary: "The console answers",
    response: Strict({ status: Type.Literal("ok"), version: Type.String() }),
  }),
} as const;
