/** Console or agent killed in the middle of a change: afterwards every state is whole, says what happened, and can go on. */
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { homePaths } from "@msec/core";
import { TestScope, waitUntil } from "@msec/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  archiveOf,
  beginRelease,
  deployFlight,
  FLIGHT,
  type FlightDeployment,
  flightName,
  releaseEnd,
  uploadFlight,
} from "../e2e/flight.js";
import { type TestMachine, TestPlatform } from "../e2e/test-platform.js";

const scope = new TestScope();
const platform = new TestPlatform(scope);
let machine: TestMachine;
let flight: FlightDeployment & { readonly releaseId: string };

beforeAll(async () => {
  await platform.startConsole();
  machine = await platform.addMachine("127.0.0.18");
  flight = await deployFlight(platform, [machine]);
});
afterAll(() => scope.close());

const release = (releaseId: string) => platform.api("releases.get", { params: { releaseId } });
const releases = () => homePaths(machine.home).service(flightName).releases;
const plugin = (initBody: string, padding = "") =>
  `import { defineService } from "@msec/sdk";
   const Flight = { typeName: "flight.flight_service", methods: {} };
   export default defineService(Flight, { init() { ${initBody} } });
   // ${padding}`;

async function waitForStep(releaseId: string, step: string): Promise<void> {
  const isThere = async () =>
    (await release(releaseId)).targets.some((target) => target.steps.some((one) => one.step === step));
  await waitUntil(`step ${step} of ${releaseId}`, isThere, 30_000);
}

it("the console is killed in the middle of saves: what it confirmed is there, each version is whole", async () => {
  const content = (i: number) => `[SRPC]\nprocnum=1\n[NOTE]\nnumber=${i}\ntext=${"x".repeat(20_000)}\n`;
  const confirmed: number[] = [];
  const save = async (i: number) => {
    await platform.api("configs.create", { params: flightName, body: { tag: `s${i}`, content: content(i) } });
    confirmed.push(i);
  };
  let begun = 0;
  const saveOn = async () => {
    for (;;) await save(begun++);
  };
  const savers = Promise.allSettled(Array.from({ length: 8 }, saveOn)); // until the console is gone, however late that is
  await waitUntil("some are saved", () => confirmed.length > 5, 10_000);
  await platform.console.stop("SIGKILL");
  await savers;
  await platform.startConsole();
  const { versions } = await platform.api("configs.list", { params: flightName });
  const tags = versions.map((version) => version.tag);
  expect(tags).toEqual(expect.arrayContaining(confirmed.map((i) => `s${i}`)));
  for (const tag of tags.filter((one) => one.startsWith("s"))) {
    const saved = await platform.api("configs.get", { params: { ...flightName, tag } });
    expect(saved.content).toContain(`number=${tag.slice(1)}\ntext=${"x".repeat(20_000)}`);
  }
  await platform.waitOnline(machine);
});

it("the console is killed in the middle of a release: it is marked failed with words and can be started again", async () => {
  await uploadFlight(platform, "slow", await archiveOf(plugin("return new Promise((go) => setTimeout(go, 3000));")));
  const { releaseId } = await beginRelease(platform, flight.addresses, "slow");
  await waitForStep(releaseId, "reload");
  await platform.console.stop("SIGKILL");
  await platform.startConsole();
  await platform.waitOnline(machine);
  const ended = await releaseEnd(platform, releaseId);
  expect(ended).toMatchObject({ status: "failed", targets: [{ error: expect.stringMatching(/\w+ \w+/) }] });
  await platform.api("releases.start", { params: { releaseId }, body: {} });
  expect(await releaseEnd(platform, releaseId)).toMatchObject({ status: "succeeded" });
  expect(platform.hostState(machine, FLIGHT)).toMatchObject({ state: "running", releaseId });
});

it("an agent is killed while it installs: nothing half is left, and the release can be started again", async () => {
  const padding = randomBytes(24 << 20).toString("base64");
  await uploadFlight(platform, "large", await archiveOf(plugin("", padding)));
  const before = platform.hostState(machine, FLIGHT);
  const { releaseId } = await beginRelease(platform, flight.addresses, "large");
  await waitForStep(releaseId, "fetch");
  await platform.agent(machine).stop("SIGKILL");
  expect(existsSync(`${releases()}/${releaseId}`)).toBe(false);
  expect(platform.hostState(machine, FLIGHT)).toEqual(before);
  await platform.startAgent(machine);
  const ended = await releaseEnd(platform, releaseId);
  expect(ended).toMatchObject({ status: "failed", targets: [{ error: expect.stringMatching(/agent stopped/) }] });
  await platform.api("releases.start", { params: { releaseId }, body: {} });
  expect(await releaseEnd(platform, releaseId)).toMatchObject({ status: "succeeded" });
  expect(readdirSync(releases()).filter((name) => !/^r-\d+$/.test(name))).toEqual([]);
  expect(platform.hostState(machine, FLIGHT)).toMatchObject({ state: "running", releaseId });
});
