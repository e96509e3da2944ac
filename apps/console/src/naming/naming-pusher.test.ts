import { AppError, silentLogger, systemClock } from "@msec/core";
import {
  MemoryNameStore,
  NameStoreUnavailable,
  type NamingLabels,
  NO_LABELS,
  type ResumableNameStore,
} from "@msec/naming";
import { NamingApply } from "@msec/protocol";
import { Value } from "typebox/value";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NamingPusher } from "./naming-pusher.js";

const instances = [{ host: "10.0.0.1", port: 80, transport: "all" as const, weight: 100 }];

let store: MemoryNameStore;
let pusher: NamingPusher;
let pushes: { agentId: string; push: NamingApply }[];
let online: Set<string>;
/** What an agent answers: the revision it has. */
let answer: (push: NamingApply, agentId: string) => number | Promise<number>;
let labels: Map<string, NamingLabels>;

function open(names: ResumableNameStore, opts: { isLabelled?: boolean } = {}): NamingPusher {
  const hub = {
    onlineAgentIds: () => [...online],
    requestEncoded: async (agentId: string, _: string, pieces: readonly Uint8Array[]) => {
      const push = JSON.parse(Buffer.concat(pieces).toString()) as NamingApply;
      expect(Value.Check(NamingApply, push)).toBe(true);
      pushes.push({ agentId, push });
      return { revision: await answer(push, agentId) };
    },
  };
  return new NamingPusher({
    ...{ store: names, hub: hub as never, clock: systemClock, logger: silentLogger },
    ...(opts.isLabelled && { localOf: async (agentId) => labels.get(agentId) }),
  });
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  store = new MemoryNameStore();
  pushes = [];
  online = new Set();
  labels = new Map();
  answer = (push) => push.revision;
  pusher = open(store);
});
afterEach(async () => {
  pusher.close();
  expect(vi.getTimerCount(), "no timer is left").toBe(0);
  vi.useRealTimers();
  await store.close();
});

const put = (service: string, weight = 100) =>
  store.put(service, { policy: "adaptive", instances: instances.map((instance) => ({ ...instance, weight })) });
const connect = (agentId: string, revision: number, epoch = store.epoch) => {
  online.add(agentId);
  pusher.onConnected(agentId, { epoch, revision });
};
const kinds = () => pushes.map(({ push }) => push.kind);
/** Time goes on until `isSo`. */
const when = (isSo: () => boolean | Promise<boolean>) =>
  vi.waitUntil(
    async () => {
      await vi.advanceTimersByTimeAsync(5);
      return await isSo();
    },
    { timeout: 4_000 },
  );
const quiet = () =>
  when(async () => (await pusher.waitForAgents((await store.snapshot()).revision, 0)).told === online.size);
const refusal = new AppError({ code: "FAILED_PRECONDITION", reason: "NAME_PUSH_REFUSED", message: "no", details: {} });

describe("the pusher", () => {
  it("sends nothing to an agent that has everything", async () => {
    const { revision } = await put("Aa.bb");
    connect("a", revision);
    await quiet();
    expect(pushes).toEqual([]);
  });

  it("sends what came after to one that is behind, the last state of each service", async () => {
    const { revision } = await put("Aa.bb");
    await put("Aa.cc");
    await put("Aa.cc", 50);
    await store.remove("Aa.bb");
    connect("a", revision);
    await quiet();
    expect(pushes.map(({ push }) => push)).toMatchObject([
      {
        kind: "delta",
        baseRevision: revision,
        revision: revision + 3,
        removed: ["Aa.bb"],
        services: [{ service: "Aa.cc" }],
      },
    ]);
    expect(pushes[0]?.push.services[0]?.instances[0]?.weight).toBe(50);
  });

  it("vouches for an empty list only to those whose history it knows", async () => {
    await put("Aa.bb");
    await store.remove("Aa.bb");
    connect("ahead", 99);
    connect("other", 1, "another console");
    await quiet();
    const empty = { kind: "snapshot", revision: 2, services: [], epoch: store.epoch, confirmedEmpty: false };
    expect(pushes.map(({ push }) => push)).toMatchObject([empty, empty]);
    connect("known", 1);
    await quiet();
    expect(pushes[2]?.push).toMatchObject({ kind: "delta", removed: ["Aa.bb"], confirmedEmpty: true });
  });

  it("sends a list that is too long for a frame in parts, encoded once for all", async () => {
    const long = Array.from({ length: 1_500 }, (_, at) => ({ host: `10.0.${at >> 8}.${at & 255}`, port: 80 }));
    for (const service of ["Aa.b1", "Aa.b2", "Aa.b3", "Aa.b4"])
      await store.put(service, { policy: "odd", instances: long.map((at) => ({ ...at, transport: "tcp" as const })) });
    for (const agentId of ["a", "b"]) connect(agentId, 0, "");
    await quiet();
    const ofA = pushes.filter(({ agentId }) => agentId === "a").map(({ push }) => push);
    expect(ofA.length).toBeGreaterThan(1);
    expect(ofA.map(({ part }) => part)).toEqual(ofA.map((_, at) => at));
    expect(new Set(ofA.map(({ parts }) => parts))).toEqual(new Set([ofA.length]));
    expect(ofA.flatMap(({ services }) => services.map(({ service }) => service))).toEqual([
      ...["Aa.b1", "Aa.b2", "Aa.b3", "Aa.b4"],
    ]);
    for (const { push } of pushes) expect(JSON.stringify(push).length).toBeLessThan(600 * 1024);
  });

  it("sends many changes as a few pushes", async () => {
    connect("a", 0);
    await quiet();
    for (let n = 0; n < 500; n += 1) await put("Aa.bb", n + 1);
    await quiet();
    expect(pushes.length).toBeLessThan(20);
    expect(pushes.at(-1)?.push.services[0]?.instances[0]?.weight).toBe(500);
  });

  it("tells each agent the labels of its machine, and again when they change", async () => {
    const { revision } = await put("Aa.bb");
    const labelled = open(store, { isLabelled: true });
    labels.set("a", { ...NO_LABELS, zone: "z1" });
    online.add("a");
    labelled.onConnected("a", { epoch: store.epoch, revision });
    await when(() => pushes.length === 1);
    expect(pushes[0]?.push).toMatchObject({ kind: "delta", revision, services: [], local: { zone: "z1" } });
    labels.set("a", { ...NO_LABELS, zone: "z2" });
    labelled.onLabels("a");
    await when(() => pushes.length === 2);
    await put("Aa.cc");
    await when(() => pushes.length === 3);
    expect(pushes.map(({ push }) => push.local?.zone)).toEqual(["z1", "z2", undefined]);
    online.delete("a");
    labelled.close();
  });

  it("sends one push at a time; changes meanwhile go together with the next", async () => {
    let go: () => void = () => undefined;
    answer = (push) =>
      new Promise((resolve) => {
        go = () => resolve(push.revision);
      });
    await put("Aa.bb");
    connect("a", 0);
    await when(() => pushes.length === 1);
    for (const service of ["Aa.cc", "Aa.dd", "Aa.ee"]) await put(service);
    expect(pushes).toHaveLength(1);
    answer = (push) => push.revision;
    go();
    await quiet();
    expect(pushes.map(({ push }) => push.services.length)).toEqual([1, 3]);
  });

  it("sends the whole at once when an agent does not have what changes follow on", async () => {
    const { revision } = await put("Aa.bb");
    await put("Aa.cc");
    answer = (push) => (push.kind === "delta" ? Promise.reject(refusal) : push.revision);
    connect("a", revision);
    await quiet();
    expect(kinds()).toEqual(["delta", "snapshot"]);
  });

  it("repeats what failed after a pause that grows, however many changes there are, with the whole", async () => {
    answer = () => Promise.reject(refusal);
    await put("Aa.bb");
    connect("a", 0, "");
    await when(() => pushes.length === 1);
    for (const service of ["Aa.cc", "Aa.dd", "Aa.ee"]) await put(service);
    await vi.advanceTimersByTimeAsync(1_800);
    expect(pushes).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(300);
    await when(() => pushes.length === 2);
    await vi.advanceTimersByTimeAsync(3_500);
    expect(pushes).toHaveLength(2);
    answer = (push) => push.revision;
    await vi.advanceTimersByTimeAsync(600);
    await quiet();
    expect(kinds()).toEqual(["snapshot", "snapshot", "snapshot"]);
    expect(pushes[2]?.push.services).toHaveLength(4);
  });

  it("tells who refuses to lose most of its list, and sends it again with a person's word", async () => {
    const collapse = new AppError({ ...refusal, details: { kept: 9 }, message: "too little is left" });
    answer = (push) => (push.confirmedEmpty ? push.revision : Promise.reject(collapse));
    await put("Aa.bb");
    connect("a", 7, "another console");
    await when(() => pusher.refusals.length === 1);
    expect(pusher.refusals).toMatchObject([{ agentId: "a", problem: "too little is left" }]);
    expect(pusher.vouch()).toBe(1);
    await quiet();
    expect([pusher.refusals, pushes.map(({ push }) => push.confirmedEmpty)]).toEqual([[], [false, true]]);
  });

  it("does not go on with an agent that has gone, and begins anew when it is back", async () => {
    await put("Aa.bb");
    answer = () => Promise.reject(refusal);
    connect("a", 0, "");
    await when(() => pushes.length === 1);
    online.delete("a");
    pusher.onDisconnected("a");
    expect(vi.getTimerCount()).toBe(0);
    answer = (push) => push.revision;
    connect("a", 1);
    await quiet();
    const before = pushes.length;
    await put("Aa.cc");
    await quiet();
    expect(kinds().slice(before)).toEqual(["delta"]);
  });

  it("takes no answer of an earlier connection for one of the present", async () => {
    let late: () => void = () => undefined;
    answer = (push) =>
      new Promise((resolve) => {
        late = () => resolve(push.revision);
      });
    const { revision } = await put("Aa.bb");
    connect("a", 0);
    await when(() => pushes.length === 1);
    const ofOld = late;
    connect("a", 0);
    await when(() => pushes.length === 2);
    ofOld();
    await Promise.resolve();
    expect(await pusher.waitForAgents(revision, 0)).toEqual({ told: 0, online: 1 });
    late();
    await quiet();
  });

  it("counts who has a revision, and waits only as long as it is told", async () => {
    answer = (push, agentId) => (agentId === "slow" ? new Promise(() => undefined) : push.revision);
    const { revision } = await put("Aa.bb");
    connect("fast", 0);
    connect("slow", 0);
    const counted = pusher.waitForAgents(revision, 500);
    await vi.advanceTimersByTimeAsync(600);
    expect(await counted).toEqual({ told: 1, online: 2 });
    const shorter = pusher.waitForAgents(revision, 60_000);
    online.delete("slow");
    pusher.onDisconnected("slow");
    expect(await shorter).toEqual({ told: 1, online: 1 });
  });

  it("survives a store that fails", async () => {
    const failing = Object.assign(new MemoryNameStore(), {
      changesSince: () => Promise.reject(new NameStoreUnavailable({ problem: "the disk is full" })),
    });
    const alone = open(failing);
    online.add("b");
    alone.onConnected("b", { epoch: failing.epoch, revision: 3 });
    await vi.waitUntil(() => vi.getTimerCount() === 1);
    alone.close();
    online.delete("b");
    expect(pushes).toEqual([]);
  });
});
