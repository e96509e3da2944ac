/** TLS between services: certificates from the console by way of the agents, and the exchange of the authority under calls. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TlsStatus } from "@msec/api-schema";
import { homePaths } from "@msec/core";
import { FlightService } from "@msec/example-flight-web/flight";
import { connect, defineService, type MsecClient, type RunningService, runService } from "@msec/sdk";
import { TestScope, waitUntil } from "@msec/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { flightQuery } from "./flight.js";
import { exampleDirectory } from "./msec-cli.js";
import { type TestMachine, TestPlatform } from "./test-platform.js";

const scope = new TestScope();
const platform = new TestPlatform(scope);
let machines: TestMachine[] = [];
let callee = "";
let desk: RunningService;

const Flight = defineService(FlightService, {
  queryFlight: () => ({ errcode: 0, errmsg: "over TLS", flightsInfo: "none" }),
});

/** Two machines with one service each; `Shop.cart` serves `Shop.desk` only. */
beforeAll(async () => {
  await platform.startConsole();
  machines = [await platform.addMachine("127.0.0.31"), await platform.addMachine("127.0.0.32")];
  await platform.api("groups.create", { body: { name: "Shop", kind: "standard" } });
  const places = [
    { second: "cart", config: "allow_callers = Shop.desk" },
    { second: "desk", config: "" },
  ];
  const running: RunningService[] = [];
  for (const [index, { second, config }] of places.entries()) {
    const machine = machines[index]!;
    const port = await platform.servicePort([machine]);
    await platform.api("services.create", { body: { first: "Shop", second, port } });
    const params = { first: "Shop", second };
    await platform.api("instances.create", { params, body: { hosts: [machine.address] } });
    const service = await runService(Flight, {
      service: `Shop.${second}`,
      home: machine.home,
      bind: machine.address,
      config: `[SRPC]\nlisten = ${port}/tcp\ntls = required\n${config}\n[CLIENT]\ntls = required\n`,
    });
    scope.add(() => service.stop());
    running.push(service);
    if (second === "cart") callee = `${machine.address}:${port}`;
  }
  desk = running[1]!;
});
afterAll(() => scope.close());

const tlsStatus = () => platform.api("tls.get");
const ask = (from: Pick<MsecClient, "call">, target = callee) =>
  from.call(FlightService.methods.queryFlight, target, flightQuery, { timeoutMs: 3_000 });

function client(machine: TestMachine, tls: "off" | "required"): MsecClient {
  const made = connect({ caller: "Shop.desk", home: machine.home, tls });
  scope.add(() => made.close());
  return made;
}

describe("TLS between services", () => {
  it("works with certificates that nobody made by hand, each for one service, its key for its owner only", async () => {
    expect((await ask(desk.app)).errmsg).toBe("over TLS");
    for (const [index, service] of ["Shop.cart", "Shop.desk"].entries()) {
      const dir = homePaths(machines[index]!.home).tls(service);
      expect(statSync(`${dir}/current/key.pem`).mode & 0o777).toBe(0o600);
      expect(existsSync(homePaths(machines[1 - index]!.home).tls(service))).toBe(false);
    }
  });

  it("reaches a service by its name, whose certificate must be that of the service", async () => {
    const named = (second: string) => ({ first: "Shop", second });
    const body = { action: "expand" as const, addresses: [callee] };
    await platform.api("capacity.change", { params: named("cart"), body });
    const reached = async () => (await ask(desk.app, "Shop.cart").catch(() => undefined))?.errmsg === "over TLS";
    await waitUntil("the name is known on the machine", reached, 10_000);
  });

  it("refuses plain callers, and callers that only say that they are somebody else", async () => {
    await expect(ask(client(machines[1]!, "off"))).rejects.toMatchObject({ reason: "RPC_TLS_REQUIRED" });
    await expect(ask(client(machines[1]!, "required"))).rejects.toMatchObject({
      reason: "RPC_CALLER_REFUSED",
      message: expect.stringMatching(/^agent:\S+ may not call/),
    });
    const { stdout } = await platform.msec([
      ...["call", desk.addresses[0]!.replace("/tcp", ""), "queryFlight", "--data", JSON.stringify(flightQuery)],
      ...["--idl", join(exampleDirectory("flight"), "flight.proto"), "--tls", homePaths(machines[0]!.home).tls()],
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ errmsg: "over TLS" });
  });

  it("exchanges the authority while calls go on, and waits for a machine that is away", async () => {
    const before = await platform.json<TlsStatus>(["tls", "status"]);
    expect(before).toMatchObject({ phase: "steady", machines: [{ state: "done" }, { state: "done" }] });
    let answered = 0;
    const failures: unknown[] = [];
    let isOver = false;
    const caller = async () => {
      while (!isOver) {
        await ask(desk.app).then(
          () => answered++,
          (error) => failures.push(error),
        );
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    const callers = [caller(), caller(), caller()];
    const [away] = machines as [TestMachine];
    await platform.agent(away).stop();
    const begun = await platform.json<TlsStatus>(["tls", "rotate"]);
    expect(begun).toMatchObject({ phase: "spreading", authorities: [{ isIssuer: true }, { isIssuer: false }] });
    const other = begun.machines.find((machine) => machine.name !== away.name)?.name;
    const isDone = (machine: TlsStatus["machines"][number]) => machine.name === other && machine.state === "done";
    await waitUntil("the other machine trusts", async () => (await tlsStatus()).machines.some(isDone), 10_000);
    expect(await tlsStatus()).toMatchObject({ phase: "spreading" });
    await expect(platform.api("tls.rotate")).rejects.toMatchObject({ reason: "CON_TLS_ROTATION_RUNNING" });
    await platform.startAgent(away);
    const after = await waitUntil(
      "the exchange is over",
      async () => {
        const status = await tlsStatus();
        return status.phase === "steady" && status;
      },
      20_000,
    );
    expect(after.authorities).toHaveLength(1);
    expect(after.authorities[0]?.id).not.toBe(before.authorities[0]?.id);
    const soFar = answered;
    await waitUntil("calls with the new certificates", () => answered > soFar + 50, 10_000);
    isOver = true;
    await Promise.all(callers);
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(100);
  });

  it("says so when certificates have expired since the console was away for too long", async () => {
    await platform.console.stop();
    await platform.startConsole(["--tls.certificate-ms", "2500"]);
    for (const machine of machines) await platform.waitOnline(machine);
    await platform.api("tls.rotate");
    await waitUntil("short certificates", async () => (await tlsStatus()).phase === "steady", 20_000);
    for (const machine of machines) await platform.agent(machine).stop();
    const why = async () => {
      const fresh = connect({ caller: "Shop.desk", home: machines[1]!.home, tls: "required" });
      const error = await ask(fresh).catch((reason: Error & { reason?: string }) => reason);
      fresh.close();
      return error;
    };
    const error = await waitUntil(
      "the certificates expire",
      async () => {
        const told = await why();
        return "reason" in told && told.reason === "NET_TLS_CERTIFICATE_REFUSED" && told;
      },
      10_000,
    );
    expect(error).toMatchObject({ message: expect.stringContaining("it has expired (CERT_HAS_EXPIRED)") });
  });
});
