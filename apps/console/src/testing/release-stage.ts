/** What tests of releases need: a console, two machines, and for each test a service with an instance on each, config and plug-in v1. */
import type { ApiClient, Release } from "@msec/api-schema";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished } from "vitest";
import { pluginArchive } from "./plugin-archive-fixture.js";
import { ScriptedAgent } from "./scripted-agent.js";
import { clientWithRole, startTestConsole, type TestConsole } from "./test-console.js";

/** Sets a stage up for the tests of a file: the console once, all else anew for each of them. */
export function useReleaseStage(): ReleaseStage {
  const stage = new ReleaseStage();
  beforeAll(() => stage.open());
  afterAll(() => stage.close());
  beforeEach(() => stage.set());
  return stage;
}

class ReleaseStage {
  /** Number of the test, within its addresses. */
  n = 0;
  addresses: [string, string] = ["", ""];
  params = { first: "Flight", second: "" };
  #console: TestConsole | undefined;
  #api: ApiClient | undefined;
  #agents: [ScriptedAgent, ScriptedAgent] | undefined;

  /** As an administrator. */
  get api(): ApiClient {
    if (!this.#api) throw new Error("the stage is not open");
    return this.#api;
  }

  /** Of the two machines, in the order of {@link addresses}. */
  get agents(): [ScriptedAgent, ScriptedAgent] {
    if (!this.#agents) throw new Error("the stage is not set");
    return this.#agents;
  }

  get service(): string {
    return `${this.params.first}.${this.params.second}`;
  }

  async open(): Promise<void> {
    this.#console = await startTestConsole();
    this.#api = await clientWithRole(this.#console, "admin");
    await this.api("groups.create", { body: { name: "Flight", kind: "standard" } });
  }

  async close(): Promise<void> {
    await this.#console?.stop();
  }

  async set(): Promise<void> {
    this.n++;
    const hosts: [string, string] = [`10.20.${this.n}.2`, `10.20.${this.n}.1`];
    this.addresses = [`${hosts[0]}:8090`, `${hosts[1]}:8090`];
    this.params = { first: "Flight", second: `mod${this.n}` };
    const { api, params, service } = this;
    await api("services.create", { body: { ...params, port: 8090 } });
    await api("instances.create", { params, body: { hosts } });
    await api("configs.create", { params, body: { tag: "v1", content: "[LOG]\nLevel=INFO\n" } });
    await api("plugins.upload", { params: { ...params, tag: "v1" }, body: await pluginArchive(service) });
    this.#agents = [await this.newAgent(hosts[0]), await this.newAgent(hosts[1])];
  }

  async newAgent(address: string): Promise<ScriptedAgent> {
    const agent = new ScriptedAgent((await this.api("joinTokens.create", { body: {} })).secret, { address });
    onTestFinished(() => agent.close());
    return agent.joinAndConnect();
  }

  /** Takes an agent away; returns when the console has noticed. */
  async takeAway(agent: ScriptedAgent): Promise<void> {
    agent.close();
    const state = async () => (await this.api("machines.get", { params: { machineId: agent.agentId } })).state;
    await expect.poll(state).toBe("away");
  }

  plan(more = {}): Promise<Release> {
    const { params, addresses } = this;
    const body = { configTag: "v1", pluginTag: "v1", addresses: [...addresses], ...more };
    return this.api("releases.create", { params, body });
  }

  get(releaseId: string): Promise<Release> {
    return this.api("releases.get", { params: { releaseId } });
  }

  start(releaseId: string): Promise<Release> {
    return this.api("releases.start", { params: { releaseId }, body: {} });
  }

  rollBack(releaseId: string): Promise<Release> {
    return this.api("releases.rollback", { params: { releaseId }, body: {} });
  }

  async ended({ releaseId }: Release): Promise<Release> {
    await expect
      .poll(async () => (await this.get(releaseId)).status, { timeout: 10_000 })
      .not.toMatch(/^(running|rolling_back)$/);
    return this.get(releaseId);
  }

  /** A release that succeeded on machines that ran `before`. */
  async released(before = "r-900"): Promise<Release> {
    for (const agent of this.agents) activates(agent, before);
    const release = await this.ended(await this.plan({ start: true, memo: "first" }));
    expect(release.status).toBe("succeeded");
    return release;
  }
}

/** Answers as a machine that ran `before` when it is told to activate. */
export function activates(agent: ScriptedAgent, before: string): void {
  agent.onOrder = ({ op }) => (op === "release.activate" ? { previousReleaseId: before } : {});
}

export const opsOf = (agent: ScriptedAgent) => agent.orders.map(({ action }) => action.op);
export const statusesOf = (release: Release) => release.targets.map(({ status }) => status);
