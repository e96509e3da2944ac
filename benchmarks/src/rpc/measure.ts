/** Runs one scenario: all its peers side by side, rounds interleaved, each warmed up by CPU time before its first round. */
import type { ClientArgs, ServerArgs } from "./bench-process.js";
import { Child } from "./child.js";
import type { LoadResult } from "./load-loop.js";
import { SERVICE } from "./peers/msec.js";
import type { PeerName } from "./peers/registry.js";
import type { Scenario } from "./scenarios.js";

export interface Effort {
  readonly rounds: number;
  readonly runMs: number;
  /** CPU time that server and client must each have spent on the scenario before the first round. */
  readonly warmUpCpuMs: number;
}

/** Figures of one round. */
export interface Sample {
  /** Calls that failed; they count in none of the other figures. */
  readonly errors: number;
  readonly callsPerSec: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  /** CPU time per call of all server processes. */
  readonly serverCpuUs: number;
  readonly clientCpuUs: number;
}

export interface PeerSamples {
  readonly scenario: string;
  readonly peer: PeerName;
  readonly samples: readonly Sample[];
}

export const SERVER_CORE = 0;
export const CLIENT_CORE = 1;
const WARM_UP_STEP_MS = 250;
const MAX_WARM_UP_MS = 8_000;
const CHECKED_CALLS = 500;
/** A machine with other work may make a service refuse some calls. */
const MAX_ERROR_SHARE = 0.001;

export interface Pair {
  readonly peer: PeerName;
  readonly server: Child;
  readonly client: Child;
}

/** The agent's process. Stop it after the pairs. */
export async function startAgentChild(): Promise<Child> {
  const agent = new Child({ role: "agent", core: SERVER_CORE });
  await agent.next();
  return agent;
}

/** A server and a client that have exchanged checked calls. */
export async function startPair(
  scenario: Scenario,
  opts: { peer: PeerName; agent: Child; nodeArgs?: readonly string[] },
): Promise<Pair> {
  const { peer, agent } = opts;
  // tars warns of its own circular imports at each start.
  const nodeArgs = peer.startsWith("tars") ? ["--no-warnings"] : (opts.nodeArgs ?? []);
  const isPinned = scenario.workers === 1;
  const home = (await agent.ask({ kind: "home" })) as string;
  const { transport, isShort, connections, workers, inFlight } = scenario;
  const common = { peer, home, transport, isShort, service: SERVICE };
  const serverArgs: ServerArgs = { ...common, workers, port: 0 };
  const server = new Child({ role: "server", args: serverArgs, core: isPinned ? SERVER_CORE : undefined, nodeArgs });
  try {
    const port = (await server.next()) as number;
    await agent.ask({ kind: "announce", announcement: { home, service: SERVICE, port } });
    const clientArgs: ClientArgs = { ...common, port, connections };
    const client = new Child({ role: "client", args: clientArgs, core: isPinned ? CLIENT_CORE : undefined, nodeArgs });
    try {
      await client.next();
      await client.ask({ kind: "check", calls: CHECKED_CALLS, inFlight });
      return { peer, server, client };
    } catch (error) {
      await client.stop();
      throw error;
    }
  } catch (error) {
    await server.stop();
    throw error;
  }
}

export async function stopPair({ client, server }: Pair): Promise<void> {
  await client.stop();
  await server.stop();
}

async function warmUp({ server, client }: Pair, inFlight: number, cpuMs: number): Promise<void> {
  const untilMs = performance.now() + MAX_WARM_UP_MS;
  const serverBefore = (await server.ask({ kind: "cpu" })) as number;
  let clientUs = 0;
  let serverUs = 0;
  while (Math.min(clientUs, serverUs) < cpuMs * 1000 && performance.now() < untilMs) {
    const run = (await client.ask({ kind: "run", inFlight, durationMs: WARM_UP_STEP_MS })) as LoadResult;
    clientUs += run.cpuUs;
    serverUs = ((await server.ask({ kind: "cpu" })) as number) - serverBefore;
  }
}

export interface Window {
  readonly load: LoadResult;
  /** CPU time of all server processes in the window. */
  readonly serverCpuUs: number;
}

/** One run of the load and what the server spent on it. */
export async function runWindow({ server, client }: Pair, inFlight: number, durationMs: number): Promise<Window> {
  const before = (await server.ask({ kind: "cpu" })) as number;
  const load = (await client.ask({ kind: "run", inFlight, durationMs })) as LoadResult;
  return { load, serverCpuUs: ((await server.ask({ kind: "cpu" })) as number) - before };
}

/** @throws when more than a few calls failed: figures of failures are no figures */
async function sample(pair: Pair, inFlight: number, runMs: number): Promise<Sample> {
  const { load, serverCpuUs } = await runWindow(pair, inFlight, runMs);
  const { calls, errors, firstError, elapsedMs, p50Us, p99Us, p999Us, cpuUs } = load;
  if (errors > calls * MAX_ERROR_SHARE)
    throw new Error(`${pair.peer}: ${errors} of ${calls + errors} calls failed, first: ${firstError}`);
  return {
    errors,
    callsPerSec: Math.round((calls * 1000) / elapsedMs),
    p50Us,
    p99Us,
    p999Us,
    serverCpuUs: round3(serverCpuUs / calls),
    clientCpuUs: round3(cpuUs / calls),
  };
}

function round3(value: number): number {
  return Math.round(value * 1000) / 1000;
}

export async function measureScenario(
  scenario: Scenario,
  opts: { agent: Child; effort: Effort; peers: readonly PeerName[] },
): Promise<readonly PeerSamples[]> {
  const { agent, effort, peers } = opts;
  const { inFlight } = scenario;
  const pairs: Pair[] = [];
  try {
    for (const peer of peers) pairs.push(await startPair(scenario, { peer, agent }));
    for (const pair of pairs) await warmUp(pair, inFlight, effort.warmUpCpuMs);
    const samples: Sample[][] = pairs.map(() => []);
    for (let round = 0; round < effort.rounds; round++) {
      for (const [i, pair] of pairs.entries()) samples[i]!.push(await sample(pair, inFlight, effort.runMs));
    }
    return pairs.map(({ peer }, i) => ({ scenario: scenario.name, peer, samples: samples[i]! }));
  } finally {
    await Promise.all(pairs.map(stopPair));
  }
}
