import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { EJECT_REASON, HEALTH_FIELD } from "@msec/balancer";
import { homePaths } from "@msec/core";
import { bootTick, openLiveTable } from "@msec/shm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AgentFixture, until } from "../testing/agent-fixture.js";

const instance = (port: number, weight = 100) => ({ host: "127.0.0.5", port, transport: "tcp" as const, weight });
const entry = (service: string, revision: number, ports: readonly number[], policy = "adaptive") => ({
  service,
  policy,
  revision,
  instances: ports.map((port) => instance(port)),
});

describe("names over the link", () => {
  let fixture: AgentFixture;
  beforeEach(async () => {
    fixture = await AgentFixture.make();
    await fixture.start({ joinToken: fixture.console.makeToken() });
  });
  afterEach(() => fixture.close());

  const table = (service: string) => {
    const view = openLiveTable(homePaths(fixture.home).liveTable(service));
    const addresses = [...view.snapshot.slots].map((slot) => view.address(slot)).sort();
    const { revision, policyId } = view;
    view.close();
    return { addresses, revision, policyId };
  };

  it("writes live tables that other processes can open, and applies changes to them", async () => {
    const services = [entry("Test.one", 4, [8001, 8002]), entry("Test.two", 5, [], "consistent hash")];
    expect(await fixture.console.applyNames({ revision: 5, services })).toBe(5);
    expect(table("Test.one")).toEqual({
      addresses: ["127.0.0.5:8001", "127.0.0.5:8002"],
      revision: 4,
      policyId: 6,
    });
    expect(table("Test.two")).toEqual({ addresses: [], revision: 5, policyId: 5 });
    const delta = {
      kind: "delta" as const,
      baseRevision: 5,
      revision: 7,
      services: [entry("Test.two", 7, [8003])],
      removed: ["Test.one"],
    };
    expect(await fixture.console.applyNames(delta)).toBe(7);
    expect(table("Test.one")).toMatchObject({ addresses: [], revision: 7 });
    expect(table("Test.two")).toMatchObject({ addresses: ["127.0.0.5:8003"] });
    await until(() => fixture.console.heartbeats.length > 0, "a heartbeat arrives");
  });

  it("refuses a delta with a gap and an unconfirmed empty snapshot; nothing changes", async () => {
    await fixture.console.applyNames({ revision: 5, services: [entry("Test.one", 5, [8001])] });
    const refused = { reason: "NAME_PUSH_REFUSED" };
    const gap = { kind: "delta" as const, baseRevision: 9, revision: 10, removed: ["Test.one"] };
    await expect(fixture.console.applyNames(gap)).rejects.toMatchObject(refused);
    await expect(fixture.console.applyNames({ revision: 11 })).rejects.toMatchObject(refused);
    expect(table("Test.one").addresses).toEqual(["127.0.0.5:8001"]);
    expect(await fixture.console.applyNames({ revision: 12, confirmedEmpty: true })).toBe(12);
    expect(table("Test.one").addresses).toEqual([]);
  });

  it("takes a whole list in parts, at once when the last one is there; a lost part means all again", async () => {
    const names = ["Test.one", "Test.two", "Test.three"];
    const part = (at: number, revision = 7) => ({
      ...{ revision, epoch: "E1", part: at, parts: 3 },
      services: [entry(names[at] ?? "", 7, [8001 + at])],
    });
    expect(await fixture.console.applyNames(part(0))).toBe(0);
    await expect(fixture.console.applyNames(part(2))).rejects.toMatchObject({ reason: "NAME_PUSH_REFUSED" });
    for (const at of [0, 1]) expect(await fixture.console.applyNames(part(at))).toBe(0);
    await expect(fixture.console.applyNames(part(2, 8)), "of another list").rejects.toMatchObject({
      reason: "NAME_PUSH_REFUSED",
    });
    for (const at of [0, 1]) await fixture.console.applyNames(part(at));
    expect(await fixture.console.applyNames(part(2))).toBe(7);
    expect(names.map((name) => table(name).addresses)).toEqual([
      ...[["127.0.0.5:8001"], ["127.0.0.5:8002"], ["127.0.0.5:8003"]],
    ]);
  });

  it("writes labels and settings into the tables, and all tables again when those of the machine change", async () => {
    const local = { zone: "z1", rack: "r1", set: "" };
    const near = { ...entry("Test.near", 5, [8001, 8002]), locality: "rack" as const };
    const [one, two] = near.instances;
    const services = [
      {
        ...near,
        instances: [
          { ...(one ?? instance(1)), ...local },
          { ...(two ?? instance(2)), zone: "z1" },
        ],
      },
    ];
    await fixture.console.applyNames({ revision: 5, services, local });
    const nearness = () => {
      const view = openLiveTable(homePaths(fixture.home).liveTable("Test.near"));
      const seen = [...view.snapshot.slots].map((slot) => view.nearness(slot));
      view.close();
      return seen;
    };
    expect(nearness()).toEqual([2, 1]);
    const moved = { kind: "delta" as const, baseRevision: 5, revision: 5, local: { ...local, rack: "r2" } };
    await fixture.console.applyNames(moved);
    expect(nearness()).toEqual([1, 1]);
    await fixture.stopAgent();
    await fixture.console.goAway();
    await fixture.startAlone();
    expect(nearness(), "known without the console").toEqual([1, 1]);
    await fixture.console.comeBack();
  });

  it("guards itself against a list of another history that takes most away, until that is confirmed", async () => {
    const names = ["Test.s1", "Test.s2", "Test.s3", "Test.s4", "Test.s5"];
    const all = names.map((name) => entry(name, 5, [8001]));
    await fixture.console.applyNames({ revision: 5, epoch: "E1", services: all });
    const poor = { revision: 90, epoch: "E9", services: all.slice(0, 2) };
    await expect(fixture.console.applyNames(poor)).rejects.toMatchObject({
      ...{ reason: "NAME_PUSH_REFUSED", details: expect.objectContaining({ kept: 5 }) },
    });
    expect(table("Test.s5").addresses).toEqual(["127.0.0.5:8001"]);
    expect(await fixture.console.applyNames({ ...poor, confirmedEmpty: true })).toBe(90);
    expect(names.map((name) => table(name).addresses.length)).toEqual([1, 1, 0, 0, 0]);
  });

  it("lets an instance back in that accepts connections again, and tells the console how it sees it", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const alive = { host: "127.0.0.1", port, transport: "tcp" as const, weight: 100 };
    const services = [{ ...entry("Test.one", 5, [8001]), instances: [alive, instance(8001)] }];
    await fixture.console.applyNames({ revision: 5, services });
    const view = openLiveTable(homePaths(fixture.home).liveTable("Test.one"));
    const isOut = (slot: number) => view.get(slot, HEALTH_FIELD.ejectedUntil) !== 0;
    const slotOf = (wanted: number) => [...view.snapshot.slots].find((slot) => view.port(slot) === wanted) ?? -1;
    for (const slot of view.snapshot.slots) {
      view.set(slot, HEALTH_FIELD.ejectReason, EJECT_REASON.refused);
      view.set(slot, HEALTH_FIELD.ejectedAt, bootTick());
      view.set(slot, HEALTH_FIELD.ejectedUntil, (bootTick() + 30_000) | 0);
    }
    await until(() => !isOut(slotOf(port)), "the probe lets it in");
    expect(isOut(slotOf(8001))).toBe(true);
    await until(() => (fixture.console.heartbeats.at(-1)?.routes ?? []).length > 0, "the console is told");
    const routes = fixture.console.heartbeats.at(-1)?.routes ?? [];
    expect(routes.find((route) => route.address === "127.0.0.5:8001")).toMatchObject({ state: "ejected" });
    view.close();
    server.close();
  });

  it("tells the console how it sees a service now", async () => {
    const services = [entry("Test.one", 5, [8001, 8002], "wrr"), entry("Test.none", 5, [])];
    await fixture.console.applyNames({ revision: 5, services });
    const callers = openLiveTable(homePaths(fixture.home).liveTable("Test.one"));
    callers.begin(callers.slotAt(1));
    const { routes } = await fixture.console.readRoutes("Test.one", 1_000);
    expect(routes).toMatchObject({ policy: "wrr", revision: 5, count: 2, picks: 1_000 });
    expect(routes?.rows).toMatchObject([
      { address: "127.0.0.5:8001", weight: 100, inFlight: 0, state: "unused" },
      { address: "127.0.0.5:8002", weight: 100, inFlight: 1 },
    ]);
    expect((routes?.rows ?? []).reduce((sum, row) => sum + row.hits, 0)).toBe(1_000);
    expect(callers.get(callers.slotAt(0), HEALTH_FIELD.lastPickAt)).toBe(0);
    expect((await fixture.console.readRoutes("Test.none", 10)).routes).toMatchObject({ rows: [], sample: null });
    expect((await fixture.console.readRoutes("Test.nobody", 10)).routes).toBeNull();
    callers.close();
  });

  it("restores the tables while the console is away, and tells it where it stands later", async () => {
    await fixture.console.applyNames({ revision: 5, services: [entry("Test.one", 5, [8001])] });
    await fixture.stopAgent();
    await fixture.console.goAway();
    const { naming } = homePaths(fixture.home);
    rmSync(naming, { recursive: true });
    const agent = await fixture.startAlone();
    expect(agent.isConnected).toBe(false);
    expect(table("Test.one").addresses).toEqual(["127.0.0.5:8001"]);
    fixture.console.namingRevisions.length = 0;
    await fixture.console.comeBack();
    await until(() => agent.isConnected, "the link is back");
    expect(fixture.console.namingRevisions).toEqual([5]);
  });
});
