/** How machines see a service, asked of their agents over the real link. */
import type { ApiClient } from "@msec/api-schema";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { ScriptedAgent } from "../testing/scripted-agent.js";
import { clientWithRole, startTestConsole, type TestConsole } from "../testing/test-console.js";

let app: TestConsole;
let api: ApiClient;
const params = { first: "Flight", second: "query" };

beforeAll(async () => {
  app = await startTestConsole();
  api = await clientWithRole(app, "admin");
  await api("groups.create", { body: { name: "Flight", kind: "standard" } });
  await api("services.create", { body: { ...params, port: 7_963 } });
});
afterAll(() => app.stop());

async function agentAt(address: string): Promise<ScriptedAgent> {
  const { secret } = await api("joinTokens.create", { body: {} });
  const agent = new ScriptedAgent(secret, { address });
  onTestFinished(() => agent.close());
  return agent.joinAndConnect();
}

const reading = (policy: string, picks: number) => ({
  ...{ policy, revision: 3, updatedAtMs: 5, locality: "none" as const, isPartitioned: false, otherSetsCount: 0 },
  ...{ count: 1, picks, sample: null },
  rows: [
    {
      ...{ address: "10.0.0.1:7963", weight: 100, nearness: 0, share: 1, hits: picks, inFlight: 2, latencyMs: 1.5 },
      ...{ successRatio: null, state: "ejected", why: "ejected 3 s ago: refused connections" },
    },
  ],
});

it("tells the view of the machine that is chosen, or of the first one online", async () => {
  expect(await api("routes.get", { params })).toMatchObject({ machines: [], machine: null, routes: null });
  const [one, two] = [await agentAt("10.0.0.1"), await agentAt("10.0.0.2")];
  one.onRoutes = (service, picks) => (service === "Flight.query" ? reading("wrr", picks) : null);
  const answer = await api("routes.get", { params, query: { machine: one.facts.name, picks: 7 } });
  expect(answer).toMatchObject({ machine: { machineId: one.agentId, state: "online" }, routes: reading("wrr", 7) });
  expect(answer.machines.map(({ name }) => name).toSorted()).toEqual([one.facts.name, two.facts.name]);
  const other = await api("routes.get", { params, query: { machine: two.agentId } });
  expect(other).toMatchObject({ machine: { name: two.facts.name }, routes: null });
  expect((await api("routes.get", { params })).machine).not.toBeNull();
});

it("says what is missing", async () => {
  const unknown = api("routes.get", { params, query: { machine: "nobody" } });
  await expect(unknown).rejects.toMatchObject({ reason: "CON_MACHINE_NOT_FOUND" });
  await expect(api("routes.get", { params: { ...params, second: "nobody" } })).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
  const agent = await agentAt("10.0.0.3");
  agent.close();
  const away = () => api("routes.get", { params, query: { machine: agent.facts.name } }).catch((error) => error.reason);
  await expect.poll(away).toBe("CON_AGENT_AWAY");
});
