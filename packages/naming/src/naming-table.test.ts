import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryNameStore } from "./memory-name-store.js";
import type { NameDelta, ServiceEntry } from "./name-store.js";
import { NamingTable } from "./naming-table.js";

const instance = { port: 80, transport: "tcp", weight: 100, zone: "", rack: "", set: "" } as const;
const entry = (service: string, revision: number, last = 1): ServiceEntry => ({
  service,
  policy: "adaptive",
  check: "none",
  locality: "none",
  partition: false,
  instances: [{ ...instance, host: `10.0.0.${last}` }],
  revision,
});
const put = (service: string, revision: number, last?: number): NameDelta => ({
  kind: "put",
  revision,
  entry: entry(service, revision, last),
});
const remove = (service: string, revision: number): NameDelta => ({ kind: "remove", revision, service });

const many = (count: number): ServiceEntry["instances"] =>
  Array.from({ length: count }, (_, at) => ({ ...instance, host: `10.0.1.${at}` }));

function filled(): NamingTable {
  const table = new NamingTable();
  table.applySnapshot({ revision: 5, services: [entry("A1.B1", 4), entry("A2.B2", 5)] });
  return table;
}

describe("snapshots", () => {
  it("replace the table and tell what that changed", () => {
    const table = filled();
    const change = table.applySnapshot({ revision: 7, services: [entry("A2.B2", 5), entry("A3.B3", 6)] });
    expect(change.put.map((e) => e.service)).toEqual(["A3.B3"]);
    expect(change.removed).toEqual(["A1.B1"]);
    expect([table.revision, table.services.map((e) => e.service)]).toEqual([7, ["A2.B2", "A3.B3"]]);
  });

  it("of a lower revision count too: the console was restored", () => {
    const table = filled();
    table.applySnapshot({ revision: 2, services: [entry("A1.B1", 2, 9)] });
    expect([table.revision, table.get("A1.B1")?.instances[0]?.host, table.get("A2.B2")]).toEqual([
      2,
      "10.0.0.9",
      undefined,
    ]);
  });

  it("that are empty are refused over a table that is not, unless confirmed", () => {
    const table = filled();
    const empty = { revision: 9, services: [] };
    expect(() => table.applySnapshot(empty)).toThrow(
      expect.objectContaining({ reason: "NAME_PUSH_REFUSED", details: expect.objectContaining({ kept: 2 }) }),
    );
    expect([table.revision, table.services.length]).toEqual([5, 2]);
    expect(table.applySnapshot(empty, { confirmedEmpty: true }).removed).toEqual(["A1.B1", "A2.B2"]);
    expect(() => table.applySnapshot(empty)).not.toThrow();
  });

  it("that take most services or instances away are refused unless confirmed; smaller losses are not", () => {
    const names = ["A1.B1", "A2.B2", "A3.B3", "A4.B4", "A5.B5"];
    const table = new NamingTable();
    table.applySnapshot({
      revision: 5,
      services: names.map((name) => ({ ...entry(name, 5), instances: many(3) })),
    });
    const refused = expect.objectContaining({ reason: "NAME_PUSH_REFUSED" });
    const two = { revision: 6, services: names.slice(0, 2).map((name) => entry(name, 5)) };
    expect(() => table.applySnapshot(two)).toThrow(refused);
    const thin = { revision: 6, services: names.map((name) => entry(name, 6)) };
    expect(() => table.applySnapshot(thin), "5 of 15 instances").toThrow(refused);
    expect([table.revision, table.services.length]).toEqual([5, 5]);
    const three = {
      revision: 6,
      services: names.slice(0, 3).map((name) => ({ ...entry(name, 5), instances: many(3) })),
    };
    expect(table.applySnapshot(three).removed).toEqual(["A4.B4", "A5.B5"]);
    expect(table.applySnapshot(two, { confirmedEmpty: true }).removed).toEqual(["A3.B3"]);
  });

  it("with a malformed entry change nothing", () => {
    const table = filled();
    const bad = { ...entry("A3.B3", 6), instances: [{ host: "?", port: 80, transport: "tcp" as const }] };
    expect(() => table.applySnapshot({ revision: 6, services: [entry("A1.B1", 6), bad] })).toThrow(
      expect.objectContaining({ reason: "NAME_ENTRY_INVALID" }),
    );
    expect(table.services).toHaveLength(2);
  });
});

describe("deltas", () => {
  it("apply in order, once", () => {
    const table = filled();
    const deltas = [put("A1.B1", 8, 3), remove("A2.B2", 7), put("A1.B1", 6, 2)];
    const change = table.applyDeltas(5, deltas);
    expect([change.put.map((e) => e.instances[0]?.host), change.removed]).toEqual([["10.0.0.3"], ["A2.B2"]]);
    expect(table.revision).toBe(8);
    expect(table.applyDeltas(5, deltas)).toEqual({ put: [], removed: [] });
  });

  it("that leave a gap are refused", () => {
    const table = filled();
    expect(() => table.applyDeltas(6, [put("A3.B3", 7)])).toThrow(
      expect.objectContaining({ reason: "NAME_PUSH_REFUSED" }),
    );
    expect(table.get("A3.B3")).toBeUndefined();
  });

  it("bring any table to what the store has, however often and in whatever pieces they come", async () => {
    const step = fc.record({
      service: fc.constantFrom("A1.B1", "A2.B2", "A3.B3"),
      last: fc.integer({ min: 0, max: 3 }),
      pull: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const store = new MemoryNameStore();
        const table = new NamingTable();
        const pull = async () => {
          const from = table.revision;
          const deltas = await store.changesSince(from);
          if (deltas === "reset") throw new Error("unexpected reset");
          table.applyDeltas(from, deltas);
          table.applyDeltas(from, deltas);
        };
        for (const { service, last, pull: now } of steps) {
          if (last === 0) await store.remove(service);
          else
            await store.put(service, {
              policy: "wrr",
              instances: [{ host: `10.0.0.${last}`, port: 80, transport: "tcp" }],
            });
          if (now) await pull();
        }
        await pull();
        expect(table.services).toEqual(await store.list());
      }),
    );
  });
});
