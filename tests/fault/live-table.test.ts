/**
 * One live table and many processes that are killed in the middle of what they write. The suite kills one crowd of 64; by hand
 * `MSEC_KILL_ROUNDS=50 npx vitest run --project e2e tests/fault/live-table.test.ts` kills that many.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { setPriority, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LIVE_FIELD, type LiveTable, openLiveTable, openLiveTableWriter } from "@msec/shm";
import { TestScope } from "@msec/testkit";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";

const PROCESSES = 64;
const SURVIVORS = 4;
const ROUNDS = Number(process.env.MSEC_KILL_ROUNDS ?? 1);
const HEADER_MAGIC = "MLT1";
const USED_ROWS_WORD = 18;

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));
let scope = new TestScope();
let hammerScript: string;
beforeAll(async () => {
  // one file: a process that loads the packages takes five times as long to start, and there are many
  const dir = mkdtempSync(join(tmpdir(), "msec-hammer-"));
  hammerScript = join(dir, "table-hammer.cjs");
  const entryPoints = [fileURLToPath(new URL("table-hammer.mjs", import.meta.url))];
  const shape = { bundle: true, platform: "node", format: "cjs", logLevel: "error" } as const;
  const conditions = ["msec-source"];
  await build({ entryPoints, ...shape, conditions, external: ["koffi"], outfile: hammerScript });
});
afterAll(() => rmSync(dirname(hammerScript), { recursive: true, force: true }));
afterEach(async () => {
  await scope.close();
  scope = new TestScope();
});

/** A process that picks and reports. */
class Hammer {
  readonly child: ChildProcess;

  constructor(path: string, seed: number) {
    this.child = fork(hammerScript, [path, String(seed)], {
      execArgv: [],
      env: { ...process.env, NODE_PATH: modules },
    });
    scope.add(() => this.kill());
  }

  async answer(): Promise<Record<string, unknown>> {
    return ((await once(this.child, "message")) as [Record<string, unknown>])[0];
  }

  async ask(order: { do: "go" | "freeze"; calls?: number }): Promise<Record<string, unknown>> {
    const answer = this.answer();
    this.child.send(order);
    return await answer;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await exit;
  }
}

async function startHammers(path: string, count: number, firstSeed: number): Promise<Hammer[]> {
  const hammers = Array.from({ length: count }, (_, n) => new Hammer(path, firstSeed + n));
  await Promise.all(hammers.map((hammer) => hammer.answer()));
  // the test itself shall be heard among them
  for (const { child } of hammers) if (child.pid !== undefined) setPriority(child.pid, 10);
  return hammers;
}

function makeTable() {
  const dir = mkdtempSync(join(tmpdir(), "msec-kill-"));
  scope.add(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, "Test.kill.live");
  const writer = openLiveTableWriter(path, { capacity: 8 });
  scope.add(() => writer.close());
  let revision = 0;
  /** Seven instances; one of them changes with each call. */
  const change = () => {
    revision += 1;
    const host = (n: number) => (n === revision % 7 ? `2001:db8::${revision.toString(16)}` : `10.0.0.${n + 1}`);
    const members = Array.from({ length: 7 }, (_, n) => ({
      host: host(n),
      port: 80,
      transport: "tcp" as const,
      weight: 100,
    }));
    writer.setMembers(revision, members);
    return members;
  };
  change();
  return { path, writer, change };
}

/** Magic and the number of rows that readers add up. */
function headerOf(path: string): [string, number] {
  const bytes = readFileSync(path);
  return [bytes.subarray(0, 4).toString("latin1"), bytes.readInt32LE(4 * USED_ROWS_WORD)];
}

const fieldOf = (table: LiveTable, field: keyof typeof LIVE_FIELD) =>
  Array.from(table.snapshot.slots, (slot) => table.get(slot, LIVE_FIELD[field]));

function inFlightByAddress(table: LiveTable): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const slot of table.snapshot.slots) {
    const count = table.get(slot, LIVE_FIELD.inFlight);
    if (count !== 0) counts[table.address(slot)] = count;
  }
  return counts;
}

function sumOfHeld(answers: readonly Record<string, unknown>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const { held } of answers)
    for (const [address, count] of Object.entries(held as Record<string, number>))
      sum[address] = (sum[address] ?? 0) + count;
  return sum;
}

/** Everything outside the words that calls change is as the writer left it, and those are within their ranges. */
function checkWhole(table: LiveTable, members: readonly { host: string; port: number }[]): void {
  expect(table.snapshot.hosts.filter((host) => host !== "").toSorted()).toEqual(members.map((m) => m.host).toSorted());
  const least = (field: keyof typeof LIVE_FIELD) => Math.min(...fieldOf(table, field));
  const most = (field: keyof typeof LIVE_FIELD) => Math.max(...fieldOf(table, field));
  expect([least("successTotal"), least("failureTotal"), least("consecutiveFailures")].every((n) => n >= 0)).toBe(true);
  expect([least("ejectReason"), least("ejectStreak"), least("latencyEwmaUs")].every((n) => n >= 0)).toBe(true);
  expect(most("ejectReason")).toBeLessThanOrEqual(4);
  expect(most("ejectStreak")).toBeLessThanOrEqual(16);
  expect(most("latencyEwmaUs")).toBeLessThan(10_000_000);
}

it(`is whole after ${PROCESSES} processes were killed in the middle of updates, and what they had in flight is taken back`, async () => {
  const { path, writer, change } = makeTable();
  const hammers: Hammer[] = [];
  let seed = 1;
  for (let round = 0; round < ROUNDS; round += 1) {
    hammers.push(...(await startHammers(path, PROCESSES - hammers.length, seed)));
    seed += PROCESSES;
    for (const hammer of hammers) hammer.child.send({ do: "go" });
    let members = change();
    const kills: (Promise<void> | undefined)[] = [];
    while (hammers.length > SURVIVORS) {
      await new Promise((resolve) => setTimeout(resolve, (hammers.length * 7 + round) % 11)); // spreads the kills over the updates
      kills.push(hammers.splice((kills.length * 31 + round) % hammers.length, 1)[0]?.kill());
      if (hammers.length % 5 === 0) writer.repair();
      if (hammers.length % 16 === 0) members = change();
    }
    await Promise.all(kills);
    const answers = await Promise.all(hammers.map((hammer) => hammer.ask({ do: "freeze" })));
    writer.repair();
    const table = openLiveTable(path);
    checkWhole(table, members);
    expect(inFlightByAddress(table)).toEqual(sumOfHeld(answers));
    expect(writer.repair()).toBe(0);
  }
  await Promise.all(hammers.map((hammer) => hammer.kill()));
  expect(writer.repair()).toBe(SURVIVORS);
  const table = openLiveTable(path);
  expect(inFlightByAddress(table)).toEqual({});
  expect(headerOf(path)).toEqual([HEADER_MAGIC, 0]);
}, 3_600_000);

it("loses no call that eight processes count", async () => {
  const { path } = makeTable();
  const hammers = await startHammers(path, 8, 1);
  await Promise.all(hammers.map((hammer) => hammer.ask({ do: "go", calls: 20_000 })));
  const table = openLiveTable(path);
  const sum = (field: keyof typeof LIVE_FIELD) => fieldOf(table, field).reduce((a, b) => a + b, 0);
  expect(sum("successTotal") + sum("failureTotal") + sum("cancelledTotal")).toBe(160_000);
  expect(inFlightByAddress(table)).toEqual({});
});
