import { join } from "node:path";
import { type LogFields, type Logger, silentLogger } from "@msec/core";
import { MemoryNameStore, type NameDelta, openSqlNameStore, type ServiceEntryInput } from "@msec/naming";
import {
  freePort,
  makeTempDirectory,
  startZookeeper,
  TestScope,
  waitUntil,
  type Zookeeper,
  zookeeperMissing,
} from "@msec/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { nameStoreContract } from "../../naming/src/name-store.contract.js";
import type { TakeOver } from "./sync-acts.js";
import { readAsOldAgent } from "./testing/old-agent.js";
import { openTestClient } from "./testing/test-client.js";
import {
  openZookeeperNameStore,
  type ZookeeperNameStore,
  type ZookeeperNameStoreOptions,
} from "./zookeeper-name-store.js";
import { parseZookeeperTarget } from "./zookeeper-target.js";

const WAIT_MS = 20_000;
const listOf = (...lasts: number[]) =>
  lasts.map((last) => ({ host: `10.0.0.${last}`, port: 7963, transport: "all" as const }));
const entry = (...lasts: number[]): ServiceEntryInput => ({ policy: "adaptive", instances: listOf(...lasts) });
const archived = (...lasts: number[]) =>
  JSON.stringify({
    Policy: "standard",
    IPInfo: lasts.map((last) => ({ IP: `10.0.0.${last}`, ports: [7963], t: "all", w: 100 })),
  });
const CRAWL = "/nameservice/VOA/Crawl";

describe.skipIf(zookeeperMissing !== undefined)("ZookeeperNameStore, on a real ZooKeeper", { timeout: 60_000 }, () => {
  const all = new TestScope();
  let zookeeper: Zookeeper;
  let roots = 0;
  beforeAll(async () => {
    zookeeper = await startZookeeper(all, { tickMs: 500 });
  }, 60_000);
  afterAll(() => all.close());

  const newRoot = () => {
    roots += 1;
    return `${zookeeper.url}/test${roots}`;
  };
  /** Given back when the test has ended. */
  const newScope = () => {
    const scope = new TestScope();
    onTestFinished(() => scope.close());
    return scope;
  };
  const open = async (scope: TestScope, url: string, more: Partial<ZookeeperNameStoreOptions> = {}) => {
    const target = parseZookeeperTarget(url);
    const store = await openZookeeperNameStore({
      ...{ target, local: new MemoryNameStore(), ledgerPath: ":memory:", sessionTimeoutMs: 1_000 },
      ...more,
    });
    store.connect();
    let isOpen = true;
    const close = async () => {
      if (isOpen) await store.close();
      isOpen = false;
    };
    scope.add(close);
    return { store, close };
  };
  const inStep = (store: ZookeeperNameStore) =>
    waitUntil("the store is in step", () => store.status().syncedAtMs > 0 && store.status().pending === 0, WAIT_MS);

  describe("contract", () => {
    nameStoreContract(async () => {
      const target = parseZookeeperTarget(newRoot());
      const store = await openZookeeperNameStore({ target, local: new MemoryNameStore(), ledgerPath: ":memory:" });
      store.connect();
      return store;
    });
  });

  it("writes the tree of the archived system, and each write has a time of its own", async () => {
    const scope = newScope();
    const url = newRoot();
    const { store } = await open(scope, url);
    const old = await openTestClient(scope, url);
    await store.put("VOA.Crawl", entry(1, 2));
    await waitUntil("it is written", async () => (await old.text(CRAWL)) === archived(1, 2), WAIT_MS);
    await store.put("App.Login", {
      ...entry(2),
      policy: "odd",
      instances: [...listOf(2), { ...listOf(3)[0], host: "::1" }] as never,
    });
    await inStep(store);
    await store.settled();
    expect(await old.text("/nodeservices/10.0.0.2")).toBe('{"services":["App.Login","VOA.Crawl"]}');
    const login = await old.client.read("/nameservice/App/Login", { watch: false });
    expect(readAsOldAgent(login?.data ?? Buffer.alloc(0))).toMatchObject({
      policy: "odd",
      servers: [{ ip: "10.0.0.2" }],
    });

    const times: number[] = [];
    for (const last of [3, 4, 5, 6, 7, 8]) {
      await store.put("VOA.Crawl", entry(last));
      await store.settled();
      times.push((await old.client.exists(CRAWL, { watch: false }))?.mtimeMs ?? 0);
    }
    expect(new Set(times).size).toBe(times.length);
    await store.remove("VOA.Crawl");
    await store.settled();
    expect(await old.client.exists(CRAWL, { watch: false })).toBeUndefined();
    expect(await old.text("/nodeservices/10.0.0.2")).toBe('{"services":["App.Login"]}');
    expect(await old.client.children("/nodeservices", { watch: false })).toEqual(["10.0.0.2"]);
  });

  it("takes over what an old console writes: new names, new lists; labels that it does not know stay", async () => {
    const scope = newScope();
    const url = newRoot();
    const old = await openTestClient(scope, url);
    await old.write(CRAWL, archived(1));
    const takenOver: string[] = [];
    const takeOver: TakeOver = {
      put: async (service, input, keep) => {
        takenOver.push(`${service} ${input.instances.length}`);
        await keep(input);
      },
      remove: (_, keep) => keep(undefined),
    };
    const { store } = await open(scope, url, { takeOver });
    await waitUntil("the name is known", () => store.get("VOA.Crawl"), WAIT_MS);
    const heard: NameDelta[] = [];
    store.onChange((delta) => heard.push(delta));
    await store.put("VOA.Crawl", {
      policy: "adaptive",
      locality: "zone",
      instances: [{ ...listOf(1)[0], zone: "z1" }] as never,
    });
    await store.settled();
    await old.write(CRAWL, archived(1, 2));
    await old.write("/nameservice/New/Group", archived(9));
    const crawl = await waitUntil(
      "both are known",
      async () => {
        const crawl = await store.get("VOA.Crawl");
        return (await store.get("New.Group")) && crawl?.instances.length === 2 && crawl;
      },
      WAIT_MS,
    );
    expect(crawl).toMatchObject({
      locality: "zone",
      instances: [
        { host: "10.0.0.1", zone: "z1" },
        { host: "10.0.0.2", zone: "" },
      ],
    });
    expect(heard.filter(({ kind }) => kind === "put")).toHaveLength(3);
    expect(takenOver.toSorted()).toEqual(["New.Group 1", "VOA.Crawl 1", "VOA.Crawl 2"]);
    expect(await old.text(CRAWL), "nothing is written back").toBe(archived(1, 2));
  });

  it("holds what the console can't take over, with its words", async () => {
    const scope = newScope();
    const url = newRoot();
    const old = await openTestClient(scope, url);
    const refuse = async () => {
      throw new Error("10.0.0.1:7963 belongs to App.Login");
    };
    const { store } = await open(scope, url, { takeOver: { put: refuse, remove: refuse } });
    await old.write(CRAWL, archived(1));
    await waitUntil("it is held", () => store.status().held.length > 0, WAIT_MS);
    expect(store.status().held).toMatchObject([{ service: "VOA.Crawl", why: "refused", ours: 0, theirs: 1 }]);
    expect(await store.list()).toEqual([]);
  });

  it("holds back what is removed, emptied or spoilt there until a person decides", async () => {
    const scope = newScope();
    const url = newRoot();
    const { store } = await open(scope, url);
    const old = await openTestClient(scope, url);
    for (const name of ["A1.Gone", "A2.Empty", "A3.Bad", "A4.Well"]) await store.put(name, entry(1, 2));
    await inStep(store);
    await store.settled();
    const { revision } = await store.snapshot();
    await old.client.remove("/nameservice/A1/Gone", -1);
    await old.write("/nameservice/A2/Empty", '{"Policy":"standard","IPInfo":[]}');
    await old.write("/nameservice/A3/Bad", "{");
    await waitUntil("three are held", () => store.status().held.length === 3, WAIT_MS);
    expect(store.status().held.map(({ service, why }) => `${service} ${why}`)).toEqual([
      "A1.Gone gone",
      "A2.Empty emptied",
      "A3.Bad unreadable",
    ]);
    expect(await store.snapshot(), "agents hear nothing").toMatchObject({ revision });

    await expect(store.resolve(["A4.Well"], "ours")).rejects.toMatchObject({ reason: "NAME_ZOOKEEPER_NOT_HELD" });
    expect(await store.resolve(["A1.Gone", "A2.Empty"], "theirs")).toHaveLength(2);
    expect(await store.get("A1.Gone")).toBeUndefined();
    expect(await store.get("A2.Empty")).toMatchObject({ instances: [] });
    await store.resolve([], "ours");
    expect(await old.text("/nameservice/A3/Bad")).toBe(archived(1, 2));
    expect(store.status().held).toEqual([]);
  });

  it("comes through a bulk rewrite of the old console, which first deletes everything", async () => {
    const scope = newScope();
    const url = newRoot();
    const { store } = await open(scope, url);
    const old = await openTestClient(scope, url);
    const names = ["A1.B1", "A1.B2", "A2.B1"];
    for (const name of names) await store.put(name, entry(1));
    await inStep(store);
    await store.settled();
    const before = await store.snapshot();
    const paths = names.map((name) => `/nameservice/${name.replace(".", "/")}`);
    for (const path of [...paths, "/nameservice/A1", "/nameservice/A2", "/nameservice"])
      await old.client.remove(path, -1);
    await waitUntil("all are held", () => store.status().held.length === 3, WAIT_MS);
    for (const path of paths) await old.write(path, archived(1));
    await waitUntil("none is held", () => store.status().held.length === 0, WAIT_MS);
    expect(await store.snapshot()).toEqual(before);
  });

  it("never takes an instance out because a machine's heartbeat is gone", async () => {
    const scope = newScope();
    const url = newRoot();
    const { store } = await open(scope, url);
    const agent = await openTestClient(scope, url);
    await agent.client.ensure("/serverheartbeat", "open");
    await agent.client.create("/serverheartbeat/10.0.0.1", new Uint8Array(), { access: "open", ephemeral: true });
    await store.put("VOA.Crawl", entry(1));
    await inStep(store);
    const before = await store.snapshot();
    expect(await store.oldMachines()).toEqual([{ address: "10.0.0.1" }]);
    await agent.client.close({ keepSession: false });
    await waitUntil("it is gone", async () => (await store.oldMachines()).length === 0, WAIT_MS);
    await store.settled();
    expect(await store.snapshot()).toEqual(before);
  });

  describe("machines", () => {
    const HEART = "/serverheartbeat/10.0.0.1";
    const load = { cpuPercent: 12.4, memoryTotalBytes: 4096 * 1024, memoryFreeBytes: 1000 * 1024 };

    it("speaks for machines with our agents, and reads what agents of the old kind say", async () => {
      const scope = newScope();
      const url = newRoot();
      const { store } = await open(scope, url, { goneAfterMs: 1_000 });
      const old = await openTestClient(scope, url);
      await old.client.ensure("/loadreport", "open");
      await old.client.ensure("/serverheartbeat", "open");
      const opts = { access: "open", ephemeral: true } as const;
      await old.client.create("/serverheartbeat/10.0.0.9", new Uint8Array(), opts);
      await old.client.create(
        "/loadreport/10.0.0.9",
        Buffer.from('{"timestamp": 5, "cpu": 7, "mem_total": 8, "mem_free": 3}'),
        opts,
      );
      const beating = setInterval(() => store.beat("10.0.0.1", load), 50);
      scope.add(() => clearInterval(beating));
      const text = await waitUntil("it has a load", () => old.text("/loadreport/10.0.0.1"), WAIT_MS);
      expect(text).toMatch(/^\{"timestamp":\d{13},"cpu":12,"mem_total":4096,"mem_free":1000\}$/);
      expect(await old.client.exists(HEART, { watch: true })).toMatchObject({ dataBytes: 0 });
      expect(await store.oldMachines()).toEqual([
        { address: "10.0.0.9", load: { atMs: 5, cpuPercent: 7, memoryTotalBytes: 8192, memoryFreeBytes: 3072 } },
      ]);
      clearInterval(beating);
      await waitUntil(
        "it is taken out when it is not heard of",
        () => old.events.some(({ kind }) => kind === "removed"),
        WAIT_MS,
      );
      await waitUntil(
        "its load goes, too, and that of the old agent stays",
        async () => String(await old.client.children("/loadreport", { watch: false })) === "10.0.0.9",
        WAIT_MS,
      );
    });

    it("goes on with its session after a restart: nobody sees a death", async () => {
      const scope = newScope();
      const url = newRoot();
      const ledgerPath = join(makeTempDirectory(scope, "ledger"), "zookeeper.db");
      const first = await open(scope, url, { ledgerPath, sessionTimeoutMs: 10_000 });
      const old = await openTestClient(scope, url);
      first.store.beat("10.0.0.1");
      first.store.beat("10.0.0.2");
      await waitUntil(
        "both are alive",
        async () => (await old.client.children("/serverheartbeat", { watch: false })).length === 2,
        WAIT_MS,
      );
      const before = await old.client.exists(HEART, { watch: true });
      await first.close();
      const second = await open(scope, url, {
        ledgerPath,
        sessionTimeoutMs: 10_000,
        returnWithinMs: 300,
        goneAfterMs: 60_000,
      });
      second.store.beat("10.0.0.1");
      await waitUntil(
        "who did not come back is taken out",
        async () => {
          return (await old.client.children("/serverheartbeat", { watch: false })).length === 1;
        },
        WAIT_MS,
      );
      expect(await old.client.exists(HEART, { watch: false })).toEqual(before);
      expect(old.events.filter(({ path }) => path === HEART)).toEqual([]);
    });

    it("waits while another session owns the node, and follows at once when that ends", async () => {
      const scope = newScope();
      const url = newRoot();
      const old = await openTestClient(scope, url);
      await old.client.ensure("/serverheartbeat", "open");
      await old.client.create(HEART, new Uint8Array(), { access: "open", ephemeral: true });
      const { store } = await open(scope, url);
      const watcher = await openTestClient(scope, url);
      store.beat("10.0.0.1");
      await inStep(store);
      await store.settled();
      expect(await watcher.client.exists(HEART, { watch: true })).toMatchObject({ owner: old.client.session.id });
      await old.client.close({ keepSession: false });
      const owner = await waitUntil(
        "somebody else owns it",
        async () => {
          const stat = await watcher.client.exists(HEART, { watch: true });
          return stat && stat.owner !== old.client.session.id && stat.owner;
        },
        WAIT_MS,
      );
      expect(owner).not.toBe(watcher.client.session.id);
    });
  });

  describe("with an account", () => {
    it("makes names that everybody reads and only it changes; the secret is in no log", async () => {
      const scope = newScope();
      const url = newRoot();
      const words: string[] = [];
      const logger = recordingLogger(words);
      const withLogin = (login: string) => url.replace("zk://", `zk://${login}@`);
      const { store } = await open(scope, withLogin("ops:hushhush"), { logger });
      await store.put("VOA.Crawl", entry(1));
      await inStep(store);
      await store.settled();
      const old = await openTestClient(scope, url);
      expect(await old.text(CRAWL)).toBe(archived(1));
      await expect(old.client.write(CRAWL, Buffer.from("x"), -1)).rejects.toMatchObject({
        reason: "NAME_ZOOKEEPER_DENIED",
      });

      const other = await open(scope, withLogin("ops:wrongone"), { logger });
      await waitUntil("the other has it", () => other.store.get("VOA.Crawl"), WAIT_MS);
      await other.store.put("VOA.Crawl", entry(2));
      await waitUntil("it is denied", () => other.store.status().failed.length > 0, WAIT_MS);
      expect(other.store.status().failed[0]?.problem).toMatch(/does not let this account do write of \/nameservice/);
      expect(await old.text(CRAWL)).toBe(archived(1));
      expect(words.join("\n")).toContain("zk://ops@127.0.0.1");
      expect(words.join("\n")).not.toMatch(/hushhush|wrongone/);
    });
  });

  describe("without ZooKeeper", () => {
    it("knows and takes names; they are written when it is there", async () => {
      const scope = newScope();
      const dir = makeTempDirectory(scope, "names");
      const port = await freePort();
      const paths = { ledgerPath: join(dir, "ledger.db") };
      const nowhere = await open(scope, `zk://127.0.0.1:${port}`, {
        ...paths,
        local: await openSqlNameStore(join(dir, "names.db")),
      });
      await nowhere.store.put("VOA.Crawl", entry(1));
      await nowhere.store.put("VOA.Other", entry(1));
      await nowhere.store.remove("VOA.Other");
      await waitUntil("it says why", () => nowhere.store.status().problem.includes(`127.0.0.1:${port}`), WAIT_MS);
      expect(nowhere.store.status()).toMatchObject({ isConnected: false, syncedAtMs: 0 });
      await expect(nowhere.store.resolve([], "ours")).rejects.toMatchObject({ reason: "NAME_ZOOKEEPER_UNAVAILABLE" });
      await nowhere.close();

      const url = newRoot();
      const { store } = await open(scope, url, { ...paths, local: await openSqlNameStore(join(dir, "names.db")) });
      await inStep(store);
      const old = await openTestClient(scope, url);
      expect(await old.client.children("/nameservice/VOA", { watch: false })).toEqual(["Crawl"]);
      expect(await old.text(CRAWL)).toBe(archived(1));
    });
  });
});

function recordingLogger(words: string[]): Logger {
  const note = (msg: string, fields?: LogFields) => void words.push(`${msg} ${JSON.stringify(fields)}`);
  return { ...silentLogger, debug: note, info: note, warn: note, error: note };
}
