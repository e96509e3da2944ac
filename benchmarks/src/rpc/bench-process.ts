/**
 * Child process of the RPC benchmarks, steered by messages of its parent: `server`, `client` or `agent`, then the options as JSON.
 * A server with several workers forks them by `node:cluster`; the CPU time of all its processes counts.
 */
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { freePort } from "@msec/testkit";
import { AgentStandIn, type Announcement } from "./agent-stand-in.js";
import { answerParent, type ChildAnswer, type StartedRole } from "./child-main.js";
import { TEXTS } from "./echo-message.js";
import { cpuUs, runLoad } from "./load-loop.js";
import { PacedLoad } from "./paced-load.js";
import type { Caller, OpenOptions, ServeOptions } from "./peers/peer.js";
import { PEERS, type PeerName } from "./peers/registry.js";

export interface ServerArgs extends ServeOptions {
  readonly peer: PeerName;
  readonly workers: number;
}

export interface ClientArgs extends OpenOptions {
  readonly peer: PeerName;
}

export interface MemoryUse {
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
}

export type BenchRequest =
  | { readonly kind: "cpu" | "memory" | "home" | "pausePaced" | "resumePaced" | "stopPaced" }
  | { readonly kind: "startPaced"; readonly ratePerSec: number }
  | { readonly kind: "announce"; readonly announcement: Announcement }
  | { readonly kind: "check"; readonly calls: number; readonly inFlight: number }
  | { readonly kind: "run"; readonly inFlight: number; readonly durationMs: number };

type Answerer = (request: BenchRequest) => unknown;

/** With `--expose-gc`: what is left after a collection. */
function memory(): MemoryUse {
  (globalThis as { gc?: () => void }).gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rssBytes: rss, heapBytes: heapUsed, externalBytes: external };
}

function common(request: BenchRequest): unknown {
  if (request.kind === "cpu") return cpuUs();
  if (request.kind === "memory") return memory();
  throw new Error(`unexpected request ${request.kind}`);
}

async function askWorker(worker: Worker, request?: BenchRequest): Promise<unknown> {
  const answered = once(worker, "message");
  if (request !== undefined) worker.send(request);
  const [answer] = (await answered) as [ChildAnswer];
  if ("error" in answer) throw new Error(answer.error);
  return answer.value;
}

async function startCluster(args: ServerArgs): Promise<{ port: number; answer: Answerer }> {
  const port = await freePort();
  cluster.setupPrimary({ args: ["server", JSON.stringify({ ...args, port })] });
  const workers = Array.from({ length: args.workers }, () => cluster.fork());
  await Promise.all(workers.map((worker) => askWorker(worker)));
  const answer: Answerer = async (request) => {
    if (request.kind !== "cpu") return common(request);
    const parts = (await Promise.all(workers.map((worker) => askWorker(worker, request)))) as number[];
    return parts.reduce((sum, part) => sum + part, cpuUs());
  };
  return { port, answer };
}

async function startServer(args: ServerArgs): Promise<StartedRole<BenchRequest>> {
  if (args.workers > 1 && cluster.isPrimary) {
    const { port, answer } = await startCluster(args);
    return { value: port, answer };
  }
  return { value: await (await PEERS[args.peer]()).serve(args), answer: common };
}

/** Each answer must be its own request: a fast wrong answer is not a result. */
async function check(caller: Caller, calls: number, inFlight: number): Promise<void> {
  const one = (text: string): Promise<string | undefined> =>
    caller.kind === "promise"
      ? caller.call(text).then((answer) => answer.text)
      : new Promise((resolve, reject) => {
          void caller.call(text, (error, answer) => (error === undefined ? resolve(answer) : reject(error)));
        });
  for (let from = 0; from < calls; from += inFlight) {
    const texts = TEXTS.slice(from, Math.min(calls, from + inFlight));
    const answers = await Promise.all(texts.map(one));
    const wrong = texts.findIndex((text, i) => answers[i] !== text);
    if (wrong >= 0) throw new Error(`asked ${texts[wrong]}, got ${answers[wrong]}`);
  }
}

async function startClient(args: ClientArgs): Promise<StartedRole<BenchRequest>> {
  const caller = await (await PEERS[args.peer]()).open(args);
  let paced: PacedLoad | undefined;
  const answer: Answerer = (request) => {
    if (request.kind === "startPaced") {
      paced = new PacedLoad(caller, request.ratePerSec);
      return 0;
    }
    if (request.kind === "pausePaced") return paced?.pause();
    if (request.kind === "resumePaced") return paced?.resume();
    if (request.kind === "stopPaced") return paced?.stop();
    if (request.kind === "run") return runLoad(caller, request.inFlight, request.durationMs);
    if (request.kind === "check") return check(caller, request.calls, request.inFlight);
    return common(request);
  };
  return { value: 0, answer };
}

async function startAgent(): Promise<StartedRole<BenchRequest>> {
  const agent = new AgentStandIn();
  await agent.start();
  process.on("exit", () => agent.close());
  const answer: Answerer = (request) => {
    if (request.kind === "home") return agent.createHome();
    if (request.kind === "announce") return agent.announce(request.announcement);
    return common(request);
  };
  return { value: 0, answer };
}

await answerParent({
  server: (args) => startServer(args as ServerArgs),
  client: (args) => startClient(args as ClientArgs),
  agent: startAgent,
});
