import type { Instance } from "@msec/api-schema";
import { expect, it } from "vitest";
import { instanceReasons, instanceState, totalInFlight, worstLatencyMs } from "./instance-words.js";

const view = (state: Instance["views"][number]["state"], text = "") => ({
  machine: "web-1",
  state,
  successRatio: 1,
  latencyMs: 3,
  inFlight: 2,
  text,
});
const instance = (change: Partial<Instance>): Instance => ({
  address: "127.0.0.2:7963",
  host: "127.0.0.2",
  port: 7963,
  transport: "all",
  weight: 100,
  labels: { zone: "", rack: "", set: "" },
  labelsFrom: "machine",
  status: "enabled",
  releaseMemo: "",
  machineId: "m-1",
  machineName: "flight-1",
  machineState: "online",
  process: { state: "running", releaseId: "r-1", pid: 1, workers: 2, restarts: 0, sinceAtMs: 1, text: "" },
  views: [],
  ...change,
});
const running = instance({}).process;

it.each<[string, Partial<Instance>, string]>([
  ["in traffic and running", {}, "well"],
  ["ejected by one machine", { views: [view("well"), view("ejected", "refused")] }, "ejected"],
  ["on trial", { views: [view("trial")] }, "trial"],
  ["machine away", { machineState: "away", views: [view("well")] }, "away"],
  ["in traffic without a process", { process: { ...running, state: "stopped" } }, "down"],
  ["foreign, nobody called it", { machineState: "absent", process: { ...running, state: "unknown" } }, "unknown"],
  ["foreign, well", { process: { ...running, state: "unknown" }, machineState: "away", views: [view("well")] }, "well"],
  ["foreign, the last one and dead", { views: [view("unreachable")] }, "unreachable"],
  ["running out of traffic", { status: "disabled" }, "idle"],
  ["nothing there", { status: "disabled", process: { ...running, state: "absent" } }, "out"],
  ["starting", { status: "disabled", process: { ...running, state: "starting" } }, "working"],
])("%s", (_, change, want) => {
  expect(instanceState(instance(change))).toBe(want);
});

it("gives reasons with who sees it so", () => {
  const seen = instance({
    views: [view("ejected", "refused connections"), view("well")],
    process: { ...running, text: "up 3 min" },
  });
  expect(instanceReasons(seen)).toEqual(["web-1: refused connections", "up 3 min"]);
  expect([totalInFlight(seen), worstLatencyMs(seen)]).toEqual([4, 3]);
  expect(totalInFlight(instance({}))).toBeNull();
});
