/** A console beside a real ZooKeeper that a console and agents of the old kind use. */
import type { ApiClient } from "@msec/api-schema";
import { silentLogger } from "@msec/core";
import { parseZookeeperTarget, ZookeeperClient } from "@msec/naming-zookeeper";
import {
  makeTempDirectory,
  startZookeeper,
  TestScope,
  waitUntil,
  type Zookeeper,
  zookeeperMissing,
} from "@msec/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ScriptedAgent } from "../testing/scripted-agent.js";
import { clientWithRole, setUpAdmin, startTestConsole, type TestConsole } from "../testing/test-console.js";

const WAIT_MS = 20_000;
const LONG = 60_000;
const node = (policy: string, port: number, lasts: readonly number[], more = "") =>
  `{"Policy":"${policy}",${more}"IPInfo":[${lasts.map((last) => `{"IP":"10.0.0.${last}","ports":[${port}],"t":"all","w":100}`).join(",")}]}`;

describe.skipIf(zookeeperMissing !== undefined)("a console with --naming zk://", { timeout: LONG }, () => {
  const scope = new TestScope();
  let zookeeper: Zookeeper;
  let old: ZookeeperClient;
  let app: TestConsole;
  let agent: ScriptedAgent;
  let cookie: string;
  let api: ApiClient;
  let settings: Record<string, unknown>;
  const write = async (service: string, text: string) => {
    const path = `/nameservice/${service.replace(".", "/")}`;
    await old.ensure(path, "open");
    await old.write(path, Buffer.from(text), -1);
  };
  const read = async (service: string) =>
    (await old.read(`/nameservice/${service.replace(".", "/")}`, { watch: false }))?.data.toString();
  const inTraffic = async (service: string) => {
    const [first = "", second = ""] = service.split(".");
    const { instances } = await api("instances.list", { params: { first, second } });
    return instances.filter(({ status }) => status === "enabled").map(({ address }) => address);
  };
  const connectOld = () =>
    new Promise<ZookeeperClient>((resolve) => {
      const target = parseZookeeperTarget(zookeeper.url);
      const client = new ZookeeperClient({
        ...{ target, logger: silentLogger, sessionTimeoutMs: 4_000, onEvent: () => undefined },
        onConnected: () => resolve(client),
      });
      scope.add(() => client.close({ keepSession: false }));
      client.start();
    });
  const inStep = () =>
    waitUntil(
      "console and ZooKeeper are in step",
      async () => {
        const { isConnected, pending, syncedAtMs } = await api("naming.store");
        return isConnected && pending === 0 && syncedAtMs > 0;
      },
      WAIT_MS,
    );

  beforeAll(async () => {
    zookeeper = await startZookeeper(scope, { tickMs: 1_000 }); // sessions of up to 20 s
    old = await connectOld();
    await write("VOA.Crawl", node("standard", 7963, [1, 2], '"success_ratio_base":"0.95",'));
    await write("Data.mysql", node("odd", 3306, [9]));
    await write("RESERVED.log", node("odd", 44_445, [9]));
    settings = { naming: zookeeper.url, home: makeTempDirectory(scope, "console") };
    app = await startTestConsole(settings);
    scope.add(() => app.stopOnly());
    cookie = await setUpAdmin(app);
    api = await clientWithRole(app, "admin", cookie);
    await inStep();
  }, LONG);
  afterAll(() => scope.close());

  it("takes over what an installation of the old kind has", async () => {
    const { services } = await api("services.list");
    const seen = services.map(({ first, second, kind, settings, enabledCount }) => [
      `${first}.${second}`,
      kind,
      settings.policy,
      enabledCount,
    ]);
    expect(seen).toEqual(
      expect.arrayContaining([
        ["VOA.Crawl", "standard", "adaptive", 2],
        ["Data.mysql", "external", "odd", 1],
      ]),
    );
    expect(services.find(({ second }) => second === "Crawl")).toMatchObject({
      port: 7963,
      settings: { tuning: { success_ratio_base: 0.95 } },
    });
    expect(await inTraffic("RESERVED.log"), "where old programs log to").toEqual(["10.0.0.9:44445"]);
    expect(await read("RESERVED.monitor"), "what it had not got is there, too").toMatch(/"Policy":"odd"/);
    expect(await read("VOA.Crawl"), "and nothing else is rewritten").toBe(
      node("standard", 7963, [1, 2], '"success_ratio_base":"0.95",'),
    );
  });

  it("writes what is changed here, and takes over what is changed there, for its agents too", async () => {
    const { secret } = await api("joinTokens.create", { body: {} });
    agent = new ScriptedAgent(secret, { address: "10.0.0.1" });
    scope.add(() => agent.close());
    await agent.joinAndConnect();
    const params = { first: "VOA", second: "Crawl" };
    await api("instances.create", { params, body: { hosts: ["10.0.0.3"] } });
    await api("capacity.change", { params, body: { action: "expand", addresses: ["10.0.0.3:7963"] } });
    await waitUntil("it is written", async () => (await read("VOA.Crawl"))?.includes("10.0.0.3"), WAIT_MS);
    expect(await read("VOA.Crawl")).toBe(node("standard", 7963, [1, 2, 3], '"success_ratio_base":"0.95",'));

    await write("VOA.Crawl", node("standard", 7963, [2, 3, 4]));
    await waitUntil("the rows follow", async () => (await inTraffic("VOA.Crawl")).includes("10.0.0.4:7963"), WAIT_MS);
    expect(await inTraffic("VOA.Crawl")).toEqual(["10.0.0.2:7963", "10.0.0.3:7963", "10.0.0.4:7963"]);
    const push = await waitUntil(
      "the agent has it",
      () =>
        agent.pushes.find(({ services }) =>
          services.some(({ instances }) => instances.some(({ host }) => host === "10.0.0.4")),
        ),
      WAIT_MS,
    );
    expect(push.services.find(({ service }) => service === "VOA.Crawl")?.instances).toHaveLength(3);
    const heart = await waitUntil(
      "old agents see the machine",
      () => old.exists("/serverheartbeat/10.0.0.1", { watch: false }),
      WAIT_MS,
    );
    expect(heart.owner).not.toBe(0n);
    expect(await old.read("/loadreport/10.0.0.1", { watch: false })).toBeDefined();
  });

  it("holds what can't be: an address that belongs to another service", async () => {
    await write("VOA.Web", node("standard", 7963, [2]));
    const { differences } = await waitUntil(
      "it is held",
      async () => {
        const status = await api("naming.store");
        return status.differences.length > 0 && status;
      },
      WAIT_MS,
    );
    expect(differences).toMatchObject([
      { service: "VOA.Web", why: "refused", text: expect.stringMatching(/10\.0\.0\.2:7963/) },
    ]);
    await old.remove("/nameservice/VOA/Web", -1);
    await waitUntil("it is held no more", async () => (await api("naming.store")).differences.length === 0, WAIT_MS);
  });

  it("asks before a name that is gone there is gone here, and one answer is enough", async () => {
    await old.remove("/nameservice/Data/mysql", -1);
    await waitUntil("it is held", async () => (await api("naming.store")).differences.length === 1, WAIT_MS);
    expect(await inTraffic("Data.mysql")).toEqual(["10.0.0.9:3306"]);
    expect(await api("naming.resolve", { body: { services: ["Data.mysql"], keep: "theirs" } })).toEqual({
      resolved: ["Data.mysql"],
      differences: [],
    });
    expect(await inTraffic("Data.mysql")).toEqual([]);
    expect(await api("naming.held")).toMatchObject({ held: [] });
  });

  it("starts again without a gap: same session, nothing rewritten", async () => {
    const paths = ["/serverheartbeat/10.0.0.1", "/nameservice/VOA/Crawl"];
    const stats = () => Promise.all(paths.map((path) => old.exists(path, { watch: false })));
    await agent.beat();
    await waitUntil("the machine is alive", async () => (await stats()).every((stat) => stat !== undefined), WAIT_MS);
    const before = await stats();
    await app.stopOnly();
    app = await startTestConsole(settings);
    api = await clientWithRole(app, "operator", cookie);
    await inStep();
    expect(await stats()).toEqual(before);
    expect(await inTraffic("VOA.Crawl")).toHaveLength(3);
  });

  it("goes out and in as a list, and a repeat changes nothing", async () => {
    const { services } = await api("naming.export");
    expect(services.find(({ service }) => service === "VOA.Crawl")).toMatchObject({
      policy: "adaptive",
      instances: [{}, {}, {}],
    });
    const [first] = services.filter(({ service }) => service === "VOA.Crawl");
    const moved = {
      ...first,
      instances: [{ host: "10.0.0.8", port: 7963, transport: "tcp" as const }],
    } as (typeof services)[number];
    const dry = await api("naming.import", { body: { services: [moved], dryRun: true } });
    expect(dry.steps).toMatchObject([
      { action: "change", text: "+10.0.0.8:7963 -10.0.0.2:7963 -10.0.0.3:7963 -10.0.0.4:7963" },
    ]);
    const bad = {
      service: "VOA.Bad",
      policy: "wrr",
      instances: [{ host: "10.0.0.2", port: 7963, transport: "tcp" as const }],
    };
    const { steps } = await api("naming.import", { body: { services: [...services, bad], dryRun: false } });
    expect(steps.filter(({ action }) => action !== "same")).toMatchObject([{ service: "VOA.Bad", action: "refused" }]);
  });
});
