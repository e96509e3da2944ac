/** Nothing that dies, hangs or fills up may fail an idempotent call while one instance is left. Real processes, real signals. */
import { readFileSync } from "node:fs";
import { killProcess, TestScope, waitUntil } from "@msec/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { deployFlight, FLIGHT, type FlightDeployment } from "../e2e/flight.js";
import { type HostState, type TestMachine, TestPlatform } from "../e2e/test-platform.js";
import { FlightTraffic } from "./flight-traffic.js";

const SPOOL_CAP = ["--log-spool-max-bytes", String(1 << 20), "--log-segment-bytes", String(1 << 16)];

const scope = new TestScope();
const platform = new TestPlatform(scope);
let caller: TestMachine;
let victim: TestMachine;
let flight: FlightDeployment;
let traffic: FlightTraffic;

beforeAll(async () => {
  await platform.startConsole();
  caller = await platform.addMachine("127.0.0.16", SPOOL_CAP);
  victim = await platform.addMachine("127.0.0.17");
  flight = await deployFlight(platform, [caller, victim]);
  traffic = new FlightTraffic(caller.home);
  scope.add(() => traffic.stop());
  await traffic.flow(200);
});
afterAll(() => scope.close());
afterEach(() => {
  expect(traffic.errors).toEqual([]);
});

const host = (): HostState => {
  const state = platform.hostState(victim, FLIGHT);
  if (!state) throw new Error("the victim's controller told no state");
  return state;
};
const workerPid = () => host().workers[0]?.pid ?? 0;

/** Calls that one process has answered are seen in the processor time it took. */
function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

async function victimServes(): Promise<void> {
  await waitUntil("the victim runs", () => host().state === "running" && host().workers.length === 1, 30_000);
  const pid = workerPid();
  const before = cpuTicks(pid);
  await waitUntil("the victim gets its share again", () => cpuTicks(pid) > before + 3, 30_000);
}

describe("one of two instances", () => {
  it("dies at once: controller and worker by kill -9", async () => {
    const { pid } = host();
    const pids = [pid, workerPid()];
    expect(pids.map((one) => killProcess(one))).toEqual([true, true]);
    await traffic.flow(200);
    await waitUntil("its agent starts it again", () => host().pid !== pid, 30_000);
    await victimServes();
  });

  it("loses its worker by kill -9; the controller replaces it", async () => {
    const { pid, restarts } = host();
    expect(killProcess(workerPid())).toBe(true);
    await traffic.flow(200);
    await waitUntil("it has a new worker", () => host().restarts === restarts + 1, 30_000);
    expect(host().pid).toBe(pid);
    await victimServes();
  });

  it("is ended by SIGTERM: it drains, and its agent starts it again", async () => {
    const { pid } = host();
    expect(killProcess(pid, "SIGTERM")).toBe(true);
    await traffic.flow(200);
    await waitUntil("its agent starts it again", () => host().pid !== pid, 30_000);
    await victimServes();
  });

  it("hangs: SIGSTOP of its worker, which still holds its connections", async () => {
    const pid = workerPid();
    expect(killProcess(pid, "SIGSTOP")).toBe(true);
    await traffic.flow(500);
    killProcess(pid, "SIGCONT");
    await victimServes();
  });
});

describe("the platform", () => {
  it("is gone: console and both agents by kill -9, then back; services are not touched", async () => {
    const pids = [caller, victim].map((machine) => platform.hostState(machine, FLIGHT)?.pid);
    await Promise.all([
      platform.console.stop("SIGKILL"),
      platform.agent(caller).stop("SIGKILL"),
      platform.agent(victim).stop("SIGKILL"),
    ]);
    await traffic.flow(500);
    await platform.startConsole();
    await platform.startAgent(caller, SPOOL_CAP);
    await platform.startAgent(victim);
    expect([caller, victim].map((machine) => platform.hostState(machine, FLIGHT)?.pid)).toEqual(pids);
    await traffic.flow(100);
  });

  it("can't keep more logs: old ones are dropped and counted, no call notices", async () => {
    await platform.console.stop("SIGKILL");
    await traffic.flow(6_000);
    await platform.startConsole();
    const dropped = await waitUntil(
      "the console is told of dropped records",
      async () => {
        const { machines } = await platform.api("machines.list");
        return machines.find((machine) => machine.name === caller.name && machine.droppedLogs > 0);
      },
      30_000,
    );
    expect(dropped.droppedLogs).toBeGreaterThan(0);
    await waitUntil(
      "the rest is delivered",
      async () => {
        const { machines } = await platform.api("machines.list");
        return machines.every((machine) => machine.spooledLogs < 500);
      },
      30_000,
    );
    expect(flight.addresses).toHaveLength(2);
  });
});
