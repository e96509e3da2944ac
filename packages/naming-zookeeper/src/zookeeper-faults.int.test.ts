/** ZooKeeper stops, comes back, loses its data, is put back to an older state, stands still. One server for the file: one after the other. */
import { join } from "node:path";
import { MemoryNameStore, type NameDelta } from "@msec/naming";
import {
  makeTempDirectory,
  startZookeeper,
  TestScope,
  waitUntil,
  type Zookeeper,
  zookeeperMissing,
} from "@msec/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestClient } from "./testing/test-client.js";
import { openZookeeperNameStore, type ZookeeperNameStore } from "./zookeeper-name-store.js";
import { parseZookeeperTarget } from "./zookeeper-target.js";

const WAIT_MS = 20_000;
const CRAWL = "/nameservice/VOA/Crawl";
const HEART = "/serverheartbeat/10.0.0.1";
const entry = (...lasts: number[]) => ({
  policy: "adaptive",
  instances: lasts.map((last) => ({ host: `10.0.0.${last}`, port: 80, transport: "tcp" as const })),
});

describe.skipIf(zookeeperMissing !== undefined)(
  "ZookeeperNameStore while ZooKeeper has faults",
  { timeout: 60_000 },
  () => {
    const scope = new TestScope();
    const heard: NameDelta[] = [];
    let zookeeper: Zookeeper;
    let store: ZookeeperNameStore;
    let beating: NodeJS.Timeout;
    beforeAll(async () => {
      zookeeper = await startZookeeper(scope);
      store = await openZookeeperNameStore({
        target: parseZookeeperTarget(zookeeper.url),
        local: new MemoryNameStore(),
        ledgerPath: join(makeTempDirectory(scope, "ledger"), "zookeeper.db"),
        sessionTimeoutMs: 500,
        goneAfterMs: 1_000,
      });
      store.connect();
      scope.add(() => store.close());
      store.onChange((delta) => heard.push(delta));
      beating = setInterval(() => store.beat("10.0.0.1"), 100);
      scope.add(() => clearInterval(beating));
      for (const name of ["VOA.Crawl", "VOA.Web"]) await store.put(name, entry(1, 2));
      await connected();
      await store.settled();
    }, 60_000);
    afterAll(() => scope.close());

    const connected = () =>
      waitUntil(
        "it is connected and in step",
        () => store.status().isConnected && store.status().pending === 0,
        WAIT_MS,
      );
    const lost = () => waitUntil("the loss is seen", () => !store.status().isConnected, WAIT_MS);
    const addresses = async (service: string) => (await store.get(service))?.instances.map(({ host }) => host);
    const lookAt = async (path: string) => {
      const look = new TestScope();
      const { client, text } = await openTestClient(look, zookeeper.url);
      const owner = (await client.exists(path, { watch: false }))?.owner;
      const found = { owner, text: await text(path) };
      await look.close();
      return found;
    };

    it("goes on through a stop, and writes afterwards what was changed meanwhile", async () => {
      await zookeeper.stop("SIGTERM");
      await lost();
      await store.put("VOA.Crawl", entry(3));
      await store.put("VOA.New", entry(4));
      await store.remove("VOA.Web");
      expect(await addresses("VOA.Crawl")).toEqual(["10.0.0.3"]);
      await zookeeper.start();
      await connected();
      await store.settled();
      expect(store.status()).toMatchObject({ held: [], failed: [], distrust: false });
      expect((await lookAt(CRAWL)).text).toMatch(/"10\.0\.0\.3"/);
      expect((await lookAt("/nameservice/VOA/New")).text).toMatch(/"10\.0\.0\.4"/);
      expect((await lookAt("/nameservice/VOA/Web")).owner).toBeUndefined();
    });

    it("sees that a server stands still, and has its machines back when the session has ended", async () => {
      const before = await waitUntil("the machine is alive", async () => (await lookAt(HEART)).owner, WAIT_MS);
      zookeeper.freeze();
      await lost();
      // The server's clock goes on: a session that can't ping has ended when it wakes.
      const wakeAtMs = performance.now() + 600;
      await waitUntil("the session's time is over", () => performance.now() > wakeAtMs, WAIT_MS);
      zookeeper.thaw();
      await connected();
      const after = await waitUntil("the machine is alive again", async () => (await lookAt(HEART)).owner, WAIT_MS);
      expect(after).toBeTypeOf("bigint");
      expect(before).toBeTypeOf("bigint");
      expect(await addresses("VOA.Crawl")).toEqual(["10.0.0.3"]);
    });

    it("keeps all names when the data are lost, and writes them again when a person says so", async () => {
      heard.length = 0;
      const before = await store.snapshot();
      await zookeeper.stop();
      zookeeper.loseData();
      await zookeeper.start();
      await connected();
      await store.settled();
      expect(store.status()).toMatchObject({ distrust: true, held: [{ why: "gone" }, { why: "gone" }] });
      expect(await store.snapshot()).toEqual(before);
      expect(heard).toEqual([]);
      expect((await lookAt(CRAWL)).owner, "nothing is written by itself").toBeUndefined();
      await waitUntil("machines are alive there again", async () => (await lookAt(HEART)).owner, WAIT_MS);

      await store.put("VOA.New", entry(5));
      await store.settled();
      expect((await lookAt("/nameservice/VOA/New")).text, "what a person does counts").toMatch(/"10\.0\.0\.5"/);
      await store.resolve([], "ours");
      expect((await lookAt(CRAWL)).text).toMatch(/"10\.0\.0\.3"/);
      expect(store.status()).toMatchObject({ distrust: false, held: [] });
      expect(heard).toHaveLength(1);
    });

    it("believes nothing that an older state says, until a person does", async () => {
      await zookeeper.stop();
      zookeeper.loseData();
      await zookeeper.start();
      const backup = new TestScope();
      const old = await openTestClient(backup, zookeeper.url);
      await old.write(CRAWL, '{"IPInfo":[{"IP":"10.0.0.9","ports":[80],"t":"tcp","w":100}]}');
      await old.write("/nameservice/Old/Zombie", '{"IPInfo":[{"IP":"10.0.0.9","ports":[80],"t":"tcp","w":100}]}');
      await backup.close();
      await waitUntil("differences are held", () => store.status().held.length === 3, WAIT_MS);
      expect(store.status().held.map(({ service, why }) => `${service} ${why}`)).toEqual([
        "Old.Zombie only there",
        "VOA.Crawl differs",
        "VOA.New gone",
      ]);
      expect(await addresses("VOA.Crawl")).toEqual(["10.0.0.3"]);
      await store.resolve(["VOA.Crawl"], "theirs");
      await store.resolve(["Old.Zombie", "VOA.New"], "ours");
      expect(await addresses("VOA.Crawl")).toEqual(["10.0.0.9"]);
      expect((await lookAt("/nameservice/Old/Zombie")).owner).toBeUndefined();
      expect((await lookAt("/nameservice/VOA/New")).text).toMatch(/"10\.0\.0\.5"/);
      expect(store.status()).toMatchObject({ distrust: false, held: [] });
    });
  },
);
