import { silentLogger, systemClock } from "@msec/core";
import { NO_LABELS } from "@msec/naming";
import type { OrderResult } from "@msec/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "../database/database.js";
import { OrderUnanswered } from "../orders/errors.js";
import { ReleaseRunner, type SendOrder } from "./release-runner.js";
import { ReleaseService } from "./release-service.js";

const addresses = ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"];
const done: OrderResult = { orderId: "o", atMs: 1, ok: true, text: "", reason: "", previousReleaseId: "r-900" };

let database: Database;
let send: SendOrder;
let onActivated: () => Promise<void>;

beforeEach(async () => {
  database = await openDatabase(":memory:");
  send = async () => done;
  onActivated = async () => undefined;
  const targets = addresses.map((address) => ({
    address,
    machineName: "m",
    status: "waiting" as const,
    previousReleaseId: null,
    startedAtMs: null,
    endedAtMs: null,
    error: null,
    errorReason: null,
    steps: [],
  }));
  const tags = { configTag: "c1", pluginTag: "p1", idlTag: null };
  const facts = { releaseType: "complete" as const, memo: "", author: "admin", createdAtMs: 1 };
  await database.stores.releases.add({ service: "Flight.mod", ...tags, ...facts, targets });
});
afterEach(() => database.close());

function service(): ReleaseService {
  const { releases: store } = database.stores;
  const runner = new ReleaseRunner({
    store,
    clock: systemClock,
    logger: silentLogger,
    send: (...order) => send(...order),
    onActivated: () => onActivated(),
  });
  const machine = { machineId: "m", name: "m", publicKey: "", agentVersion: "", platform: "" };
  const times = { labels: NO_LABELS, joinedAtMs: 1, lastSeenAtMs: 1 };
  return new ReleaseService({
    database: {
      ...database,
      stores: { ...database.stores, versions: { ...database.stores.versions, find: async () => version } },
    },
    runner,
    clock: systemClock,
    logger: silentLogger,
    services: {} as never,
    machineAt: async (address) => ({ ...machine, ...times, address }),
    isOnline: () => true,
    runningRelease: () => "r-800",
    publishBlob: async () => ({ sha256: "0".repeat(64), sizeBytes: 1 }),
  });
}
const version = {
  kind: "config",
  first: "Flight",
  second: "mod",
  tag: "c1",
  memo: "",
  author: "",
  createdAtMs: 1,
  sizeBytes: 1,
  sha256: "0".repeat(64),
} as const;

const release = async () => (await database.stores.releases.get("r-1"))!;
const reasons = async () => (await release()).targets.map(({ status, errorReason }) => [status, errorReason]);
const set = (index: number, patch: object) => database.stores.releases.setTarget("r-1", addresses[index] ?? "", patch);

describe("a console that was stopped in the middle", () => {
  it("of a release marks each machine by what is known of it, and can go back where it may run", async () => {
    await database.stores.releases.begin("r-1", { from: ["ready"], to: "running", atMs: 1 });
    await set(0, { status: "succeeded", previousReleaseId: "r-900" });
    await set(1, { status: "starting", previousReleaseId: "r-800" });
    const releases = service();
    await releases.markInterrupted();
    expect((await release()).status).toBe("failed");
    expect(await reasons()).toEqual([
      ["succeeded", null],
      ["failed", "REL_OUTCOME_UNKNOWN"],
      ["skipped", null],
    ]);
    const told: string[] = [];
    send = async (address, action) => {
      told.push(`${address} ${"releaseId" in action ? action.releaseId : ""}`);
      return done;
    };
    await set(0, { previousReleaseId: "r-800" });
    await releases.rollBack("r-1", "admin");
    await releases.settled();
    expect(told).toEqual(["10.0.0.1:80 r-800", "10.0.0.2:80 r-800"]);
    expect((await release()).status).toBe("rolled_back");
  });

  it("of an installation tells that nothing was switched", async () => {
    await database.stores.releases.begin("r-1", { from: ["ready"], to: "running", atMs: 1 });
    await set(0, { status: "installing" });
    await service().markInterrupted();
    expect((await reasons())[0]).toEqual(["failed", "REL_INTERRUPTED"]);
  });

  it("of a rollback leaves it to be repeated", async () => {
    await database.stores.releases.end("r-1", "failed", 1);
    await database.stores.releases.begin("r-1", { from: ["failed"], to: "rolling_back", atMs: 1 });
    await set(0, { status: "rolling_back", previousReleaseId: "r-800" });
    await set(1, { status: "rolled_back" });
    await service().markInterrupted();
    expect((await release()).status).toBe("rollback_failed");
    expect((await reasons()).slice(0, 2)).toEqual([
      ["rollback_failed", "REL_OUTCOME_UNKNOWN"],
      ["rolled_back", null],
    ]);
  });
});

describe("a release", () => {
  it("whose machine does not tell the end of its switch is of unknown outcome there, and remembers what ran", async () => {
    send = async (address, { op }) => {
      if (op === "release.activate" && address === addresses[1])
        throw new OrderUnanswered({ machine: "m", op, timeoutMs: 1 });
      return done;
    };
    const releases = service();
    await releases.start("r-1");
    await releases.settled();
    expect((await release()).status).toBe("failed");
    expect(await reasons()).toEqual([
      ["succeeded", null],
      ["failed", "REL_OUTCOME_UNKNOWN"],
      ["skipped", null],
    ]);
    expect((await release()).targets.map((target) => target.previousReleaseId)).toEqual(["r-900", "r-800", "r-800"]);
  });

  it("that never answered an installation changed nothing", async () => {
    send = async (_, { op }) => {
      throw new OrderUnanswered({ machine: "m", op, timeoutMs: 1 });
    };
    const releases = service();
    await releases.start("r-1");
    await releases.settled();
    expect((await reasons())[0]).toEqual(["failed", "EXEC_ORDER_UNANSWERED"]);
    await expect(releases.rollBack("r-1", "admin")).rejects.toMatchObject({ reason: "REL_NOTHING_TO_ROLL_BACK" });
  });

  it("succeeds though its memo can't be kept", async () => {
    onActivated = () => Promise.reject(new Error("disk full"));
    const releases = service();
    await releases.start("r-1");
    await releases.settled();
    expect((await release()).status).toBe("succeeded");
  });

  it("keeps 500 steps of one order at most", async () => {
    send = async (_, { op }, { onProgress }) => {
      if (op === "release.install")
        for (let i = 0; i < 600; i++) onProgress({ orderId: "o", atMs: i, step: "s", text: "" });
      return done;
    };
    const releases = service();
    await releases.start("r-1");
    await releases.settled();
    expect((await release()).targets[0]?.steps).toHaveLength(500);
  });
});
