import { silentLogger, systemClock } from "@msec/core";
import { MemoryNameStore, type NameStore, NameStoreUnavailable } from "@msec/naming";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NamingGate } from "./naming-gate.js";

let source: MemoryNameStore;
let published: MemoryNameStore;
let gate: NamingGate;
let heard: string[];

const open = (names: NameStore = source) =>
  new NamingGate({
    ...{ source: names, published, clock: systemClock, logger: silentLogger },
    onHeld: ({ service, why }) => heard.push(`${service}: ${why}`),
  });
beforeEach(async () => {
  source = new MemoryNameStore();
  published = new MemoryNameStore();
  heard = [];
  gate = open();
  await gate.start();
});
afterEach(() => gate.close());

const put = (service: string, count: number) =>
  source.put(service, {
    policy: "adaptive",
    instances: Array.from({ length: count }, (_, at) => ({ host: `10.0.0.${at + 1}`, port: 80, transport: "tcp" })),
  });
const countOf = async (service: string) => (await published.get(service))?.instances.length;
const heldNames = () => gate.held.map(({ service }) => service);

describe("the gate", () => {
  it("publishes what is harmless, in the order in which it was made", async () => {
    await put("A1.B1", 4);
    await put("A2.B2", 2);
    await put("A1.B1", 2);
    await put("A3.B3", 0);
    await source.remove("A3.B3");
    await gate.settled();
    expect([await countOf("A1.B1"), await countOf("A2.B2"), await countOf("A3.B3")]).toEqual([2, 2, undefined]);
    expect(gate.publishedRevision("A1.B1")).toBe((await published.get("A1.B1"))?.revision);
    expect([gate.held, heard]).toEqual([[], []]);
  });

  it.each([
    { what: "emptied", is: 0, why: "it would lose all 5 instances" },
    { what: "removed", is: undefined, why: "it would lose all 5 instances" },
    { what: "far smaller", is: 2, why: "it would fall from 5 instances to 2" },
  ])("keeps a service that is $what as it was until that is confirmed", async ({ is, why }) => {
    await put("A1.B1", 5);
    await (is === undefined ? source.remove("A1.B1") : put("A1.B1", is));
    await gate.settled();
    expect([await countOf("A1.B1"), heldNames(), heard]).toEqual([5, ["A1.B1"], [`A1.B1: ${why}`]]);
    const [held] = gate.held;
    expect(await gate.confirm([{ service: "A1.B1", revision: -1 }]), "another revision").toEqual([]);
    expect(await countOf("A1.B1")).toBe(5);
    expect(await gate.confirm([held ?? { service: "", revision: 0 }])).toHaveLength(1);
    expect([await countOf("A1.B1"), gate.held]).toEqual([is, []]);
  });

  it("lets go by itself what the store puts right, and puts the store right when it is discarded", async () => {
    await put("A1.B1", 5);
    await put("A1.B1", 0);
    await put("A1.B1", 6);
    await gate.settled();
    expect([await countOf("A1.B1"), gate.held]).toEqual([6, []]);
    await source.remove("A1.B1");
    await gate.settled();
    expect(await gate.discard("A1.B1")).toMatchObject({ service: "A1.B1", wanted: undefined });
    expect([await countOf("A1.B1"), (await source.get("A1.B1"))?.instances.length, gate.held]).toEqual([6, 6, []]);
    expect(await gate.discard("A1.B1")).toBeUndefined();
  });

  it("holds back a large part of all services at once, though each alone would pass", async () => {
    const names = Array.from({ length: 12 }, (_, at) => `A1.B${at}`);
    for (const service of names) await put(service, 2);
    await gate.settled();
    for (const service of names) await put(service, 1);
    await gate.settled();
    expect(heldNames().length).toBeGreaterThanOrEqual(5);
    const [service = ""] = heldNames();
    expect(await countOf(service)).toBe(2);
  });

  it("lets go of a large part of all services as soon as each is put right, by hand or by itself", async () => {
    const names = Array.from({ length: 9 }, (_, at) => `A1.B${at}`);
    for (const name of names) await put(name, 3);
    await gate.settled();
    for (const name of names) await put(name, 0);
    await gate.settled();
    expect(heldNames()).toEqual(names);
    await gate.discard("A1.B0");
    for (const name of names.slice(1)) await put(name, 3);
    await gate.settled();
    expect(gate.held).toEqual([]);
    expect(await Promise.all(names.map(countOf))).toEqual(names.map(() => 3));
  });

  it("judges again after a restart: what was held stays held, and what happened meanwhile is published", async () => {
    await put("A1.B1", 5);
    await put("A2.B2", 5);
    await source.remove("A1.B1");
    await gate.settled();
    gate.close();
    await put("A2.B2", 4);
    await put("A3.B3", 1);
    gate = open();
    await gate.start();
    expect([heldNames(), await countOf("A1.B1"), await countOf("A2.B2"), await countOf("A3.B3")]).toEqual([
      ...[["A1.B1"], 5, 4, 1],
    ]);
  });

  it("holds back everything when the store comes up empty", async () => {
    const names = ["A1.B1", "A2.B2", "A3.B3"];
    for (const service of names) await put(service, 1);
    await gate.settled();
    gate.close();
    gate = open(new MemoryNameStore());
    await gate.start();
    expect([heldNames(), (await published.list()).length]).toEqual([names, 3]);
  });

  it("waits for a store that does not answer, with what is published", async () => {
    await put("A1.B1", 3);
    await gate.settled();
    gate.close();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let isAway = true;
    const away = Object.assign(new MemoryNameStore(), {
      snapshot: () => (isAway ? Promise.reject(new NameStoreUnavailable({ problem: "away" })) : source.snapshot()),
    });
    gate = open(away);
    await gate.start();
    expect(await countOf("A1.B1")).toBe(3);
    await put("A1.B1", 4);
    isAway = false;
    await vi.advanceTimersByTimeAsync(2_000);
    vi.useRealTimers();
    await gate.settled();
    expect(await countOf("A1.B1")).toBe(4);
  });
});
