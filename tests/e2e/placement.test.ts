/** Foreign services, the platform's own, and zones in the operator's hands, on three machines. */
import { createConnection, type Socket } from "node:net";
import { homePaths } from "@msec/core";
import { FlightService } from "@msec/example-flight-web/flight";
import { connect, defineService, type MsecClient, type RunningService, runService } from "@msec/sdk";
import { LIVE_FIELD, openLiveTable } from "@msec/shm";
import {
  freePort,
  type Mariadb,
  mariadbMissing,
  type Redis,
  redisMissing,
  startMariadb,
  startRedis,
  TestScope,
  waitUntil,
} from "@msec/testkit";
import { createConnection as connectMysql } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addExternal, capacity } from "./mp3.js";
import { type TestMachine, TestPlatform } from "./test-platform.js";

const scope = new TestScope();
const platform = new TestPlatform(scope);
const ADDRESSES = ["127.0.0.42", "127.0.0.43", "127.0.0.44"] as const;
const machines: TestMachine[] = [];

beforeAll(async () => {
  await platform.startConsole();
  machines.push(...(await Promise.all(ADDRESSES.map((address) => platform.addMachine(address)))));
});
afterAll(() => scope.close());

function clientOn(machine: TestMachine | undefined): MsecClient {
  const client = connect({ caller: "Test.caller", home: machine?.home ?? "" });
  scope.add(() => client.close());
  return client;
}

/** What the agent of each machine has in its table; no call is made for it. */
function untilAllSee(service: string, address: string, wanted: "out" | "in use"): Promise<boolean> {
  const isOut = (machine: TestMachine) => {
    const table = openLiveTable(homePaths(machine.home).liveTable(service));
    const slot = [...table.snapshot.slots].find((each) => table.address(each) === address) ?? -1;
    const until = table.get(slot, LIVE_FIELD.ejectedUntil);
    table.close();
    return until !== 0;
  };
  const isSo = () => machines.every((machine) => isOut(machine) === (wanted === "out"));
  return waitUntil(`${address} is ${wanted} on all machines`, isSo, 30_000);
}

describe("the platform's own services", () => {
  it.each(["RESERVED.monitor", "RESERVED.log"])(
    "%s is known to a fresh agent of a fresh console, and answers",
    async (service) => {
      const wanted = `127.0.0.1:${platform.console.ready.linkPort}`;
      for (const machine of machines) {
        const table = await waitUntil(
          "its table",
          () => openLiveTable(homePaths(machine.home).liveTable(service)),
          5_000,
        );
        expect([...table.snapshot.slots].map((slot) => table.address(slot))).toEqual([wanted]);
        table.close();
      }
      const { ip, port } = clientOn(machines[0]).getRoute(service);
      const socket = await new Promise<Socket>((resolve, reject) => {
        const dialled = createConnection({ host: ip, port }, () => resolve(dialled)).once("error", reject);
      });
      socket.destroy();
    },
  );

  it("can't be emptied in passing", async () => {
    const address = `127.0.0.1:${platform.console.ready.linkPort}`;
    const params = { first: "RESERVED", second: "log" };
    const body = { action: "shrink" as const, addresses: [address], allowEmpty: true };
    const refused = platform.api("capacity.change", { params, body });
    await expect(refused).rejects.toMatchObject({ reason: "CON_PLATFORM_WOULD_EMPTY" });
    const words = ["shrink", "RESERVED.log", address, "--allow-empty", "--confirm", "RESERVED.log"];
    expect(await platform.json(words)).toMatchObject({ inTraffic: [] });
    await capacity(platform, "RESERVED.log", "expand", [address]);
  });
});

const missing = mariadbMissing ?? redisMissing;

describe.skipIf(missing !== undefined)(missing ? `foreign services (${missing})` : "foreign services", () => {
  let mariadb: Mariadb;
  let redis: Redis[] = [];
  let decoy = "";
  let client: MsecClient;

  beforeAll(async () => {
    mariadb = await startMariadb(scope, { database: "shop" });
    redis = [await startRedis(scope), await startRedis(scope, "::1")];
    decoy = `127.0.0.1:${await freePort()}`;
    await addExternal(platform, {
      service: "Database.mysql",
      addresses: [`${mariadb.host}:${mariadb.port}`, decoy],
    });
    await addExternal(platform, { service: "Cache.redis", addresses: redis.map((each) => each.address) });
    client = clientOn(machines[0]);
  });

  /** What a driver does: connect, ask, close. */
  const askDatabase = () =>
    client.withRoute("Database.mysql", async ({ ip, port }) => {
      const { user, password, database } = mariadb;
      const connection = await connectMysql({ host: ip, port, user, password, database });
      const [rows] = await connection.query("SELECT 1 + 1 AS two");
      await connection.end();
      return rows;
    });

  const askRedis = () =>
    client.withRoute(
      "Cache.redis",
      ({ ip, port, address }) =>
        new Promise<string>((resolve, reject) => {
          const socket = createConnection({ host: ip, port }, () => socket.write("PING\r\n"));
          socket.once("error", reject);
          socket.once("data", (bytes: Buffer) => {
            socket.destroy();
            resolve(`${bytes.toString().trim()} from ${address}`);
          });
        }),
    );

  it("are called by IPv4 and IPv6; what does not listen is out without a call, and back by itself when it listens", async () => {
    const [one, other] = redis as [Redis, Redis];
    const answers = new Set<string>();
    for (let n = 0; n < 40; n++) answers.add(await askRedis());
    expect([...answers].toSorted()).toEqual([`+PONG from ${one.address}`, `+PONG from ${other.address}`].toSorted());
    await other.stop();
    await Promise.all([untilAllSee("Database.mysql", decoy, "out"), untilAllSee("Cache.redis", other.address, "out")]);
    for (let n = 0; n < 20; n++) {
      expect(await askDatabase()).toEqual([{ two: 2 }]);
      expect(await askRedis()).toBe(`+PONG from ${one.address}`);
    }
    await other.start();
    await untilAllSee("Cache.redis", other.address, "in use");
    await waitUntil("it is called again", async () => (await askRedis()).endsWith(other.address), 10_000);
  });

  it("the last one stays in use, and the console says that it can't be reached", async () => {
    await capacity(platform, "Database.mysql", "shrink", [decoy]);
    await mariadb.stop();
    const address = `${mariadb.host}:${mariadb.port}`;
    const params = { first: "Database", second: "mysql" };
    const isTold = async () => (await platform.api("services.get", { params })).health === "failing";
    await waitUntil("the console knows", isTold, 30_000);
    expect(client.getRoute("Database.mysql").address).toBe(address);
    const { healthText } = await platform.api("services.get", { params });
    expect(healthText).toContain("did not accept a connection");
    const isSeenByAll = async () => {
      const { instances } = await platform.api("instances.list", { params });
      const views = instances.find((each) => each.address === address)?.views ?? [];
      return views.length === machines.length && views.every(({ state }) => state === "unreachable");
    };
    await waitUntil("all machines say so", isSeenByAll, 30_000);
  });
});

describe("zones", () => {
  const params = { first: "Flight", second: "near" };
  const running: RunningService[] = [];
  let client: MsecClient;
  let addresses: string[] = [];

  /** Answers with the address it is at. */
  async function serveAt(host: string, port: number): Promise<RunningService> {
    const definition = defineService(FlightService, {
      queryFlight: () => ({ errcode: 0, errmsg: host, flightsInfo: "" }),
    });
    const service = await runService(definition, {
      service: "Flight.near",
      bind: host,
      config: `[SRPC]\nlisten = ${port}/tcp\n`,
    });
    scope.add(() => service.stop());
    return service;
  }

  async function label(name: string, body: { zone?: string; set?: string }): Promise<void> {
    const machine = (await platform.api("machines.list")).machines.find((each) => each.name === name);
    await platform.api("machines.setLabels", { params: { machineId: machine?.machineId ?? "" }, body });
  }

  const ask = async () => {
    const request = { name: "a", password: "b", departureCity: "c", destinationCity: "d" };
    const answer = await client.call(FlightService.methods.queryFlight, "Flight.near", request, {
      timeoutMs: 2_000,
      idempotent: true,
    });
    return answer.errmsg ?? "";
  };
  const placesOf = async (calls: number) => {
    const places: string[] = [];
    for (let n = 0; n < calls; n++) places.push(await ask());
    return places;
  };

  beforeAll(async () => {
    const hosts = [ADDRESSES[0], ADDRESSES[1]];
    const port = await freePort(hosts);
    for (const host of hosts) running.push(await serveAt(host, port));
    addresses = hosts.map((host) => `${host}:${port}`);
    const { api } = platform;
    await api("groups.create", { body: { name: "Flight", kind: "standard" } });
    await api("services.create", { body: { ...params, port } });
    await api("instances.create", { params, body: { hosts } });
    await capacity(platform, "Flight.near", "expand", addresses);
    client = clientOn(machines[2]);
  });

  it("calls prefer instances of the caller's zone from the moment the labels say so", async () => {
    expect(new Set(await placesOf(40)).size, "without labels both are used").toBe(2);
    const told = await platform.json(["machines", "label", "machine-42", "--zone", "z1"]);
    expect(told).toMatchObject({ labels: { zone: "z1", rack: "", set: "" } });
    for (const name of ["machine-43", "machine-44"]) await label(name, { zone: "z2" });
    await platform.json(["service", "set", "Flight.near", "--locality", "zone"]);
    // As many as could not meet by chance: the agents are told within moments, not at once.
    const isNear = async () => (await placesOf(40)).every((place) => place === ADDRESSES[1]);
    await waitUntil("only the near one is called", isNear, 10_000);
    expect(new Set(await placesOf(40))).toEqual(new Set([ADDRESSES[1]]));
  });

  it("calls spill over to the other zone when the near instance is gone, and return", async () => {
    await running[1]?.stop({ graceMs: 0 });
    expect(new Set(await placesOf(20)), "no call fails").toEqual(new Set([ADDRESSES[0]]));
    running[1] = await serveAt(ADDRESSES[1], Number(addresses[1]?.split(":")[1]));
    await waitUntil("the near one is called again", async () => (await ask()) === ADDRESSES[1], 20_000);
  });

  it("a partition is never left: without an instance in the set calls fail with words, with one they go there", async () => {
    await platform.api("services.update", { params, body: { partition: true, locality: "none" } });
    await label("machine-44", { set: "blue" });
    const refused = { reason: "LB_NO_INSTANCE_IN_SET", details: expect.objectContaining({ otherSets: 2 }) };
    await waitUntil(
      "the set is told",
      () =>
        ask().then(
          () => false,
          () => true,
        ),
      10_000,
    );
    await expect(ask()).rejects.toMatchObject(refused);
    await label("machine-42", { set: "blue" });
    await waitUntil("it is found", () => ask().catch(() => undefined), 10_000);
    expect(new Set(await placesOf(40))).toEqual(new Set([ADDRESSES[0]]));
    const { instances } = await platform.api("instances.list", { params });
    expect(instances[0]).toMatchObject({ labels: { zone: "z1", rack: "", set: "blue" }, labelsFrom: "machine" });
  });
});
