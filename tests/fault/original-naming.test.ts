/** A program of the archived system beside our agent, in processes of their own: what it needs outlives the agent and the console. */
import { join } from "node:path";
import { parseServiceName } from "@msec/core";
import { freePort, killProcess, TestScope, waitUntil } from "@msec/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type NlbPeer, startNlbPeer } from "../conformance/nlb-peer.js";
import { missingPython } from "../conformance/python-peer.js";
import { type TestMachine, TestPlatform } from "../e2e/test-platform.js";

const SERVICE = "Data.mysql";
const ADDRESSES = ["127.0.0.91:3306", "127.0.0.92:3306"];
const missing = missingPython();

interface Dump {
  readonly index: number;
  readonly rows: readonly { readonly ip: string; readonly dynamic: number; readonly dead_time: number }[];
}

describe.skipIf(missing !== undefined)(missing ?? "a program of the archived system", () => {
  const scope = new TestScope();
  const platform = new TestPlatform(scope);
  const directory = join(platform.root, "nlb");
  const at = { directory, service: SERVICE };
  let machine: TestMachine;
  let settings: string[];
  let program: NlbPeer;

  const weights = async (): Promise<Record<string, number>> => {
    const { rows } = await program.ask<Dump>({ do: "dump", ...at });
    return Object.fromEntries(rows.map(({ ip, dynamic }) => [ip, dynamic]));
  };
  const hits = (): Promise<Record<string, number>> => program.ask({ do: "search", ...at, count: 400 });
  const change = async (action: "expand" | "shrink", addresses: readonly string[]): Promise<void> => {
    const body = { action, addresses: [...addresses] };
    await platform.api("capacity.change", { params: parseServiceName(SERVICE), body });
  };

  beforeAll(async () => {
    await platform.startConsole();
    await platform.api("groups.create", { body: { name: "Data", kind: "external" } });
    await platform.api("services.create", { body: { first: "Data", second: "mysql" } });
    await platform.api("instances.create", { params: parseServiceName(SERVICE), body: { addresses: ADDRESSES } });
    const port = await freePort(["127.0.0.1"]);
    settings = ["--nlb.directory", directory, "--nlb.udp-port", `${port}`];
    machine = await platform.addMachine("127.0.0.90", settings);
    program = startNlbPeer({ atEnd: (end) => scope.add(end) });
  }, 120_000);
  afterAll(() => scope.close());

  it("is answered by UDP before it finds files, and then finds all instances in them", async () => {
    await change("expand", ADDRESSES);
    const port = Number(settings.at(-1));
    const answer = (): Promise<Record<string, unknown>> => program.ask({ do: "ask", service: SERVICE, port });
    await waitUntil("the agent answers", async () => (await answer()).port === 3306, 10_000);
    expect(await program.ask({ do: "ask", service: "Data.other", port })).toEqual({ error: -14 });
    expect(Object.keys(await hits()).toSorted()).toEqual(ADDRESSES);
  });

  it("goes on when agent and console are killed, and is heard when the agent is back", async () => {
    killProcess(platform.agent(machine).pid);
    killProcess(platform.console.pid);
    expect(Object.keys(await hits()).toSorted()).toEqual(ADDRESSES);
    await program.ask({ do: "report", ...at, ip: "127.0.0.91", success: 100, cost: 2 });
    await program.ask({ do: "report", ...at, ip: "127.0.0.92", failed: 100 });
    await platform.startConsole();
    await platform.startAgent(machine, settings);
    await waitUntil("the failing one is out", async () => (await weights())["127.0.0.92"] === 0, 20_000);
    expect(await weights()).toEqual({ "127.0.0.91": 100, "127.0.0.92": 0 });
    expect((await hits())["127.0.0.91:3306"]).toBeGreaterThanOrEqual(390);
  });

  it("follows what the operator takes out of traffic", async () => {
    await change("shrink", [ADDRESSES[0] ?? ""]);
    await waitUntil("it is gone", async () => Object.keys(await weights()).length === 1, 10_000);
    expect(Object.keys(await hits())).toEqual([ADDRESSES[1]]);
  });
});
