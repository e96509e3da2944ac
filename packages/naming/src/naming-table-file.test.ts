import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NO_LABELS } from "./check-entry.js";
import type { NamingTable, PushedEntry } from "./naming-table.js";
import { NamingTableFile } from "./naming-table-file.js";

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "msec-table-"));
  path = join(dir, "naming", "table.json");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const entry = (service: string, revision: number, last = 1): PushedEntry => ({
  service,
  policy: "adaptive",
  instances: [{ host: `10.0.0.${last}`, port: 80, transport: "tcp" }],
  revision,
});
const local = { zone: "eu-1", rack: "r1", set: "" };

/** A table in its file, and a way to change both. */
function open() {
  const file = new NamingTableFile(path);
  const { table, local } = file.restore();
  const put = (service: string, revision: number, last?: number) => {
    const from = table.revision;
    const change = table.applyDeltas(from, [{ kind: "put", revision, entry: entry(service, revision, last) }], "E1");
    file.append(table, local, { ...change, from });
  };
  const remove = (service: string, revision: number) => {
    const from = table.revision;
    file.append(table, local, { ...table.applyDeltas(from, [{ kind: "remove", revision, service }], "E1"), from });
  };
  return { file, table, local, put, remove };
}

function saved(): NamingTable {
  const { file, table } = open();
  table.applySnapshot({ epoch: "E0", revision: 5, services: [entry("A1.B1", 4), entry("A2.B2", 5)] });
  file.save(table, local);
  return table;
}

describe("the file of a naming table", () => {
  it("keeps the table and the labels of the machine; saving leaves nothing else behind", () => {
    const table = saved();
    const restored = open();
    expect([restored.table.revision, restored.table.epoch, restored.local]).toEqual([5, "E0", local]);
    expect(restored.table.services).toEqual(table.services);
    expect(readdirSync(join(dir, "naming"))).toEqual(["table.json"]);
  });

  it("takes changes as lines beside it, which are there after a restart", () => {
    saved();
    const before = open();
    before.put("A3.B3", 6); // the first change of a process writes the whole
    const { ino } = statSync(path);
    before.put("A1.B1", 7, 9);
    before.remove("A2.B2", 8);
    expect(statSync(path).ino, "the table itself is not written again").toBe(ino);
    const { table } = open();
    expect([table.revision, table.epoch]).toEqual([8, "E1"]);
    expect(table.services).toEqual(before.table.services);
    expect(table.services.map((each) => each.service)).toEqual(["A1.B1", "A3.B3"]);
  });

  it("survives a line that was cut off: what was before it counts, what comes after it is kept", () => {
    saved();
    const before = open();
    for (const revision of [6, 7, 8]) before.put("A3.B3", revision, revision);
    const journal = `${path}.journal`;
    writeFileSync(journal, readFileSync(journal, "utf8").slice(0, -20));
    const after = open();
    expect(after.table.revision).toBe(7);
    after.put("A4.B4", 9);
    after.put("A5.B5", 10);
    expect(open().table.services).toEqual(after.table.services);
  });

  it("ignores a journal of another table", () => {
    saved();
    appendFileSync(
      `${path}.journal`,
      '{"id":"other"}\n{"from":5,"revision":6,"epoch":"","put":[],"removed":["A1.B1"]}\n',
    );
    expect(open().table.revision).toBe(5);
  });

  it("folds a long journal into the table", () => {
    saved();
    const { file, table, put } = open();
    put("A3.B3", 6);
    const instances = Array.from({ length: 5_000 }, (_, at) => ({
      host: `10.0.${at >> 8}.${at & 255}`,
      port: 80,
      transport: "tcp" as const,
    }));
    for (let revision = 7; revision < 14; revision += 1) {
      const from = table.revision;
      const big = { ...entry("A4.B4", revision), instances };
      const change = table.applyDeltas(from, [{ kind: "put", revision, entry: big }]);
      file.append(table, NO_LABELS, { ...change, from });
    }
    expect(statSync(`${path}.journal`).size).toBeLessThan(3 << 20);
    expect(open().table.services).toEqual(table.services);
  });

  it("may be missing", () => {
    expect(new NamingTableFile(join(dir, "none")).restore()).toMatchObject({
      local: NO_LABELS,
      table: { revision: 0 },
    });
  });

  it("of format 1 is read: no epoch, no labels", () => {
    const old = { host: "10.0.0.1", port: 80, transport: "tcp", weight: 50 };
    const services = [{ service: "A1.B1", policy: "adaptive", instances: [old], revision: 4 }];
    writeFileSync(join(dir, "old.json"), JSON.stringify({ format: 1, revision: 5, services }));
    const { table } = new NamingTableFile(join(dir, "old.json")).restore();
    expect([table.revision, table.epoch]).toEqual([5, ""]);
    expect(table.get("A1.B1")).toMatchObject({ check: "none", instances: [{ ...old, zone: "", rack: "", set: "" }] });
  });

  it.each([
    { name: "half a file", text: '{"format":1,"revision":5,"serv' },
    { name: "another format", text: '{"format":3,"revision":5,"services":[]}' },
    { name: "no revision", text: '{"format":1,"services":[]}' },
    {
      name: "a bad entry",
      text: '{"format":1,"revision":5,"services":[{"service":"A1.B1","policy":"x","instances":[{}]}]}',
    },
    { name: "null", text: "null" },
  ])("is refused when it is $name", ({ text }) => {
    const bad = join(dir, "bad.json");
    writeFileSync(bad, text);
    expect(() => new NamingTableFile(bad).restore()).toThrow(expect.objectContaining({ reason: "NAME_TABLE_INVALID" }));
  });
});
