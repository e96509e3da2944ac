/** The faults, one after the other. Each begins, lasts as long as it is given, and leaves the backend well. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Misbehaviour } from "./chaos-service.js";
import type { Agent, Backend } from "./chaos-stage.js";

export type FaultName = "kill" | "crash" | "alone" | "stop" | Exclude<Misbehaviour, "none">;

export interface Fault {
  readonly name: FaultName;
  /** For people. */
  readonly text: string;
  /** Events of the kind within the run, given how long it lasts. */
  events(lastsMs: number): number;
  /** Resolves when the backend would serve again. */
  run(on: Scene, lastsMs: number): Promise<void>;
}

export interface Scene {
  /** The victim. */
  readonly backend: Backend;
  /** Of the callers' machine. */
  readonly agent: Agent;
}

const once = (): number => 1;

/** As the agent's supervision: a moment after the end, a new process. */
const RESTART_AFTER_MS = 500;
const CRASH_EVERY_MS = 5_000;

async function kill({ backend }: Pick<Scene, "backend">, downMs: number): Promise<void> {
  backend.signal("SIGKILL");
  await sleep(downMs);
  await backend.start();
}

async function crashAgainAndAgain(scene: Scene, lastsMs: number): Promise<void> {
  const endMs = performance.now() + lastsMs;
  for (let n = crashes(lastsMs); n > 0; n--) {
    await kill(scene, RESTART_AFTER_MS);
    if (n > 1) await sleep((endMs - performance.now()) / n);
  }
}

const crashes = (lastsMs: number): number => Math.max(1, Math.floor(lastsMs / CRASH_EVERY_MS));

/** The console is dead already: nothing is left but the callers and the tables on their machine. */
async function killAlone({ backend, agent }: Scene, lastsMs: number): Promise<void> {
  await agent.kill();
  await kill({ backend }, lastsMs);
}

async function stop({ backend }: Scene, lastsMs: number): Promise<void> {
  backend.signal("SIGSTOP");
  await sleep(lastsMs);
  backend.signal("SIGCONT");
}

const misbehave =
  (how: Misbehaviour) =>
  async ({ backend }: Scene, lastsMs: number): Promise<void> => {
    await backend.behave(how);
    await sleep(lastsMs);
    await backend.behave("none");
  };

export const FAULTS: readonly Fault[] = [
  { name: "kill", text: "kill -9; started again at the end", events: once, run: kill },
  { name: "crash", text: "kill -9 every 5 s, each time started again", events: crashes, run: crashAgainAndAgain },
  { name: "alone", text: "kill -9 of it and of the callers' agent", events: once, run: killAlone },
  { name: "stop", text: "SIGSTOP: it hangs", events: once, run: stop },
  { name: "refuse", text: "the port is closed", events: once, run: misbehave("refuse") },
  { name: "delay", text: "each answer 500 ms late", events: once, run: misbehave("delay") },
  { name: "errors", text: "answers that it is not available", events: once, run: misbehave("errors") },
  { name: "bugs", text: "answers with unforeseen errors", events: once, run: misbehave("bugs") },
  { name: "resets", text: "every 20th request cuts all connections", events: once, run: misbehave("resets") },
];
