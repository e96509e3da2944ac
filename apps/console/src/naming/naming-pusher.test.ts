import { AppError, silentLogger, systemClock } from "@msec/core";
import { FailingNameStore, MemoryNameStore, type NameStore } from "@msec/naming";
import type { NamingApply } from "@msec/protocol";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NamingPusher } from "./naming-pusher.js";

const instances = [{ host: "10.0.0.1", port: 80, transport: "all" as const, weight: 100 }];

let store: MemoryNameStore;
let pusher: NamingPusher;
let pushes: { agentId: string; push: NamingApply }[];
let online: Set<string>;
/** What an agent answers: the revision it has. */
let answer: (push: NamingApply, agentId: string) => number | Promise<number>;

function open(names: NameStore): NamingPusher {
  const hub = {
    isOnline: (agentId: string) => online.has(agentId),
    onlineAgentIds: () => [...online],
    request: async (agentId: string, _: string, params: unknown) => {
      const push = params as NamingApply;
      pushes.push({ agentId, push });
      return { revision: await answer(push, agentId) };
    },
  };
  return new NamingPusher({ store: names, hub: hub as never, clock: systemClock, logger: silentLogger });
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  store = new MemoryNameStore();
  pushes = [];
  online = new Set();
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
const connect = (agentId: string, revision: number) => {
  online.add(agentId);
  pusher.onConnected(agentId, revision);
};
const kinds = () => pushes.map(({ push }) => push.kind);
const quiet = () =>
  vi.waitUntil(async () => (await pusher.waitForAgents((await store.snapshot()).revision, 0)).told === online.size);
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

  it("sends the whole to one that is ahead, and tells when nothing is left on purpose", async () => {
    await put("Aa.bb");
    await store.remove("Aa.bb");
    connect("a", 99);
    await quiet();
    expect(pushes[0]?.push).toMatchObject({ kind: "snapshot", revision: 2, services: [], confirmedEmpty: true });
  });

  it("does not confirm emptiness of a store that never had anything", async () => {
    connect("a", 99);
    await vi.waitUntil(() => pushes.length === 1);
    expect(pushes[0]?.push).toMatchObject({ kind: "snapshot", revision: 0, confirmedEmpty: false });
    await quiet();
  });

  it("sends one push at a time; changes meanwhile go together with the next", async () => {
    let go: () => void = () => undefined;
    answer = (push) =>
      new Promise((resolve) => {
        go = () => resolve(push.revision);
      });
    await put("Aa.bb");
    connect("a", 0);
    await vi.waitUntil(() => pushes.length === 1);
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

  it("repeats what failed after a pause, once however many changes there were, with the whole", async () => {
    answer = () => Promise.reject(refusal);
    await put("Aa.bb");
    connect("a", 0);
    await vi.waitUntil(() => vi.getTimerCount() === 1);
    for (const service of ["Aa.cc", "Aa.dd", "Aa.ee"]) {
      const before = pushes.length;
      await put(service);
      await vi.waitUntil(() => pushes.length > before);
      await vi.waitUntil(() => vi.getTimerCount() === 1);
    }
    const before = pushes.length;
    answer = (push) => push.revision;
    await vi.advanceTimersByTimeAsync(2_000);
    await quiet();
    expect(kinds().slice(before)).toEqual(["snapshot"]);
  });

  it("does not go on with an agent that has gone, and begins anew when it is back", async () => {
    await put("Aa.bb");
    answer = () => Promise.reject(refusal);
    connect("a", 0);
    await vi.waitUntil(() => vi.getTimerCount() === 1);
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
    await vi.waitUntil(() => pushes.length === 1);
    const ofOld = late;
    connect("a", 0);
    await vi.waitUntil(() => pushes.length === 2);
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
    const failing = open(new FailingNameStore());
    online.add("b");
    failing.onConnected("b", 3);
    await vi.waitUntil(() => vi.getTimerCount() === 1);
    failing.close();
    online.delete("b");
    expect(pushes).toEqual([]);
  });
});
