import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import { describe, expect, it } from "vitest";
import { agentRequests, challengeText, consoleRequests, Order } from "./messages.js";

const facts = { name: "m1", address: "127.0.0.2", version: "0.1.0", platform: "linux x64", linkVersion: 1 };
const load = { cpuRatio: 0.5, memoryTotalBytes: 1, memoryFreeBytes: 1, loadAverage1m: 0.1, diskFreeBytes: 1 };
const processReport = {
  service: "A.b",
  state: "running",
  releaseId: null,
  pid: 7,
  workers: 2,
  restarts: 0,
  sinceAtMs: 0,
  text: "",
};
const routeReport = {
  service: "A.b",
  address: "127.0.0.2:80",
  state: "well",
  successRatio: 1,
  latencyMs: 1.5,
  inFlight: 0,
  text: "",
};
const beat = { atMs: 1, namingRevision: 0, load, processes: [processReport], routes: [routeReport] };
const point = { service: "A.b", attribute: "frm.x", kind: "add", atSec: 1, value: 2 };
const sha256 = "0".repeat(64);
const instance = { host: "127.0.0.2", port: 80, transport: "all", weight: 100 };
const entry = { service: "A.b", policy: "adaptive", revision: 1, instances: [instance] };
const push = { kind: "delta", baseRevision: 0, revision: 1, services: [entry], removed: [], confirmedEmpty: false };
const proof = { agentId: "a", signature: "AA==", facts, namingRevision: 0 };

const requests = { ...agentRequests, ...consoleRequests };
type Method = keyof typeof requests;
const check = (method: Method, value: unknown) => Value.Check(requests[method].request as TSchema, value);

const good: Readonly<Record<Method, object>> = {
  join: { tokenId: "t", tokenSecret: "s", publicKey: "AA==", facts },
  challenge: { agentId: "a" },
  authenticate: proof,
  heartbeat: { ...beat, spooledLogs: 0, droppedLogs: 0 },
  metrics: { batchId: 1, points: [point] },
  logs: { batchId: 1, events: [{ atMs: 1, headers: { ReqID: "7" }, body: "text" }] },
  "blob.read": { sha256, offset: 0, maxBytes: 1 << 20 },
  "order.progress": { orderId: "o", atMs: 1, step: "stop", text: "" },
  "order.result": { orderId: "o", atMs: 1, ok: true, text: "", reason: "", previousReleaseId: "" },
  "tls.trust": { trusted: sha256, issuers: ["ca-1"] },
  "tls.issue": { service: "A.b", publicKey: "AA==", proof: "AA==" },
  "tls.changed": {},
  "routes.read": { service: "A.b", picks: 1_000, key: "" },
  "naming.apply": push,
  order: { payload: "{}", signature: "AA==" },
};

const labels = { zone: "eu-1a", rack: "r07", set: "blue" };
const settings = { check: "tcp", locality: "rack", partition: true, tuning: { success_ratio_base: 0.9 } };
const labelled = {
  ...push,
  ...{ kind: "snapshot", epoch: "E1", part: 1, parts: 3, local: labels },
  services: [{ ...entry, ...settings, instances: [{ ...instance, host: "2001:db8::1", ...labels }] }],
};

describe("link requests", () => {
  it("naming.apply has labels, settings, an epoch and parts, or none of them as older peers send it", () => {
    expect([check("naming.apply", labelled), check("naming.apply", push)]).toEqual([true, true]);
    expect([check("authenticate", { ...proof, namingEpoch: "E1" }), check("authenticate", proof)]).toEqual([
      true,
      true,
    ]);
  });

  it.each(Object.entries(good))("%s are taken as they should be, and with nothing more or less", (method, value) => {
    expect(check(method as Method, value)).toBe(true);
    expect(check(method as Method, { ...value, extra: 1 })).toBe(false);
    expect(check(method as Method, null)).toBe(false);
    for (const key of Object.keys(value)) {
      const { [key]: _, ...less } = value as Record<string, unknown>;
      expect(check(method as Method, less), `${method} without ${key}`).toBe(false);
    }
  });

  it.each<[string, Method, object]>([
    ["a key that is no base64", "join", { ...good.join, publicKey: "a b" }],
    ["a signature of 257 characters", "authenticate", { ...proof, signature: "A".repeat(257) }],
    ["a negative revision", "authenticate", { ...proof, namingRevision: -1 }],
    ["a fraction as revision", "authenticate", { ...proof, namingRevision: 0.5 }],
    ["a load that is not a number", "heartbeat", { ...good.heartbeat, load: { ...load, cpuRatio: Number.NaN } }],
    ["an unknown process state", "heartbeat", { ...good.heartbeat, processes: [{ ...processReport, state: "well" }] }],
    ["too many routes", "heartbeat", { ...good.heartbeat, routes: Array.from({ length: 2001 }, () => routeReport) }],
    ["too many points", "metrics", { batchId: 1, points: Array.from({ length: 5001 }, () => point) }],
    ["an infinite value", "metrics", { batchId: 1, points: [{ ...point, value: Number.POSITIVE_INFINITY }] }],
    ["a body of 8193 characters", "logs", { batchId: 1, events: [{ atMs: 1, headers: {}, body: "x".repeat(8193) }] }],
    ["a number as log header", "logs", { batchId: 1, events: [{ atMs: 1, headers: { a: 1 }, body: "" }] }],
    ["a path as hash", "blob.read", { sha256: "../../etc/passwd", offset: 0, maxBytes: 1 }],
    ["a negative offset", "blob.read", { sha256, offset: -1, maxBytes: 1 }],
    ["a part above 1 MiB", "blob.read", { sha256, offset: 0, maxBytes: (1 << 20) + 1 }],
    ["no pick", "routes.read", { service: "A.b", picks: 0, key: "" }],
    ["a zone with a blank", "naming.apply", { ...push, local: { zone: "a b" } }],
    ["an unknown tuning key", "naming.apply", { ...push, services: [{ ...entry, tuning: { ratio: 1 } }] }],
    ["an unknown check", "naming.apply", { ...push, services: [{ ...entry, check: "udp" }] }],
    ["weight 0", "naming.apply", { ...push, services: [{ ...entry, instances: [{ ...instance, weight: 0 }] }] }],
    ["port 65536", "naming.apply", { ...push, services: [{ ...entry, instances: [{ ...instance, port: 65_536 }] }] }],
    ["an order of 65537 characters", "order", { payload: "x".repeat(65_537), signature: "" }],
  ])("are refused with %s", (_, method, value) => {
    expect(check(method, value)).toBe(false);
  });
});

describe("orders", () => {
  const order = { orderId: "o", agentId: "a", issuedAtMs: 1, expiresAtMs: 2 };
  const blob = { sha256, sizeBytes: 1, tag: "v1" };
  const install = { op: "release.install", service: "A.b", releaseId: "r-1", plugin: blob, config: blob };
  const activate = { op: "release.activate", service: "A.b", releaseId: "r-1", port: 80, healthTimeoutMs: 1000 };

  it.each([
    install,
    activate,
    { op: "service.start", service: "A.b" },
    { op: "service.stop", service: "A.b" },
    { op: "service.restart", service: "A.b" },
  ])("may tell $op", (action) => {
    expect(Value.Check(Order, { ...order, action })).toBe(true);
    expect(Value.Check(Order, { ...order, action: { ...action, command: "rm -rf /" } })).toBe(false);
  });

  it.each([
    ["an unknown op", { op: "shell.run", service: "A.b" }],
    ["a release id that is a path", { ...install, releaseId: "../r-1" }],
    ["a hash that is none", { ...install, plugin: { ...blob, sha256: "x" } }],
    ["port 0", { ...activate, port: 0 }],
    ["no time for health", { ...activate, healthTimeoutMs: 0 }],
    ["no service", { op: "service.stop" }],
  ])("are refused with %s", (_, action) => {
    expect(Value.Check(Order, { ...order, action })).toBe(false);
  });
});

it("the text that an agent signs binds agent, nonce and console together", () => {
  const text = challengeText("a", "n", "AA:BB");
  expect(text).toBe("msec-link-v1\na\nn\nAA:BB\n");
  const others = [challengeText("b", "n", "AA:BB"), challengeText("a", "m", "AA:BB"), challengeText("a", "n", "AA")];
  expect(new Set([text, ...others]).size).toBe(4);
});
