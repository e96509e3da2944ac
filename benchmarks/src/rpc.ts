/**
 * Echo of 100 bytes between two processes over loopback, against @grpc/grpc-js in the same run: rounds are interleaved, medians are
 * reported. One connection each. `--variants` adds what parts of our own runtime cost.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { median, writeResult } from "./result.js";
import type { ChildRequest, RunResult } from "./rpc-child.js";
import { PEER_NAMES, type PeerName } from "./rpc-peers.js";

const LEVELS = [1, 32, 256];
const ROUNDS = 3;
const WARM_UP_MS = 400;
const RUN_MS = 1000;
const CHECKED_CALLS = 500;

interface Row {
  readonly peer: PeerName;
  readonly inFlight: number;
  readonly callsPerSec: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** CPU time of the process per call. */
  readonly serverCpuUs: number;
  readonly clientCpuUs: number;
}

class Child {
  readonly #process: ChildProcess;

  constructor(...args: string[]) {
    this.#process = fork(fileURLToPath(new URL("./rpc-child.js", import.meta.url)), args);
  }

  /** The next message of the child. */
  async next(): Promise<unknown> {
    const [message] = (await once(this.#process, "message")) as [{ value?: unknown; error?: string }];
    if (message.error !== undefined) throw new Error(message.error);
    return message.value;
  }

  ask(request: ChildRequest): Promise<unknown> {
    this.#process.send(request);
    return this.next();
  }

  stop(): void {
    this.#process.kill();
  }
}

interface Pair {
  readonly peer: PeerName;
  readonly server: Child;
  readonly client: Child;
}

async function startPair(peer: PeerName): Promise<Pair> {
  const server = new Child("server", peer);
  const port = await server.next();
  const client = new Child("client", peer, String(port));
  await client.next();
  await client.ask({ kind: "check", calls: CHECKED_CALLS });
  return { peer, server, client };
}

async function measure(pair: Pair, inFlight: number): Promise<Row> {
  const { peer, server, client } = pair;
  await client.ask({ kind: "run", inFlight, durationMs: WARM_UP_MS });
  const before = (await server.ask({ kind: "cpu" })) as number;
  const run = (await client.ask({ kind: "run", inFlight, durationMs: RUN_MS })) as RunResult;
  const serverCpuUs = ((await server.ask({ kind: "cpu" })) as number) - before;
  return {
    peer,
    inFlight,
    callsPerSec: (run.calls * 1000) / run.elapsedMs,
    p50Us: run.p50Us,
    p99Us: run.p99Us,
    serverCpuUs: serverCpuUs / run.calls,
    clientCpuUs: run.cpuUs / run.calls,
  };
}

function medians(rows: readonly Row[]): Row {
  const of = (value: (row: Row) => number): number => Math.round(median(rows.map(value)) * 100) / 100;
  const { peer, inFlight } = rows[0]!;
  return {
    peer,
    inFlight,
    callsPerSec: Math.round(of((row) => row.callsPerSec)),
    p50Us: of((row) => row.p50Us),
    p99Us: of((row) => row.p99Us),
    serverCpuUs: of((row) => row.serverCpuUs),
    clientCpuUs: of((row) => row.clientCpuUs),
  };
}

function formatTable(rows: readonly Row[]): string {
  const header = ["peer", "in flight", "calls/s", "p50 µs", "p99 µs", "server CPU µs/call", "client CPU µs/call"];
  const lines = rows.map((row) => [
    row.peer,
    row.inFlight,
    row.callsPerSec,
    row.p50Us,
    row.p99Us,
    row.serverCpuUs,
    row.clientCpuUs,
  ]);
  return [header, ...lines].map((line) => line.map((cell, i) => pad(String(cell), i)).join("  ")).join("\n");
}

function pad(cell: string, column: number): string {
  return column === 0 ? cell.padEnd(22) : cell.padStart(18 - (column < 5 ? 8 : 0));
}

export async function runRpcBenchmark(args: readonly string[]): Promise<void> {
  const peers = args.includes("--variants") ? PEER_NAMES : PEER_NAMES.slice(0, 2);
  const pairs: Pair[] = [];
  const rows: Row[] = [];
  try {
    for (const peer of peers) pairs.push(await startPair(peer));
    for (let round = 0; round < ROUNDS; round++) {
      process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
      for (const inFlight of LEVELS) for (const pair of pairs) rows.push(await measure(pair, inFlight));
    }
  } finally {
    for (const { server, client } of pairs) {
      client.stop();
      server.stop();
    }
  }
  const results = LEVELS.flatMap((inFlight) =>
    peers.map((peer) => medians(rows.filter((row) => row.peer === peer && row.inFlight === inFlight))),
  );
  process.stderr.write(`${formatTable(results)}\n`);
  await writeResult("rpc", { rounds: ROUNDS, runMs: RUN_MS, bodyBytes: 100, connections: 1, results });
}
