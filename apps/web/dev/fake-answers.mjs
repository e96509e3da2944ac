/** Invented answers by route name. Times are around now; running things move. */
import { calls, logs, requestGraph, requests, series, sparkline } from "./fake-telemetry.mjs";

const now = () => Date.now();
const MIN = 60_000;
const groups = [
  { name: "Flight", kind: "standard", createdAtMs: now() - 90 * 24 * 3600e3 },
  { name: "VOA", kind: "standard", createdAtMs: now() - 90 * 24 * 3600e3 },
  { name: "Database", kind: "external", createdAtMs: now() - 90 * 24 * 3600e3 },
];
const service = (first, second, health, healthText, more = {}) => ({
  first,
  second,
  kind: "standard",
  language: "typescript",
  port: 7963,
  memo: "",
  settings: { policy: "adaptive", locality: "none", partition: false, check: "none", tuning: {} },
  createdAtMs: now() - 40 * 24 * 3600e3,
  health,
  healthText,
  instanceCount: 3,
  enabledCount: 2,
  ...more,
});
const services = [
  service("Flight", "mod_flight", "degraded", "1 of 2 in traffic is ejected by web-1", { memo: "flight queries" }),
  service("Flight", "client", "well", "2 of 2 in traffic"),
  service("VOA", "Crawl", "failing", "no instance answers", { port: 7964 }),
  service("VOA", "Jsoup", "unknown", "no instance in traffic", { enabledCount: 0, port: 7965 }),
  service("Database", "mysql", "well", "1 of 1 in traffic", {
    kind: "external",
    settings: { policy: "odd", locality: "zone", partition: false, check: "tcp", tuning: {} },
    port: 0,
    language: "",
    instanceCount: 1,
    enabledCount: 1,
  }),
];
const names = ["flight-1", "flight-2", "crawl-1"];
const machine = (name, index) => ({
  machineId: `m-${index + 1}a7c3f0e9b2`,
  name,
  address: `127.0.0.${index + 2}`,
  labels: { zone: `z${index + 1}`, rack: "r1", set: "" },
  state: index === 2 ? "away" : "online",
  agentVersion: index === 1 ? "0.1.0" : "0.1.1",
  platform: "linux x64, Node 20.20.2",
  joinedAtMs: now() - 12 * 24 * 3600e3,
  lastSeenAtMs: now() - (index === 2 ? 7 * MIN : 900),
  namingRevision: 41,
  clockOffsetMs: 3,
  load:
    index === 2
      ? null
      : {
          cpuRatio: 0.23 + index * 0.6,
          memoryTotalBytes: 8e9,
          memoryFreeBytes: 3.1e9,
          loadAverage1m: 0.42,
          diskFreeBytes: 41e9,
        },
  services: ["Flight.mod_flight", "VOA.Crawl"].map((each, i) => ({
    service: each,
    state: "running",
    releaseId: `r-${16 + i}`,
    pid: 4411 + i,
    workers: 2,
    restarts: i,
    text: "2 of 2 workers are listening",
  })),
  spooledLogs: index * 120,
  droppedLogs: index === 1 ? 14 : 0,
});
const machines = () => names.map(machine);
const view = (name, state, text = "") => ({
  machine: name,
  state,
  successRatio: state === "well" ? 0.9998 : 0.41,
  latencyMs: state === "well" ? 2.9 : 880,
  inFlight: 3,
  text,
});
const instances = [0, 1, 2].map((index) => ({
  address: `127.0.0.${index + 2}:7963`,
  host: `127.0.0.${index + 2}`,
  port: 7963,
  transport: "all",
  weight: 100,
  labels: { zone: `z${index + 1}`, rack: "r1", set: "" },
  labelsFrom: "machine",
  status: index === 2 ? "disabled" : "enabled",
  releaseMemo: "11220930 faster",
  machineId: `m-${index + 1}a7c3f0e9b2`,
  machineName: names[index],
  machineState: index === 2 ? "away" : "online",
  process: {
    state: index === 2 ? "unknown" : "running",
    releaseId: index === 1 ? "r-16" : "r-17",
    pid: 4411,
    workers: 2,
    restarts: index,
    sinceAtMs: now() - 3 * 3600e3,
    text: "",
  },
  views:
    index === 2
      ? []
      : [
          view(
            "web-1",
            index === 1 ? "ejected" : "well",
            index === 1 ? "ejected 12 s ago: refused connections; next probe in 3 s" : "",
          ),
          view("web-2", "well"),
        ],
}));
const config = (n) =>
  `[SRPC]\nlisten = 7963/udp 7963/tcp\nprocnum = ${n}\n\n[LOG]\nLevel = ${n > 1 ? "INFO" : "DEBUG"}\n${n > 2 ? "\n[COLOR]\nuin = 11228491\n" : ""}`;
const texts = new Map([1, 2, 3].map((n) => [`v${n}`, config(n)]));
const version = (tag, index) => ({
  tag,
  memo: index % 2 ? "faster queries" : "",
  author: "lisa",
  createdAtMs: now() - (index + 1) * 26 * 3600e3,
  sizeBytes: 2100 + index * 40_000,
  sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  usedBy: index < 2 ? ["r-16", "r-17"] : [],
});
const versions = () => ({ versions: [...texts.keys()].reverse().map(version) });
const step = (agoMs, name, text) => ({ atMs: now() - agoMs, step: name, text });
const target = (index, status, steps, more = {}) => ({
  address: `127.0.0.${index + 2}:7963`,
  machineName: names[index],
  status,
  previousReleaseId: "r-16",
  startedAtMs: now() - 9000,
  endedAtMs: null,
  error: null,
  errorReason: null,
  steps,
  ...more,
});
const release = (n, status, targets) => ({
  releaseId: `r-${n}`,
  service: "Flight.mod_flight",
  releaseType: "complete",
  configTag: n > 16 ? "v3" : "v2",
  pluginTag: n > 16 ? "v3" : "v2",
  idlTag: "v1",
  memo: n === 17 ? "faster queries" : "",
  status,
  author: "lisa",
  createdAtMs: now() - (20 - n) * 25 * MIN,
  startedAtMs: status === "ready" ? null : now() - (20 - n) * 4 * MIN + 1000,
  endedAtMs: ["running", "ready"].includes(status) ? null : now() - (20 - n) * 4 * MIN + 21_000,
  targets,
});
const began = now();
const moving = () => {
  const second = Math.floor((now() - began) / 1000) % 30;
  const steps = [
    step(8000, "transfer", "412 KiB sent, hash matches"),
    step(6000, "install", "unpacked to releases/r-18"),
    step(4000, "switch", "current → r-18"),
    step(1000, "start", "2 workers are starting"),
  ];
  return release(18, "running", [
    target(0, "succeeded", [...steps, step(500, "healthy", "2 of 2 workers are listening")], {
      endedAtMs: now() - 4000,
    }),
    target(1, second % 15 > 7 ? "starting" : "installing", steps.slice(0, 1 + (second % 4))),
    target(2, "waiting", [], { startedAtMs: null }),
  ]);
};
const refused = [
  target(0, "succeeded", [step(9000, "healthy", "2 of 2 workers are listening")], { endedAtMs: now() }),
  target(1, "failed", [step(9000, "transfer", "sent"), step(7000, "start", "init failed")], {
    error: "port 7963 is in use by pid 812",
    errorReason: "REL_START_FAILED",
    endedAtMs: now(),
  }),
];
const releases = () => [
  moving(),
  release(
    17,
    "succeeded",
    refused.map((each) => ({ ...each, status: "succeeded", error: null })),
  ),
  release(16, "failed", refused),
  release(15, "rolled_back", refused),
  release(14, "ready", [target(0, "waiting", [])]),
];
const user = { name: "lisa", role: "admin", createdAtMs: now() - 30 * 24 * 3600e3 };
const all = [
  "self",
  "service:read",
  "service:write",
  "release:write",
  "capacity:write",
  "machine:read",
  "machine:write",
  "metric:read",
  "log:read",
  "user:admin",
  "audit:read",
];
let session = process.env.SIGNED_OUT ? undefined : { user, permissions: all, expiresAtMs: now() + 8 * 3600e3 };
const failure = (status, code, reason, message) => ({ status, code, reason, message });
const signIn = () => (session = { user, permissions: all, expiresAtMs: now() + 8 * 3600e3 });
const find = (list, test, what) => list.find(test) ?? fail(404, "NOT_FOUND", "CON_NOT_FOUND", `${what} does not exist`);
const fail = (...parts) => {
  throw failure(...parts);
};
const token = { tokenId: "t-1", createdBy: "lisa", createdAtMs: now(), expiresAtMs: now() + 60 * MIN, usedBy: null };

const none = () => ({});
const keep = (body) => {
  texts.set(body.tag, body.content);
  return version(body.tag, 0);
};
const signOut = () => {
  session = undefined;
  return {};
};
const add = (list, item) => {
  list.push(item);
  return item;
};
const makeToken = (command) => {
  token.createdAtMs = now();
  return { token, secret: "x", command };
};

const textHandlers = (kind) => ({
  [`${kind}.list`]: versions,
  [`${kind}.get`]: ({ params }) => ({
    version: version(params.tag, 1),
    content: texts.get(params.tag) ?? fail(404, "NOT_FOUND", "CON_NOT_FOUND", "no such version"),
  }),
  [`${kind}.create`]: ({ body }) =>
    texts.has(body.tag)
      ? fail(
          409,
          "ALREADY_EXISTS",
          "CON_TAG_EXISTS",
          `version ${body.tag} exists already; versions never change, choose another tag`,
        )
      : keep(body),
  [`${kind}.check`]: ({ body }) => ({
    problems: body.content.split("\n").flatMap((line, i) =>
      /^\w+\s*$/.test(line)
        ? [
            {
              line: i + 1,
              column: 1,
              rule: "ini/assignment",
              message: `expected key = value, found "${line}"`,
              severity: "error",
            },
          ]
        : [],
    ),
  }),
  [`${kind}.sample`]: () => ({ content: config(2) }),
  [`${kind}.delete`]: ({ params }) => none(texts.delete(params.tag)),
});

export const handlers = {
  "setup.get": () => ({ needed: Boolean(process.env.SETUP) }),
  "setup.create": signIn,
  "sessions.create": ({ body }) =>
    body.password === "wrong"
      ? fail(401, "UNAUTHENTICATED", "CON_LOGIN_REFUSED", "name or password is wrong")
      : signIn(),
  "sessions.current": () => session ?? fail(401, "UNAUTHENTICATED", "CON_SIGNED_OUT", "sign in first"),
  "sessions.delete": () => signOut(),
  "users.list": () => ({ users: [user, { name: "bob", role: "viewer", createdAtMs: now() - 3600e3 }] }),
  "users.create": ({ body }) => ({ name: body.name, role: body.role, createdAtMs: now() }),
  "users.delete": () => ({}),
  "users.password": () => ({}),
  "apiTokens.list": () => ({
    tokens: [
      {
        tokenId: "a1",
        name: "ci",
        role: "operator",
        createdBy: "lisa",
        createdAtMs: now() - 9e8,
        lastUsedAtMs: now() - 7e5,
      },
    ],
  }),
  "apiTokens.create": () => ({ token: {}, secret: "msec_3f9a1c7be21d4f0a9b8c7d6e5f4a3b2c" }),
  "apiTokens.delete": () => ({}),
  "groups.create": ({ body }) => add(groups, { ...body, createdAtMs: now() }),
  "groups.delete": ({ params }) =>
    none(
      groups.splice(
        groups.findIndex((group) => group.name === params.first),
        1,
      ),
    ),
  "services.list": () => ({ groups, services }),
  "services.create": ({ body }) =>
    add(
      services,
      service(body.first, body.second, "unknown", "no instance yet", { ...body, instanceCount: 0, enabledCount: 0 }),
    ),
  "services.get": ({ params }) =>
    find(services, (s) => s.first === params.first && s.second === params.second, "the service"),
  "services.delete": () => ({}),
  "instances.list": ({ params }) => ({ instances: params.second === "Jsoup" ? [] : instances }),
  "instances.create": () => ({ instances }),
  "instances.delete": () => ({}),
  "instances.order": ({ body }) => ({ text: `${body.action} done: 2 of 2 workers are listening` }),
  "capacity.change": ({ body }) => {
    const inside = instances.filter((i) =>
      body.addresses.includes(i.address) ? body.action === "expand" : i.status === "enabled",
    );
    if (!body.dryRun) for (const i of instances) i.status = inside.includes(i) ? "enabled" : "disabled";
    return {
      text: `${body.action === "expand" ? "puts" : "takes"} ${body.addresses.join(", ")} ${body.action === "expand" ? "into" : "out of"} traffic; ${inside.length} of ${instances.length} in traffic`,
      inTraffic: inside.map((i) => i.address),
      revision: 42,
      agentsTold: 2,
      agentsOnline: 2,
    };
  },
  "naming.get": () => ({ service: "Flight.mod_flight", policy: "adaptive", revision: 41, instances: [] }),
  ...textHandlers("configs"),
  ...textHandlers("idls"),
  "plugins.list": versions,
  "plugins.upload": ({ params, body }) => ({ ...version(params.tag, 0), sizeBytes: body.length }),
  "plugins.delete": () => ({}),
  "releases.list": ({ query }) => ({
    releases: releases()
      .filter((r) => (!query.service || r.service === query.service) && (!query.status || r.status === query.status))
      .slice(0, Number(query.limit ?? 50)),
  }),
  "releases.get": ({ params }) => find(releases(), (r) => r.releaseId === params.releaseId, "the release"),
  "releases.create": moving,
  "releases.start": moving,
  "releases.rollback": moving,
  "releases.delete": () => ({}),
  "machines.list": () => ({ machines: machines() }),
  "machines.get": ({ params }) => find(machines(), (m) => m.machineId === params.machineId, "the machine"),
  "machines.orders": () => ({
    orders: ["install", "start", "stop"].map((op, i) => ({
      orderId: `o-8c1f2e3d4b5a${i}`,
      machineId: "m-1",
      machineName: "flight-1",
      op,
      argsText: "Flight.mod_flight r-17",
      status: ["succeeded", "sent", "failed"][i],
      author: "lisa",
      issuedAtMs: now() - i * 6e5,
      endedAtMs: null,
      error: i === 2 ? "no such process" : null,
    })),
  }),
  "machines.delete": () => ({}),
  "joinTokens.list": () => ({
    tokens: [{ ...token, usedBy: now() - token.createdAtMs > 6000 ? "m-1a7c3f0e9b2" : null }],
  }),
  "joinTokens.create": () =>
    makeToken(
      "npx msec agent --join msec1.eyJhIjoiMTI3LjAuMC4xOjk5ODEiLCJmIjoiOWY4NmQwODE4ODRjN2Q2NTlhMmZlYWEwYzU1YWQwMTUifQ",
    ),
  "overview.get": () => ({
    health: process.env.WELL ? "well" : "failing",
    text: "VOA.Crawl: no instance answers",
    callsPerSec: 1204.3,
    failuresPerSec: 2.4,
    machinesOnline: 2,
    machinesAway: 1,
    runningReleases: ["r-18"],
    services: services
      .filter((s) => s.kind === "standard")
      .map((s, i) => ({
        service: `${s.first}.${s.second}`,
        health: s.health,
        text: s.healthText,
        callsPerSec: 601.2 / (i + 1),
        failureRatio: i === 2 ? 0.18 : i === 0 ? 0.0002 : 0,
        p99Ms: i === 3 ? null : 3.1 * (i + 1),
      })),
  }),
  "metrics.attributes": ({ query }) => {
    const names = [
      "usr.orders",
      "usr.cache hit",
      "usr.cache miss",
      "frm.rpc requests",
      "frm.rpc requests failed",
      "frm.rpc caller [Web.front]",
      "frm.rpc caller [Web.mobile]",
      "frm.rpc call [VOA.Crawl:crawl.CrawlService.GetMP3List]",
      "frm.rpc call [VOA.Crawl:crawl.CrawlService.GetMP3List] success",
      "frm.rpc call [VOA.Crawl:crawl.CrawlService.GetMP3List] fail:timed out",
      "frm.rpc call [Database.mysql:query]",
      ...["0~1ms", "1~2ms", "2~5ms", "5~10ms"].map((b) => `frm.rpc request cost [${b}]`),
      "frm.ctrl start-up worker",
    ];
    return {
      attributes: names
        .filter((n) => n.includes(query.match ?? ""))
        .map((attribute, i) => ({
          attribute,
          sum: Math.round(90_000 / (i + 1)),
          lastAtMs: now() - 2000,
          machines: ["127.0.0.2", "127.0.0.3"],
          sparkline: sparkline(i),
        })),
    };
  },
  "metrics.series": series,
  "metrics.calls": calls,
  "logs.search": logs,
  "requests.get": requestGraph,
  "requests.list": requests,
  "audit.list": ({ query }) => ({
    chainIntact: true,
    entries: query.before
      ? []
      : ["release.start", "capacity.shrink", "config.create", "session.create"].map((action, i) => ({
          entryId: 400 - i,
          atMs: now() - (i + 1) * 17 * MIN,
          actor: i % 2 ? "bob" : "lisa",
          action,
          target: "Flight.mod_flight",
          text: ["started r-17 on 2 machines", "took 127.0.0.4:7963 out of traffic", "saved config v3", "signed in"][i],
        })),
  }),
  "health.get": () => ({ status: "ok", version: "0.1.0" }),
};
