import type { ApiClient } from "@msec/api-schema";
import type { MetricPoint } from "@msec/protocol";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ScriptedAgent } from "../testing/scripted-agent.js";
import { clientWithRole, startTestConsole, type TestConsole } from "../testing/test-console.js";

let console: TestConsole;
let api: ApiClient;
/** The answer is cached by this clock. */
let passedMs = 0;
beforeEach(async () => {
  passedMs = 0;
  const clock = {
    nowMs: () => Date.now(),
    monotonicMs: () => passedMs,
    sleep: () => new Promise<void>((resolve) => setTimeout(resolve, 1)),
  };
  console = await startTestConsole({}, { clock });
  api = await clientWithRole(console, "admin");
});
afterEach(() => console.stop());

const overview = async () => {
  passedMs += 1_000;
  return api("overview.get");
};

it("tells that there is nothing yet", async () => {
  expect(await overview()).toMatchObject({
    health: "unknown",
    machinesOnline: 0,
    machinesAway: 0,
    runningReleases: [],
  });
});

it("tells rates of the last minute, the worst service first, and machines that are away", async () => {
  await api("groups.create", { body: { name: "Flight", kind: "standard" } });
  for (const second of ["well", "bad"])
    await api("services.create", { body: { first: "Flight", second, port: 7_963 } });
  const { secret } = await api("joinTokens.create", { body: {} });
  const agent = await new ScriptedAgent(secret, { address: "127.0.0.2", name: "web1" }).joinAndConnect();
  const atSec = Math.floor(Date.now() / 1_000) - 10;
  const point = (service: string, attribute: string, value: number): MetricPoint => ({
    ...{ service, attribute: `frm.rpc ${attribute}`, kind: "add", atSec, value },
  });
  await agent.peer.request("metrics", {
    batchId: 1,
    points: [
      point("Flight.well", "requests", 600),
      point("Flight.well", "request cost [0.5~1ms]", 600),
      point("Flight.bad", "requests", 60),
      point("Flight.bad", "requests failed", 30),
    ],
  });
  const online = await overview();
  expect(online.services[0]).toEqual({
    service: "Flight.bad",
    health: "failing",
    text: "50 % of the calls of the last minute failed",
    callsPerSec: 1,
    failureRatio: 0.5,
    p99Ms: null,
  });
  expect(online.services.find((each) => each.service === "Flight.well")).toMatchObject({
    callsPerSec: 10,
    p99Ms: 0.995,
  });
  expect(online).toMatchObject({ health: "failing", text: "failing: Flight.bad", callsPerSec: 11, machinesOnline: 1 });

  agent.peer.close();
  await expect.poll(async () => (await overview()).text).toBe("failing: Flight.bad; machines away: web1");
});

it("is the same answer for a second", async () => {
  const before = await overview();
  await api("groups.create", { body: { name: "Flight", kind: "external" } });
  await api("services.create", { body: { first: "Flight", second: "db" } });
  expect(await api("overview.get")).toEqual(before);
  expect((await overview()).services).toHaveLength(before.services.length + 1);
});
