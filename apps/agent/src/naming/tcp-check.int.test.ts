import { createServer, type Server } from "node:net";
import { HEALTH_FIELD as F, PROBE_RESULT } from "@msec/balancer";
import { bootTick, type LiveTable, openLiveTable, openLiveTableWriter } from "@msec/shm";
import { freePort, makeTempDirectory, TestScope, waitUntil } from "@msec/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TcpCheck } from "./tcp-check.js";

const INTERVAL_MS = 80;
const HOST = "127.0.0.1";

let scope: TestScope;
let view: LiveTable;
let ports: number[];
const servers = new Map<number, Server>();
const accepted = new Map<number, number>();

beforeEach(() => {
  scope = new TestScope();
  servers.clear();
  accepted.clear();
});
afterEach(() => scope.close());

function listen(port: number): Promise<void> {
  const server = createServer((socket) => {
    accepted.set(port, (accepted.get(port) ?? 0) + 1);
    socket.destroy();
  });
  servers.set(port, server);
  scope.add(() => server.close());
  return new Promise((resolve) => server.listen(port, HOST, resolve));
}

const unlisten = (port: number) => new Promise((resolve) => servers.get(port)?.close(resolve));

/** A service with so many instances, the first `alive` of which listen. */
async function start(count: number, alive: number): Promise<void> {
  ports = [];
  for (let n = 0; n < count; n++) {
    const port = await freePort();
    ports.push(port);
    if (n < alive) await listen(port);
  }
  const path = `${makeTempDirectory(scope, "tcp-check")}/Database.mysql.live`;
  const writer = openLiveTableWriter(path);
  writer.setMembers(
    1,
    ports.map((port) => ({ host: HOST, port, transport: "tcp", weight: 100 })),
  );
  view = openLiveTable(path);
  const check = new TcpCheck({ views: () => [["Database.mysql", view]], intervalMs: INTERVAL_MS });
  scope.add(() => writer.close());
  scope.add(() => check.stop());
}

const slotOf = (n: number) => [...view.snapshot.slots].find((slot) => view.port(slot) === ports[n]) ?? -1;
const isOut = (n: number) => view.get(slotOf(n), F.ejectedUntil) !== 0;
const probed = (n: number) => view.get(slotOf(n), F.probeResult);

describe("the check of foreign instances", () => {
  it("takes a dead one out without any call, keeps it out, and lets it in when it listens again", async () => {
    await start(3, 2);
    await waitUntil("the dead one is out", () => isOut(2), 5_000);
    expect([isOut(0), isOut(1)]).toEqual([false, false]);
    expect(view.get(slotOf(2), F.ejectedUntil) - bootTick(), "past the next dial").toBeGreaterThan(INTERVAL_MS / 3);
    await listen(ports[2] ?? 0);
    await waitUntil("it is back", () => !isOut(2), 5_000);
    expect(probed(2)).toBe(PROBE_RESULT.answered);
  });

  it("notices one that dies later", async () => {
    await start(2, 2);
    await waitUntil(
      "both answered",
      () => probed(0) === PROBE_RESULT.answered && probed(1) === PROBE_RESULT.answered,
      5_000,
    );
    await unlisten(ports[1] ?? 0);
    await waitUntil("it is out", () => isOut(1), 5_000);
    expect(isOut(0)).toBe(false);
  });

  it("never takes all out: without one that answers it only notes what it saw", async () => {
    await start(3, 0);
    await waitUntil("all were tried", () => [0, 1, 2].every((n) => probed(n) === PROBE_RESULT.failed), 5_000);
    for (let round = 0; round < 4; round++) {
      const before = view.get(slotOf(round % 3), F.probeAt);
      await waitUntil("another try", () => view.get(slotOf(round % 3), F.probeAt) !== before, 5_000);
    }
    expect([0, 1, 2].map(isOut)).toEqual([false, false, false]);
    await listen(ports[0] ?? 0);
    await waitUntil("the others are out", () => isOut(1) && isOut(2), 5_000);
    await unlisten(ports[0] ?? 0);
    await waitUntil("the last one is seen dead", () => probed(0) === PROBE_RESULT.failed, 5_000);
    expect(isOut(0), "the last one stays").toBe(false);
  });

  it("dials at its rate, and leaves alone whom calls report about", async () => {
    await start(2, 2);
    const report = setInterval(() => view.set(slotOf(0), F.lastReportAt, bootTick()), INTERVAL_MS / 4);
    scope.add(() => clearInterval(report));
    view.set(slotOf(0), F.lastReportAt, bootTick());
    const startedMs = performance.now();
    await waitUntil("several dials", () => (accepted.get(ports[1] ?? 0) ?? 0) >= 6, 10_000);
    const mostDials = (performance.now() - startedMs) / (INTERVAL_MS * 0.7) + 2;
    expect(accepted.get(ports[1] ?? 0)).toBeLessThanOrEqual(mostDials);
    expect(accepted.get(ports[0] ?? 0) ?? 0).toBe(0);
  });
});
