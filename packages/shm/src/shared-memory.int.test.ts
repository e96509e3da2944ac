/** Several real processes on the same files. Children run the built package, which is built here first. */
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LIVE_FIELD } from "./live-layout.js";
import { openLiveTable } from "./live-table.js";
import { openLiveTableWriter } from "./live-table-writer.js";
import { createMonitorRing, type MonitorRing } from "./monitor-ring.js";

const packageDir = dirname(dirname(fileURLToPath(import.meta.url)));
let dir: string;
let children: ChildProcess[];

beforeAll(() => {
  execFileSync("npx", ["tsc", "-b", packageDir], { stdio: "pipe" });
}, 120_000);
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "msec-shm-"));
  children = [];
});
afterEach(() => {
  for (const child of children) if (child.exitCode === null) child.kill("SIGKILL");
  rmSync(dir, { recursive: true, force: true });
});

function start(fixture: string, ...args: string[]): ChildProcess {
  const child = fork(join(packageDir, "fixtures", fixture), args, { execArgv: [] });
  children.push(child);
  return child;
}

const pause = () => new Promise((resolve) => setImmediate(resolve));

/** Takes records until `done` says so; checks that each producer's numbers come in order, once each. */
async function drain(ring: MonitorRing, done: (counts: readonly number[]) => boolean): Promise<number[]> {
  const next = [0, 0, 0];
  const deadlineMs = performance.now() + 15_000;
  while (!done(next)) {
    if (performance.now() > deadlineMs) throw new Error(`gave up at ${next.join()}, ${ring.usedSlots} slots used`);
    for (let bytes = ring.get(); bytes; bytes = ring.get()) {
      const view = Buffer.from(bytes);
      const [producer, number] = [view.readUInt32LE(0), view.readUInt32LE(4)];
      if (number !== next[producer])
        throw new Error(`producer ${producer}: ${number} after ${(next[producer] ?? 0) - 1}`);
      if (bytes.length !== 8 + (number % 90)) throw new Error(`record ${number} has ${bytes.length} bytes`);
      if (bytes.length > 8 && bytes.at(-1) !== (number & 255)) throw new Error(`record ${number} is damaged`);
      next[producer] = number + 1;
    }
    await pause();
  }
  return next;
}

describe("monitor ring", () => {
  it("loses and repeats nothing with two producers and one consumer", async () => {
    const path = join(dir, "monitor.mmap");
    const ring = createMonitorRing(path, { elementCount: 600 });
    for (const producer of [0, 1]) start("ring-producer.mjs", path, String(producer), "40000");
    expect(await drain(ring, ([a, b]) => a === 40_000 && b === 40_000)).toEqual([40_000, 40_000, 0]);
    expect(ring.usedSlots).toBe(0);
  });

  it("goes on after kill -9 of a producer", async () => {
    const path = join(dir, "monitor.mmap");
    const ring = createMonitorRing(path, { elementCount: 600 }, { graceMs: 200 });
    for (let round = 0; round < 5; round += 1) {
      const victim = start("ring-producer.mjs", path, "0", "100000000");
      let seen = 0;
      const deadlineMs = performance.now() + 5_000;
      while (seen < 3_000 && performance.now() < deadlineMs) {
        if (ring.get()) seen += 1;
        else await pause();
      }
      expect(seen).toBe(3_000);
      victim.kill("SIGKILL");
      await once(victim, "exit");
      const emptyBy = performance.now() + 5_000;
      while (ring.usedSlots > 0 && performance.now() < emptyBy) if (!ring.get()) await pause();
      expect(ring.usedSlots).toBe(0);
    }
    start("ring-producer.mjs", path, "1", "500");
    expect(await drain(ring, ([, b]) => b === 500)).toEqual([0, 500, 0]);
  }, 60_000);
});

describe("live table", () => {
  const path = () => join(dir, "VOA.Crawl.live");
  const members = (count: number) =>
    Array.from({ length: count }, (_, n) => ({
      host: `10.0.0.${n + 1}`,
      port: 80,
      transport: "tcp" as const,
      weight: 100,
    }));

  async function user(): Promise<{ child: ChildProcess; ask: (order: object) => Promise<unknown> }> {
    const child = start("table-user.mjs", path());
    await once(child, "message");
    return {
      child,
      ask: async (order) => {
        const answer = once(child, "message");
        child.send(order);
        return (await answer)[0];
      },
    };
  }

  it("adds up what several processes count", async () => {
    openLiveTableWriter(path()).setMembers(1, members(2));
    const users = await Promise.all([user(), user()]);
    await Promise.all(users.map((u) => u.ask({ do: "add", slot: 1, field: LIVE_FIELD.successTotal, times: 300_000 })));
    expect(openLiveTable(path()).get(1, LIVE_FIELD.successTotal)).toBe(600_000);
  });

  it("tells other processes of new members, also when the file was replaced by a bigger one", async () => {
    const writer = openLiveTableWriter(path(), { capacity: 2 });
    writer.setMembers(1, members(2));
    const { ask } = await user();
    expect(await ask({ do: "look" })).toEqual({ count: 2, revision: 1, capacity: 2 });
    writer.setMembers(2, members(3));
    expect(await ask({ do: "look" })).toEqual({ count: 3, revision: 2, capacity: 4 });
  });

  it("takes back the calls in flight of a process that was killed", async () => {
    const writer = openLiveTableWriter(path());
    writer.setMembers(1, members(1));
    const table = openLiveTable(path());
    const [victim, survivor] = await Promise.all([user(), user()]);
    await victim.ask({ do: "begin", slot: 0, times: 7 });
    await survivor.ask({ do: "begin", slot: 0, times: 2 });
    expect(table.get(0, LIVE_FIELD.inFlight)).toBe(9);
    victim.child.kill("SIGKILL");
    await once(victim.child, "exit");
    expect(writer.repair()).toBe(1);
    expect(table.get(0, LIVE_FIELD.inFlight)).toBe(2);
  });

  it("is used by threads, each with a row of its own that is taken back when the thread ends", async () => {
    const writer = openLiveTableWriter(path());
    writer.setMembers(1, members(2));
    const table = openLiveTable(path());
    const script = join(packageDir, "fixtures", "table-thread.mjs");
    const threads = [1, 2, 3, 4].map(
      () => new Worker(script, { execArgv: [], workerData: { path: path(), turns: 100_000 } }),
    );
    try {
      await Promise.all(threads.map((thread) => once(thread, "message"))); // each added its turns and holds three calls
      expect([table.get(1, LIVE_FIELD.successTotal), table.get(1, LIVE_FIELD.inFlight)]).toEqual([400_000, 12]);
      expect(writer.repair()).toBe(0);
      await threads[2]?.terminate();
      expect([writer.repair(), table.get(1, LIVE_FIELD.inFlight)]).toEqual([1, 9]);
    } finally {
      await Promise.all(threads.map((thread) => thread.terminate()));
    }
    expect([writer.repair(), table.get(1, LIVE_FIELD.inFlight)]).toEqual([3, 0]);
  });

  it("shows only whole revisions while a writer rewrites it, is killed, and another takes over", async () => {
    for (let round = 0; round < 4; round += 1) {
      const writer = start("table-writer.mjs", path());
      await once(writer, "message");
      const table = openLiveTable(path());
      let revisions = 0;
      const untilMs = performance.now() + 10_000;
      while (revisions < 50 && performance.now() < untilMs) {
        if (table.refresh()) {
          revisions += 1;
          checkWhole(table);
        } else await pause();
      }
      writer.kill("SIGKILL");
      await once(writer, "exit");
      table.refresh();
      checkWhole(table);
      expect(revisions).toBe(50);
    }
    openLiveTableWriter(path()).setMembers(9, members(3));
    expect(openLiveTable(path()).count).toBe(3);
  });
});

function checkWhole(table: ReturnType<typeof openLiveTable>): void {
  const { revision, snapshot } = table;
  const want = [1, 2, 3, 4].map((last) => `10.${revision & 255}.0.${last}:${1 + (revision % 60_000)}`);
  const got = Array.from(snapshot.slots, (slot) => snapshot.addresses[slot]).toSorted();
  const weights = new Set(Array.from(snapshot.slots, (slot) => snapshot.weights[slot]));
  expect(got).toEqual(want.toSorted());
  expect([...weights]).toEqual([(revision % 10_000) + 1]);
}
