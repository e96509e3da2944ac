/**
 * The five ways to call (docs/guide/examples.md), on real processes: services of examples/mp3, two consoles with their agents, a real
 * MariaDB. Nothing in the services' code or configuration says where another service is.
 */
import { parseServiceName } from "@msec/core";
import { CrawlService } from "@msec/example-mp3-main-logic/crawl";
import { MainLogicService } from "@msec/example-mp3-main-logic/main-logic";
import { connect, createSrpcProxy, type MsecClient } from "@msec/sdk";
import { freePort, killProcess, type Mariadb, mariadbMissing, TestScope, waitUntil } from "@msec/testkit";
import type { Connection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missingPython, runPythonClient } from "../conformance/python-peer.js";
import {
  addExternal,
  CRAWL,
  capacity,
  DATABASE,
  JSOUP,
  MAIN_LOGIC,
  release,
  releaseConfig,
  startDecoy,
  startJsoup,
  startRecordingDatabase,
  startRecordings,
} from "./mp3.js";
import { exchangeBytes } from "./plain-socket.js";
import { type TestMachine, TestPlatform } from "./test-platform.js";

const TITLES_A = {
  standard: ["Morning News", "It's 5 o'clock; DROP TABLE mp3_list; -- \\"],
  special: ["Words and Their Stories", "学英语", "How to Say It"],
};
const TITLES_B = { standard: ["News of B"], special: ["Stories of B"] };
const LEAST = "[SRPC]\nprocnum=1\n";

const scope = new TestScope();
afterAll(() => scope.close());

describe.skipIf(mariadbMissing !== undefined)(mariadbMissing ?? "the five ways to call", () => {
  let a: TestPlatform;
  let b: TestPlatform;
  let machines: readonly [TestMachine, TestMachine];
  let client: MsecClient;
  let mariadb: Mariadb;
  let looking: Connection;
  let decoy: { readonly address: string; readonly accepted: number };
  let jsoup = "";
  let mainLogic: readonly string[] = [];
  let crawl: readonly [string, string];
  let crawlOfB = "";
  let urlOf: (title: string) => string = String;

  const mainLogicConfig = (crawl: string) =>
    `${LEAST}[MP3]\ncrawl=${crawl}\n[MYSQL]\nuser=${mariadb.user}\npassword=${mariadb.password}\ndatabase=${mariadb.database}\n`;
  const getTitles = (type = "special") =>
    client.call(MainLogicService.methods.GetTitles, MAIN_LOGIC, { type }, { timeoutMs: 25_000 });
  const rows = async () => (await looking.query("SELECT title, url FROM mp3_list"))[0];
  const rowsOf = (titles: readonly string[]) => titles.map((title) => ({ title, url: urlOf(title) }));
  /** Machines at which Crawl answered since, told by the records that each request leaves. */
  const answeredAt = async (fromMs: number, count: number) => {
    const query = { service: CRAWL, hops: true, fromMs, toMs: Date.now() + 60_000 };
    const found = await waitUntil(
      `${count} records of ${CRAWL}`,
      async () => {
        const { records } = await a.api("logs.search", { query });
        return records.length >= count && records;
      },
      30_000,
    );
    return new Set(found.map((record) => record.machine));
  };

  const startDeploymentA = async () => {
    a = new TestPlatform(scope);
    await a.startConsole();
    machines = [await a.addMachine("127.0.0.32"), await a.addMachine("127.0.0.33")];
  };
  const startDeploymentB = async () => {
    b = new TestPlatform(scope);
    await b.startConsole();
    const machine = await b.addMachine("127.0.0.34");
    const stub = await startJsoup(scope, urlOf, TITLES_B);
    await addExternal(b, { service: JSOUP, addresses: [`127.0.0.1:${stub.port}`] });
    [crawlOfB = ""] = await release(b, { service: CRAWL, machines: [machine], config: LEAST });
    await capacity(b, CRAWL, "expand", [crawlOfB]);
  };

  beforeAll(async () => {
    urlOf = await startRecordings(scope);
    decoy = await startDecoy(scope);
    [{ mariadb, looking }] = await Promise.all([startRecordingDatabase(scope), startDeploymentA(), startDeploymentB()]);
    const stub = await startJsoup(scope, urlOf, TITLES_A);
    jsoup = `127.0.0.1:${stub.port}`;
    await addExternal(a, { service: JSOUP, addresses: [jsoup] });
    await addExternal(a, {
      service: DATABASE,
      addresses: [`${mariadb.host}:${mariadb.port}`],
      disabled: [decoy.address],
    });
    const [first] = machines;
    const [crawl1 = "", crawl2 = ""] = await release(a, { service: CRAWL, machines, config: LEAST });
    crawl = [crawl1, crawl2];
    await capacity(a, CRAWL, "expand", [crawl1]);
    mainLogic = await release(a, { service: MAIN_LOGIC, machines: [first], config: mainLogicConfig(CRAWL) });
    await capacity(a, MAIN_LOGIC, "expand", mainLogic);
    client = connect({ caller: "Test.outsider", home: first.home });
    scope.add(() => client.close());
  });

  describe("S1: a program without msec calls over a socket of its own", () => {
    const proxy = createSrpcProxy({ caller: "android_1.0", method: MainLogicService.methods.GetTitles });

    it("gets its answer with the sequence of its request", async () => {
      const request = proxy.serialize({ type: "special" }, 305_419_896);
      const bytes = await exchangeBytes(mainLogic[0] ?? "", request, proxy.checkPackage);
      const answer = proxy.deserialize(bytes, 305_419_896);
      expect(answer).toMatchObject({
        err: 0,
        sequence: 305_419_896,
        response: { status: 0, titles: TITLES_A.special },
      });
    });

    it("refuses the answer to another request, and what is none", async () => {
      const request = proxy.serialize({ type: "special" });
      const bytes = await exchangeBytes(mainLogic[0] ?? "", request, proxy.checkPackage);
      expect(proxy.deserialize(bytes, proxy.sequence)).toMatchObject({ err: 0 });
      expect(proxy.deserialize(bytes, proxy.sequence + 1)).toMatchObject({ err: -16, response: undefined });
      expect(proxy.deserialize(bytes.subarray(1), proxy.sequence).err).toBe(-3);
      expect(proxy.checkPackage(bytes.subarray(0, bytes.length - 1))).toBe(0);
      expect(proxy.checkPackage(bytes.subarray(1))).toBeLessThan(0);
    });

    it.skipIf(missingPython() !== undefined)("may be written in another language", async () => {
      const [host = "", port] = (mainLogic[0] ?? "").split(":");
      const head = { sequence: 77, caller: "cgi", method_name: MainLogicService.methods.GetTitles.fullName };
      const job = { transport: "tcp" as const, host, port: Number(port), answers: 1 };
      const [answer] = await runPythonClient({ ...job, requests: [{ head, text: "special" }] });
      expect(answer).toMatchObject({ head: { sequence: 77 }, text: TITLES_A.special[0] });
      expect(answer?.head.err ?? 0).toBe(0);
    });

    it("is told what is wrong with its method", async () => {
      const { GetTitles } = MainLogicService.methods;
      const wrong = { ...GetTitles, fullName: "MainLogic.MainLogicService.GetNothing" };
      const other = createSrpcProxy({ caller: "cgi", method: wrong });
      const bytes = await exchangeBytes(mainLogic[0] ?? "", other.serialize({ type: "special" }), other.checkPackage);
      expect(other.deserialize(bytes, other.sequence)).toMatchObject({ err: -6, reason: "RPC_METHOD_UNKNOWN" });
    });
  });

  describe("S2: a service calls another by its name", () => {
    it("gives the titles in the order of the list; a wrong type and a wrong title are told", async () => {
      expect(await getTitles()).toEqual({ status: 0, msg: "success", titles: TITLES_A.special });
      expect(await getTitles("standard")).toMatchObject({ status: 0, titles: TITLES_A.standard });
      expect(await getTitles("other")).toMatchObject({ status: 100, msg: expect.stringContaining("type invalid") });
      const ask = (title: string) =>
        client.call(
          MainLogicService.methods.GetUrlByTitle,
          MAIN_LOGIC,
          { type: "special", title },
          { timeoutMs: 25_000 },
        );
      expect(await ask("学英语")).toEqual({ status: 0, msg: "success", url: urlOf("学英语") });
      expect(await ask("学英")).toMatchObject({ status: 100, msg: expect.stringContaining("no recording") });
    });

    it("hands recordings over whole", async () => {
      const request = { type: "special", title: "How to Say It" };
      const answer = await client.call(MainLogicService.methods.DownloadMP3, MAIN_LOGIC, request, {
        timeoutMs: 25_000,
      });
      const want = `sound of /${encodeURIComponent(request.title)}`;
      expect(answer).toMatchObject({ status: 0, msg: "success", file_len: want.length });
      expect(Buffer.from(answer.file_content ?? []).toString()).toBe(want);
    });

    it("goes where the console says: another instance in, the first one out", async () => {
      await capacity(a, CRAWL, "expand", [crawl[1]]);
      await capacity(a, CRAWL, "shrink", [crawl[0]]);
      const fromMs = Date.now();
      for (let n = 0; n < 5; n++) expect((await getTitles()).status).toBe(0);
      expect(await answeredAt(fromMs, 5)).toEqual(new Set([machines[1].address]));
    });

    it("does not fail when one of two is killed", async () => {
      await capacity(a, CRAWL, "expand", [crawl[0]]);
      const host = a.hostState(machines[1], CRAWL);
      if (!host) throw new Error(`${CRAWL} does not run on the second machine`);
      let answered = 0;
      const calling = (async () => {
        for (; answered < 40; answered++) {
          expect(await getTitles()).toMatchObject({ status: 0 });
          if (answered === 5) for (const { pid } of [host, ...host.workers]) killProcess(pid);
        }
      })();
      await calling;
      expect(answered).toBe(40);
    });

    it("lets Java peers write the method's name their way", async () => {
      const { GetMP3List } = CrawlService.methods;
      const asJava = { ...GetMP3List, name: "getMP3List", fullName: "crawl.CrawlService.getMP3List" };
      const answer = await client.call(asJava, CRAWL, { type: "special" }, { timeoutMs: 20_000 });
      expect(answer).toMatchObject({ status: 0, mp3s: rowsOf(TITLES_A.special) });
    });
  });

  describe("S3: a service calls a program that has a protocol of its own", () => {
    it("says what is wrong when the console knows it by UDP only, and goes on when that is put right", async () => {
      const params = parseServiceName(JSOUP);
      await a.api("instances.create", { params, body: { addresses: ["127.0.0.1:9"], transport: "udp" } });
      await capacity(a, JSOUP, "expand", ["127.0.0.1:9"]);
      await capacity(a, JSOUP, "shrink", [jsoup]);
      expect(await getTitles()).toMatchObject({ status: 100, msg: expect.stringContaining("tcp not supported") });
      await capacity(a, JSOUP, "expand", [jsoup]);
      await capacity(a, JSOUP, "shrink", ["127.0.0.1:9"]);
      expect(await getTitles()).toMatchObject({ status: 0, titles: TITLES_A.special });
    });
  });

  describe("S4: a service uses a vendor's library", () => {
    it("keeps what was listed in the table, whatever the titles contain", async () => {
      expect(await getTitles("standard")).toMatchObject({ status: 0, titles: TITLES_A.standard });
      expect(await rows()).toEqual(rowsOf(TITLES_A.standard));
    });

    it("writes one list at a time, however many ask", async () => {
      const answers = await Promise.all(
        Array.from({ length: 24 }, (_, n) => getTitles(n % 2 ? "special" : "standard")),
      );
      expect(answers.filter((answer) => answer.status !== 0)).toEqual([]);
      expect([rowsOf(TITLES_A.standard), rowsOf(TITLES_A.special)]).toContainEqual(await rows());
    });

    it("does without a server that is down", async () => {
      const down = `127.0.0.1:${await freePort()}`;
      await a.api("instances.create", { params: parseServiceName(DATABASE), body: { addresses: [down] } });
      await capacity(a, DATABASE, "expand", [down]);
      for (let n = 0; n < 10; n++) expect(await getTitles()).toMatchObject({ status: 0 });
    });

    it("never asks an address that is out of traffic", () => {
      expect(decoy.accepted).toBe(0);
    });
  });

  describe("S5: a service calls one of another deployment", () => {
    it("knows it as a foreign service, and calls it by name as any other", async () => {
      await addExternal(a, { service: "msec_B.crawl", addresses: [crawlOfB] });
      const config = mainLogicConfig("msec_B.crawl");
      await releaseConfig(a, MAIN_LOGIC, { tag: "v2", config, addresses: mainLogic });
      expect(await getTitles()).toMatchObject({ status: 0, titles: TITLES_B.special });
      expect(await getTitles("standard")).toMatchObject({ status: 0, titles: TITLES_B.standard });
    });

    it("follows what the own console says about it, not the other one", async () => {
      await capacity(b, CRAWL, "shrink", [crawlOfB]);
      expect(await getTitles()).toMatchObject({ status: 0, titles: TITLES_B.special });
      await capacity(a, "msec_B.crawl", "shrink", [crawlOfB]);
      expect(await getTitles()).toMatchObject({ status: 100, msg: expect.stringContaining("msec_B.crawl") });
      await capacity(a, "msec_B.crawl", "expand", [crawlOfB]);
      expect(await getTitles()).toMatchObject({ status: 0 });
    });
  });

  it("answers with a status when the database is gone, and needs none for what does not use it", async () => {
    await mariadb.stop();
    expect(await getTitles()).toMatchObject({ status: 100, msg: "GetTitles failed" });
    const request = { type: "special", title: TITLES_B.special[0] ?? "" };
    const answer = await client.call(MainLogicService.methods.GetUrlByTitle, MAIN_LOGIC, request, {
      timeoutMs: 25_000,
    });
    expect(answer).toMatchObject({ status: 0, url: urlOf(request.title) });
    expect(decoy.accepted).toBe(0);
  });
});
