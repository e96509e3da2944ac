/** What it takes to tell a thousand agents: changes one by one, many at once, the whole list to all at once. */
import { setTimeout as sleep } from "node:timers/promises";
import { Child } from "../rpc/child.js";
import { NamingStage, several } from "./naming-stage.js";
import { cpuSeconds, machineNowMs, peakRssMb, round, rssMb, spread } from "./process-use.js";
import type { SwarmAnswer, SwarmRequest } from "./swarm-process.js";

const SCRIPT = new URL("./swarm-process.js", import.meta.url);

export interface FleetSizes {
  readonly agents: number;
  readonly services: number;
  readonly instances: number;
  /** Changes one by one. */
  readonly changes: number;
  /** Changes as fast as the API takes them. */
  readonly burst: number;
}

type Say = (line: string) => unknown;

interface Scene {
  readonly stage: NamingStage;
  readonly sizes: FleetSizes;
  /** Published revision; each change is one. */
  revision: number;
  ask(request: SwarmRequest): Promise<SwarmAnswer>;
}

export async function measureFleet(sizes: FleetSizes, say: Say): Promise<Record<string, unknown>> {
  const stage = new NamingStage();
  try {
    say(`fleet: ${sizes.services} services of ${sizes.instances} instances`);
    await stage.open();
    await stage.fill(sizes);
    const child = new Child({ role: "swarm", script: SCRIPT });
    stage.scope.add(() => child.stop());
    await child.next();
    const ask = (request: SwarmRequest) => child.ask(request) as Promise<SwarmAnswer>;
    say(`fleet: ${sizes.agents} agents join`);
    await ask({ kind: "join", tokens: await stage.tokens(sizes.agents) });
    const scene: Scene = { stage, sizes, revision: 0, ask };
    const idle = rssMb(stage.consolePid);
    const whole = await sendWhole(scene, say);
    const single = await changeOneByOne(scene, say);
    const burst = await changeManyAtOnce(scene, say);
    const resumed = await resume(scene, say);
    const console = {
      rss_before_agents_mb: idle,
      rss_mb: rssMb(stage.consolePid),
      peak_rss_mb: peakRssMb(stage.consolePid),
    };
    return { ...sizes, whole_list: whole, one_change: single, burst, resume: resumed, console };
  } finally {
    await stage.scope.close();
  }
}

/** All agents come at once and know nothing. */
async function sendWhole(scene: Scene, say: Say): Promise<Record<string, unknown>> {
  const { stage, sizes, ask } = scene;
  const [startMs, cpuBefore] = [machineNowMs(), cpuSeconds(stage.consolePid)];
  await ask({ kind: "connect", fresh: true });
  const connectedMs = machineNowMs();
  // Each service was created and then expanded: its instances are all there with the last revision.
  let answer = await ask({ kind: "reach", revision: 1 });
  for (let before = -1; answer.frames !== before; ) {
    before = answer.frames;
    await sleep(500);
    answer = await ask({ kind: "reach", revision: 1 });
  }
  scene.revision = await revisionOf(scene);
  const figures = {
    connect_ms: round(connectedMs - startMs),
    all_have_it_ms: round(Math.max(...answer.atMs) - startMs),
    mb_per_agent: round(answer.bytes / sizes.agents / 2 ** 20),
    frames_per_agent: round(answer.frames / sizes.agents),
    console_cpu_s: round(cpuSeconds(stage.consolePid) - cpuBefore),
    peak_rss_mb: peakRssMb(stage.consolePid),
  };
  say(`fleet: whole list ${JSON.stringify(figures)}`);
  return figures;
}

/** From before the operator's request until each agent has the change; the next one comes when all have it. */
async function changeOneByOne(scene: Scene, say: Say): Promise<Record<string, unknown>> {
  const { stage, sizes, ask } = scene;
  await ask({ kind: "reset" });
  const [startMs, cpuBefore] = [machineNowMs(), cpuSeconds(stage.consolePid)];
  const perAgent: number[] = [];
  const slowest: number[] = [];
  for (let n = 0; n < sizes.changes; n += 1) {
    const sentMs = machineNowMs();
    scene.revision += 1;
    const [answer] = await Promise.all([ask({ kind: "reach", revision: scene.revision }), stage.change(n, "shrink")]);
    const delays = answer.atMs.map((atMs) => atMs - sentMs);
    perAgent.push(...delays);
    slowest.push(Math.max(...delays));
  }
  const seconds = (machineNowMs() - startMs) / 1_000;
  const figures = {
    each_agent_ms: spread(perAgent),
    all_agents_ms: spread(slowest),
    changes_per_sec: round(sizes.changes / seconds),
    console_cpu_ms_per_change: round(((cpuSeconds(stage.consolePid) - cpuBefore) * 1_000) / sizes.changes),
  };
  say(`fleet: one change ${JSON.stringify(figures)}`);
  return figures;
}

async function changeManyAtOnce(scene: Scene, say: Say): Promise<Record<string, unknown>> {
  const { stage, sizes, ask } = scene;
  await ask({ kind: "reset" });
  const [startMs, cpuBefore] = [machineNowMs(), cpuSeconds(stage.consolePid)];
  scene.revision += sizes.burst;
  const answered = ask({ kind: "reach", revision: scene.revision });
  await several(sizes.burst, (at) => stage.change(sizes.services - 1 - at, "shrink"));
  const acceptedMs = machineNowMs();
  const answer = await answered;
  const lastMs = Math.max(...answer.atMs);
  const figures = {
    changes: sizes.burst,
    accepted_in_ms: round(acceptedMs - startMs),
    last_agent_after_last_change_ms: round(Math.max(0, lastMs - acceptedMs)),
    frames_per_agent: round(answer.frames / sizes.agents),
    console_cpu_s: round(cpuSeconds(stage.consolePid) - cpuBefore),
  };
  say(`fleet: burst ${JSON.stringify(figures)}`);
  return figures;
}

/** All agents lose their connection, names change, and they come back with what they had. */
async function resume(scene: Scene, say: Say): Promise<Record<string, unknown>> {
  const { stage, sizes, ask } = scene;
  await ask({ kind: "disconnect" });
  const missed = Math.min(10, sizes.changes);
  for (let n = 0; n < missed; n += 1) await stage.change(n, "expand");
  scene.revision += missed;
  await ask({ kind: "reset" });
  const startMs = machineNowMs();
  await ask({ kind: "connect", fresh: false });
  const answer = await ask({ kind: "reach", revision: scene.revision });
  const figures = {
    changes_missed: missed,
    all_have_them_ms: round(Math.max(...answer.atMs) - startMs),
    bytes_per_agent: Math.round(answer.bytes / sizes.agents),
    snapshots: answer.snapshots,
  };
  say(`fleet: resume ${JSON.stringify(figures)}`);
  return figures;
}

/** The machines page tells what an agent has. */
async function revisionOf({ stage }: Scene): Promise<number> {
  await sleep(6_000); // every agent's heartbeat tells its revision
  const { machines } = await stage.api("machines.list");
  return Math.max(...machines.map((machine) => machine.namingRevision));
}
