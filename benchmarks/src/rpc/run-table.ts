/**
 * `npm run bench -- table`: what the archived system published, measured with ours. A echo; B the server sleeps 100 ms; C the server
 * forwards to a second one, which echoes; D the server forwards, the second one sleeps 100 ms. Long and short connections. One worker
 * and all features on. The server under test has a core; client and second server share the other one.
 */
import { parseArgs } from "node:util";
import { writeResult } from "../result.js";
import type { ClientArgs, ServerArgs } from "./bench-process.js";
import { Child, canPin } from "./child.js";
import type { EchoMethod } from "./echo-message.js";
import { LATENCY_LIMITS_MS, type LoadResult } from "./load-loop.js";
import { CLIENT_CORE, type Pair, runWindow, SERVER_CORE, startAgentChild, stopPair } from "./measure.js";
import { SECOND_SERVICE, SERVICE } from "./peers/msec.js";
import { formatColumns } from "./summary.js";

interface TableTest {
  readonly test: "A" | "B" | "C" | "D";
  readonly connections: "long" | "short";
  readonly method: EchoMethod;
  readonly inFlight: number;
}

/** Calls at a time: enough that the pause of 100 ms does not limit the rate, few enough that latency is not all queueing. */
const TESTS: readonly TableTest[] = [
  { test: "A", connections: "long", method: "Echo", inFlight: 128 },
  { test: "A", connections: "short", method: "Echo", inFlight: 8 },
  { test: "B", connections: "long", method: "Sleep", inFlight: 2_000 },
  { test: "B", connections: "short", method: "Sleep", inFlight: 200 },
  { test: "C", connections: "long", method: "Forward", inFlight: 128 },
  { test: "C", connections: "short", method: "Forward", inFlight: 8 },
  { test: "D", connections: "long", method: "ForwardSleep", inFlight: 2_000 },
  { test: "D", connections: "short", method: "ForwardSleep", inFlight: 200 },
];

interface TableEffort {
  readonly runMs: number;
  readonly warmUpMs: number;
}

export interface TableRow {
  readonly test: string;
  readonly connections: string;
  readonly inFlight: number;
  readonly callsPerSec: number;
  /** Of one core, the server under test. */
  readonly serverCpuPercent: number;
  readonly serverCpuUs: number;
  readonly errors: number;
  readonly firstError: string;
  /** In the buckets of the published table. */
  readonly latencyPercent: readonly number[];
}

/** A and C: <5 / 5–10 / 10–30 / 30–50 / >50 ms. B and D: <120 / 120–150 / 150–200 / >200 ms. */
function publishedBuckets(test: string, shares: readonly number[]): readonly number[] {
  const limitsMs = test === "A" || test === "C" ? [5, 10, 30, 50] : [120, 150, 200];
  const below = limitsMs.map((limit) => sum(shares.slice(0, LATENCY_LIMITS_MS.indexOf(limit) + 1)));
  return [...below, sum(shares)].map((share, i) => round(share - (below[i - 1] ?? 0), 1000));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function round(value: number, steps: number): number {
  return Math.round(value * steps) / steps;
}

async function startServer(agent: Child, opts: { service: string; home: string; core: number }): Promise<Child> {
  const { service, home, core } = opts;
  const args: ServerArgs = { peer: "msec", home, service, transport: "tcp", isShort: false, port: 0, workers: 1 };
  const server = new Child({ role: "server", args, core });
  const port = (await server.next()) as number;
  await agent.ask({ kind: "announce", announcement: { home, service, port } });
  return server;
}

async function openClient(home: string, { connections, method }: TableTest): Promise<Child> {
  const isShort = connections === "short";
  const common = { peer: "msec", home, service: SERVICE, transport: "tcp", port: 0 } as const;
  const args: ClientArgs = { ...common, isShort, connections: 4, method };
  const client = new Child({ role: "client", args, core: CLIENT_CORE });
  await client.next();
  return client;
}

async function measureRow(test: TableTest, pair: Pair, { runMs, warmUpMs }: TableEffort): Promise<TableRow> {
  await runWindow(pair, test.inFlight, warmUpMs);
  const { load, serverCpuUs } = await runWindow(pair, test.inFlight, runMs);
  const { calls, errors, firstError, elapsedMs, latencyShares }: LoadResult = load;
  return {
    test: test.test,
    connections: test.connections,
    inFlight: test.inFlight,
    callsPerSec: Math.round((calls * 1000) / elapsedMs),
    serverCpuPercent: round(serverCpuUs / elapsedMs / 10, 10),
    serverCpuUs: round(serverCpuUs / calls, 100),
    errors,
    firstError,
    latencyPercent: publishedBuckets(test.test, latencyShares),
  };
}

/** New processes for each row, so that no row warms another one up. */
async function runTest(test: TableTest, agent: Child, effort: TableEffort): Promise<TableRow> {
  const children: Child[] = [];
  try {
    const home = (await agent.ask({ kind: "home" })) as string;
    const second = await startServer(agent, { service: SECOND_SERVICE, home, core: CLIENT_CORE });
    children.push(second);
    const server = await startServer(agent, { service: SERVICE, home, core: SERVER_CORE });
    children.push(server);
    const client = await openClient(home, test);
    const pair: Pair = { peer: "msec", server, client };
    try {
      return await measureRow(test, pair, effort);
    } finally {
      await stopPair(pair);
    }
  } finally {
    await Promise.all(children.map((child) => child.stop()));
  }
}

function formatRows(rows: readonly TableRow[]): string {
  const header = ["test", "conn", "in flight", "calls/s", "CPU %", "CPU µs/call", "errors", "latency distribution %"];
  const lines = rows.map((row) => [
    row.test,
    row.connections,
    String(row.inFlight),
    String(row.callsPerSec),
    String(row.serverCpuPercent),
    row.serverCpuUs.toFixed(2),
    String(row.errors),
    row.latencyPercent.join(" / "),
  ]);
  return formatColumns([header, ...lines]);
}

export async function runTableBenchmark(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { quick: { type: "boolean", default: false } } });
  const effort: TableEffort = values.quick ? { runMs: 1_000, warmUpMs: 1_000 } : { runMs: 5_000, warmUpMs: 3_000 };
  const rows: TableRow[] = [];
  const agent = await startAgentChild();
  try {
    for (const test of TESTS) {
      rows.push(await runTest(test, agent, effort));
      process.stderr.write(`${test.test} ${test.connections} done\n`);
    }
  } finally {
    await agent.stop();
  }
  process.stderr.write(`${formatRows(rows)}\n`);
  for (const row of rows) {
    if (row.errors > 0) process.stderr.write(`${row.test} ${row.connections}, first error: ${row.firstError}\n`);
  }
  const figures = { ...effort, bodyBytes: 100, workers: 1, pinned: canPin, rows };
  await writeResult("table", figures, { isKept: !values.quick });
}
