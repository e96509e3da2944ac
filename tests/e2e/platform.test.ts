/** The whole life of a service, driven through `msec` alone: what a script or a CI job would do. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Instance, LogRecord, Release, RequestGraph, RouteOutput, routes } from "@msec/api-schema";
import { killProcess, TestScope, waitUntil } from "@msec/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exampleDirectory, msec } from "./msec-cli.js";
import { type TestMachine, TestPlatform } from "./test-platform.js";

const SERVICE = "Flight.mod_flight";
const QUERY = { name: "bison", password: "123456", departureCity: "sz", destinationCity: "xz" };

const scope = new TestScope();
const platform = new TestPlatform(scope);
let machines: readonly TestMachine[] = [];
let addresses: readonly string[] = [];
let port = 0;
const archive = join(platform.root, "flight.tgz");
const config = join(platform.root, "config.ini");
writeFileSync(config, "[SRPC]\nprocnum=1\n[LOG]\nLevel=INFO\n");

beforeAll(async () => {
  await platform.startConsole();
  machines = [await platform.addMachine("127.0.0.12"), await platform.addMachine("127.0.0.13")];
  port = await platform.servicePort(machines);
  addresses = machines.map((machine) => `${machine.address}:${port}`);
});
afterAll(() => scope.close());

const instances = async () => (await platform.json<{ instances: Instance[] }>(["instance", "list", SERVICE])).instances;
const call = (...more: string[]) =>
  platform.msec(["call", SERVICE, "queryFlight", "--data", JSON.stringify(QUERY), ...more]);

describe("a service's life by command line", () => {
  it("is added with its group, port and machines, out of traffic", async () => {
    await platform.json(["group", "add", "Flight"]);
    const added = await platform.json(["service", "add", SERVICE, "--port", String(port), "--memo", "queries"]);
    expect(added).toMatchObject({ first: "Flight", second: "mod_flight", port, kind: "standard", memo: "queries" });
    await platform.json(["instance", "add", SERVICE, ...machines.map((machine) => machine.address)]);
    expect(await instances()).toMatchObject(
      machines.map(({ address, name }) => ({
        address: `${address}:${port}`,
        status: "disabled",
        machineName: name,
        machineState: "online",
        process: { state: "absent" },
      })),
    );
  });

  it("gets its config, interface and plug-in as versions", async () => {
    await platform.json(["config", "add", SERVICE, "v1", config, "--memo", "first"]);
    const shown = await platform.json<{ content: string }>(["config", "show", SERVICE, "v1"]);
    expect(shown.content).toMatch(new RegExp(`^listen\\s*=.*${port}`, "m"));
    await platform.json(["idl", "add", SERVICE, "v1", join(exampleDirectory("flight"), "flight.proto")]);
    await platform.json(["build", "--dir", exampleDirectory("flight"), "--out", archive]);
    const uploaded = await platform.json(["plugin", "upload", SERVICE, "v1", archive]);
    expect(uploaded).toMatchObject({ tag: "v1", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    for (const noun of ["config", "idl", "plugin"])
      expect(await platform.json([noun, "list", SERVICE])).toMatchObject({
        versions: [{ tag: "v1", author: "token:local_cli" }],
      });
  });

  it("is released to both machines, and only then runs", async () => {
    expect(await call()).toMatchObject({ code: 3, stderr: expect.stringContaining("CLI_NOTHING_IN_TRAFFIC") });
    const words = ["release", "create", SERVICE, ...addresses, "--config", "v1", "--plugin", "v1", "--memo", "first"];
    const release = await platform.json<Release>(words);
    expect(release).toMatchObject({ status: "succeeded", targets: [{ status: "succeeded" }, { status: "succeeded" }] });
    for (const machine of machines)
      expect(platform.hostState(machine, SERVICE)).toMatchObject({ state: "running", releaseId: release.releaseId });
    expect((await instances()).map((instance) => instance.status)).toEqual(["disabled", "disabled"]);
  });

  it("goes into traffic with all agents told, is called by name and by address", async () => {
    const plan = ["expand", SERVICE, ...addresses];
    const dry = await platform.json<{ inTraffic: string[] }>([...plan, "--dry-run"]);
    expect((await instances()).map((instance) => instance.status)).toEqual(["disabled", "disabled"]);
    expect(await platform.json(plan)).toMatchObject({ inTraffic: addresses, agentsTold: 2, agentsOnline: 2 });
    expect(dry.inTraffic).toBeDefined();
    const byName = await call();
    expect(byName.stderr).toBe("");
    expect(JSON.parse(byName.stdout)).toMatchObject({ errcode: 0, errmsg: "success" });
    for (const address of addresses) expect((await call("--at", address)).code).toBe(0);
  });

  it("is well in ps, for people and for scripts", async () => {
    const ps = await waitUntil(
      "all is well",
      async () => {
        const result = await platform.msec(["ps"]);
        return result.code === 0 && result;
      },
      20_000,
    );
    expect(ps.stdout).toMatch(/agent machine-12 \(127\.0\.0\.12\) +online/);
    expect(ps.stdout).toMatch(/service Flight\.mod_flight +well/);
    expect(await platform.json(["ps"])).toMatchObject({ problems: [] });
    const local = await msec(["ps", "--local", "--home", machines[0]?.home ?? ""]);
    expect(local).toMatchObject({ code: 0, stdout: expect.stringMatching(/Flight\.mod_flight +running/) });
  });

  it("shows its logs, one request and its metrics", async () => {
    const record = await waitUntil(
      "a record of the calls",
      async () => {
        const found = await platform.json<{ records: LogRecord[] }>([
          "logs",
          "--service",
          SERVICE,
          "--text",
          "found a flight",
        ]);
        return found.records[0];
      },
      30_000,
    );
    expect(record).toMatchObject({ service: SERVICE, level: "INFO", rpcName: expect.stringContaining("queryFlight") });
    const graph = await platform.json<RequestGraph>(["request", record.requestId]);
    expect(graph).toMatchObject({
      failed: false,
      hops: [{ service: SERVICE, method: expect.stringContaining("queryFlight") }],
    });
    expect(graph.records.map((r) => r.body)).toContain(record.body);
    type Attributes = RouteOutput<(typeof routes)["metrics.attributes"]>;
    await waitUntil(
      "metrics of the calls",
      async () => {
        const { attributes } = await platform.json<Attributes>(["metrics", SERVICE]);
        return attributes.find((a) => a.attribute === "frm.rpc requests" && a.sum >= 3);
      },
      30_000,
    );
  });

  it("leaves and comes back into traffic by shrink and expand; the last one only with consent", async () => {
    const [first = "", second = ""] = addresses;
    expect(await platform.json(["shrink", SERVICE, second])).toMatchObject({ inTraffic: [first], agentsTold: 2 });
    const last = await platform.msec(["shrink", SERVICE, first]);
    expect(last.code).toBe(9);
    expect(last.stderr).toMatch(/--allow-empty|allowEmpty/);
    expect(await platform.json(["expand", SERVICE, second])).toMatchObject({ inTraffic: [first, second] });
  });

  it("is stopped and started on one machine; ps says so with exit code 3", async () => {
    const [, second] = machines;
    const address = addresses[1] ?? "";
    await platform.json(["instance", "stop", SERVICE, address]);
    expect(second && platform.hostState(second, SERVICE)?.state).not.toBe("running");
    const ps = await waitUntil(
      "ps notices",
      async () => {
        const result = await platform.msec(["ps"]);
        return result.code === 3 && result;
      },
      20_000,
    );
    expect(ps.stderr).toMatch(new RegExp(`${SERVICE}.*[\\s\\S]*\\[CLI_UNWELL\\]`));
    expect((await call()).code).toBe(0);
    await platform.json(["instance", "start", SERVICE, address]);
    await waitUntil("it runs again", () => second && platform.hostState(second, SERVICE)?.state === "running", 20_000);
    await waitUntil("ps is content", async () => (await platform.msec(["ps"])).code === 0, 20_000);
  });

  it("goes back to the release before by rollback", async () => {
    const before = machines.map((machine) => platform.hostState(machine, SERVICE)?.releaseId);
    writeFileSync(config, "[SRPC]\nprocnum=2\n[LOG]\nLevel=INFO\n");
    await platform.json(["config", "add", SERVICE, "v2", config]);
    const words = ["release", "create", SERVICE, ...addresses, "--config", "v2", "--plugin", "v1"];
    const { releaseId } = await platform.json<Release>(words);
    const ready = (machine: TestMachine) =>
      platform.hostState(machine, SERVICE)?.workers.filter((worker) => worker.state === "ready");
    expect(machines.map((machine) => ready(machine)?.length)).toEqual([2, 2]);
    expect((await call()).code).toBe(0);
    const rolledBack = await platform.msec(["release", "rollback", releaseId]);
    expect(rolledBack.stdout).toContain(`${releaseId} rolled_back on ${addresses.join(", ")}`);
    expect(machines.map((machine) => platform.hostState(machine, SERVICE)?.releaseId)).toEqual(before);
    expect((await call()).code).toBe(0);
    const listed = await platform.json<{ releases: Release[] }>(["release", "list", "--service", SERVICE]);
    expect(listed.releases.map((release) => release.status)).toEqual(["rolled_back", "succeeded"]);
  });

  it("keeps a login in the user's own file and forgets it", async () => {
    const env = { XDG_CONFIG_HOME: join(platform.root, "config"), MSEC_CONSOLE: platform.url };
    const login = await msec(["login", "--token-stdin"], { env, input: `${platform.token}\n` });
    expect(login).toMatchObject({ code: 0, stdout: expect.stringContaining("(admin)") });
    expect((await msec(["service", "list"], { env })).stdout).toContain(SERVICE);
    expect((await msec(["logout"], { env })).code).toBe(0);
    const refused = await msec(["service", "list"], { env });
    expect(refused).toMatchObject({ code: 14, stderr: expect.stringContaining("msec login") });
    rmSync(join(platform.root, "config"), { recursive: true });
  });

  it("goes away: instances, service, group and machine", async () => {
    await platform.json(["shrink", SERVICE, ...addresses, "--allow-empty"]);
    for (const address of addresses) {
      await platform.json(["instance", "stop", SERVICE, address]);
      await platform.json(["instance", "remove", SERVICE, address]);
    }
    await platform.json(["service", "remove", SERVICE]);
    await platform.json(["group", "remove", "Flight"]);
    expect((await platform.msec(["service", "list"])).stdout).not.toContain("Flight");
    const [gone, kept] = machines;
    const { machines: known } = await platform.json<{ machines: { name: string; machineId: string }[] }>([
      "machine",
      "list",
    ]);
    await platform.json(["machine", "remove", known.find((m) => m.name === gone?.name)?.machineId ?? ""]);
    expect(await platform.json(["machine", "list"])).toMatchObject({ machines: [{ name: kept?.name }] });
  });
});

describe("stopping", () => {
  it("ends console and agents with exit code 0, also when Ctrl-C comes twice at once", async () => {
    const [, second] = machines;
    if (!second) throw new Error("there is no second machine");
    expect(await platform.agent(second).stop()).toBe(0);
    const ended = platform.console.stop("SIGINT");
    killProcess(platform.console.pid, "SIGTERM");
    expect(await ended).toBe(0);
  });
});
