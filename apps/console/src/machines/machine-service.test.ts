import { NO_LABELS } from "@msec/naming";
import type { Heartbeat } from "@msec/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "../database/database.js";
import { machineFacts } from "./machine-facts.js";
import { AWAY_AFTER_MS, MachineService } from "./machine-service.js";

let database: Database;
let machines: MachineService;
let nowMs: number;
let connected: Set<string>;
let disconnected: string[];

beforeEach(async () => {
  database = await openDatabase(":memory:");
  nowMs = 1_000_000;
  connected = new Set(["a", "b"]);
  disconnected = [];
  machines = new MachineService({
    database,
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: () => Promise.resolve() },
    isConnected: (machineId) => connected.has(machineId),
    disconnect: (machineId) => disconnected.push(machineId),
    inTraffic: async () => [],
    inRelease: async () => [],
    onLabels: async () => undefined,
  });
  for (const [machineId, address] of [
    ["a", "10.0.0.1"],
    ["b", "10.0.0.2"],
  ] as const) {
    const rest = { labels: NO_LABELS, publicKey: "", agentVersion: "0", platform: "p", joinedAtMs: 1, lastSeenAtMs: 1 };
    await database.stores.machines.add({ machineId, name: `m${machineId}`, address, ...rest });
  }
});
afterEach(() => database.close());

const facts = (change = {}) => ({
  name: "ma",
  address: "10.0.0.1",
  version: "1",
  platform: "p",
  linkVersion: 1,
  ...change,
});
const load = { cpuRatio: 0, memoryTotalBytes: 0, memoryFreeBytes: 0, loadAverage1m: 0, diskFreeBytes: 0 };
const beat = (change: Partial<Heartbeat> = {}): Heartbeat => ({
  atMs: nowMs,
  namingRevision: 0,
  load,
  processes: [],
  routes: [],
  spooledLogs: 0,
  droppedLogs: 0,
  ...change,
});
const service = "Flight.mod";
const running = {
  service,
  state: "running",
  releaseId: "r-1",
  pid: 7,
  workers: 2,
  restarts: 0,
  sinceAtMs: 1,
  text: "",
} as const;
const route = {
  service,
  address: "10.0.0.1:80",
  state: "well",
  successRatio: 1,
  latencyMs: 2,
  inFlight: 0,
  text: "",
} as const;

describe("a machine", () => {
  it("is online from its connection on, and away without a heartbeat for 15 s or without a connection", async () => {
    expect(machines.isOnline("a")).toBe(false);
    await machines.onConnected("a", facts());
    expect(machines.isOnline("a")).toBe(true);
    nowMs += AWAY_AFTER_MS - 1;
    expect(machines.isOnline("a")).toBe(true);
    nowMs += 1;
    expect(machines.isOnline("a")).toBe(false);
    await machines.onHeartbeat("a", beat());
    expect(machines.isOnline("a")).toBe(true);
    connected.delete("a");
    expect(machines.isOnline("a")).toBe(false);
  });

  it("has its last sign of life stored once a minute", async () => {
    await machines.onConnected("a", facts());
    const stored = async () => (await machines.row("a")).lastSeenAtMs;
    const connectedAtMs = nowMs;
    nowMs += 60_000;
    await machines.onHeartbeat("a", beat());
    expect(await stored()).toBe(connectedAtMs);
    expect((await machines.get("a")).lastSeenAtMs).toBe(nowMs);
    nowMs += 1;
    await machines.onHeartbeat("a", beat());
    expect(await stored()).toBe(nowMs);
  });

  it("that was removed while its agent connected is not known", async () => {
    await machines.remove("a");
    expect(disconnected).toEqual(["a"]);
    await expect(machines.onConnected("a", facts())).rejects.toMatchObject({ reason: "CON_AGENT_UNKNOWN" });
    expect(machines.isOnline("a")).toBe(false);
  });

  it("keeps its old facts when the new ones are refused; without a name it is called by its address", async () => {
    await expect(machines.onConnected("a", facts({ address: "10.0.0.2" }))).rejects.toMatchObject({
      reason: "CON_MACHINE_ADDRESS_TAKEN",
      details: { machine: "mb" },
    });
    expect((await machines.row("a")).address).toBe("10.0.0.1");
    await machines.onConnected("a", facts({ name: "" }));
    expect((await machines.row("a")).name).toBe("10.0.0.1");
  });
});

describe("facts of instances", () => {
  const of = async (address: string) => (await machineFacts(machines).snapshot()).of(service, address);

  it("are unknown without a machine, without a heartbeat, and while the agent is away", async () => {
    expect(await of("10.9.9.9:80")).toMatchObject({
      machineId: null,
      machineState: "absent",
      process: { state: "unknown" },
    });
    await machines.onConnected("a", facts());
    expect(await of("10.0.0.1:80")).toMatchObject({
      machineState: "online",
      process: { state: "unknown", text: "the agent of ma has just connected" },
    });
    await machines.onHeartbeat("a", beat({ processes: [running] }));
    connected.delete("a");
    expect(await of("10.0.0.1:80")).toMatchObject({ machineState: "away", process: { state: "unknown", pid: null } });
  });

  it("are what the machine's agent and the callers on other machines tell", async () => {
    for (const machineId of ["a", "b"]) await machines.onHeartbeat(machineId, beat({ processes: [], routes: [route] }));
    await machines.onHeartbeat("a", beat({ processes: [running] }));
    const fact = await of("10.0.0.1:80");
    const { service: _, ...process } = running;
    expect(fact).toMatchObject({ machineId: "a", machineName: "ma", machineState: "online", process });
    expect(fact.views).toEqual([
      { machine: "mb", state: "well", successRatio: 1, latencyMs: 2, inFlight: 0, text: "" },
    ]);
    expect(await of("10.0.0.2:80")).toMatchObject({ process: { state: "absent" }, views: [] });
    nowMs += AWAY_AFTER_MS;
    expect((await of("10.0.0.1:80")).views).toEqual([]);
  });
});
