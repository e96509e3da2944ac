/** Child process of the naming benchmark: many simulated agents, steered by messages of its parent. */
import { answerParent, type StartedRole } from "../rpc/child-main.js";
import { SimulatedAgent } from "./simulated-agent.js";

export type SwarmRequest =
  /** Make an agent for each token. */
  | { readonly kind: "join"; readonly tokens: readonly string[] }
  /** Connect all; `fresh`: as if they knew nothing. */
  | { readonly kind: "connect"; readonly fresh: boolean }
  | { readonly kind: "disconnect" }
  /** Resolves when all have this revision or a later one. */
  | { readonly kind: "reach"; readonly revision: number }
  /** Forgets what was counted. */
  | { readonly kind: "reset" };

export interface SwarmAnswer {
  readonly agents: number;
  readonly frames: number;
  readonly bytes: number;
  readonly snapshots: number;
  /** When each agent reached the revision it has, on the clock of the machine. */
  readonly atMs: readonly number[];
  readonly cpuUs: number;
}

const AT_A_TIME = 16;
const BEAT_MS = 5_000;

const agents: SimulatedAgent[] = [];
const reachedAtMs: number[] = [];
let frames = 0;
let bytes = 0;
let snapshots = 0;
let wake: () => void = () => undefined;
let isBeating = false;

function addAgent(token: string): SimulatedAgent {
  const index = agents.length;
  const address = `10.100.${index >> 8}.${index & 255}`;
  const agent = new SimulatedAgent(token, address, (push) => {
    frames += 1;
    bytes += push.bytes;
    if (!push.isLast) return;
    if (push.kind === "snapshot") snapshots += 1;
    reachedAtMs[index] = push.atMs;
    wake();
  });
  agents.push(agent);
  return agent;
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}

function answer(): SwarmAnswer {
  const { user, system } = process.cpuUsage();
  return { agents: agents.length, frames, bytes, snapshots, atMs: [...reachedAtMs], cpuUs: user + system };
}

async function reach(revision: number): Promise<void> {
  while (!agents.every((agent) => agent.position.revision >= revision))
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
}

/** Each agent has its own moment in the interval. */
function startBeating(): void {
  if (isBeating) return;
  isBeating = true;
  let next = 0;
  setInterval(() => {
    const until = Math.min(agents.length, next + Math.ceil(agents.length / (BEAT_MS / 100)));
    for (; next < until; next += 1) agents[next]?.beat().catch(() => undefined);
    if (next >= agents.length) next = 0;
  }, 100);
}

async function handle(request: SwarmRequest): Promise<SwarmAnswer> {
  if (request.kind === "join") await each(request.tokens, (token) => addAgent(token).join());
  if (request.kind === "connect") {
    if (request.fresh) for (const agent of agents) agent.position = { epoch: "", revision: 0 };
    await each(agents, (agent) => agent.connect());
    startBeating();
  }
  if (request.kind === "disconnect") for (const agent of agents) agent.close();
  if (request.kind === "reach") await reach(request.revision);
  if (request.kind === "reset") [frames, bytes, snapshots] = [0, 0, 0];
  return answer();
}

await answerParent({ swarm: (): StartedRole<SwarmRequest> => ({ value: 0, answer: handle }) });
