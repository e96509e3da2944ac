/** A benchmark process as its parent holds it: started on one core, asked one thing at a time. */
import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { ChildAnswer, ChildRequest } from "./child-main.js";

/** True where `taskset` works and there are two cores to tell apart. */
export const canPin = availableParallelism() > 1 && spawnSync("taskset", ["-c", "0", "true"]).status === 0;

export interface ChildOptions {
  /** One of the roles of `script`. */
  readonly role: string;
  readonly args?: object;
  /** Default: bench-process.js. */
  readonly script?: URL;
  /** Number of the core; all cores when it is left out or can't be chosen here. */
  readonly core?: number | undefined;
  readonly nodeArgs?: readonly string[];
}

export class Child {
  readonly #process: ChildProcess;
  readonly #what: string;

  constructor(options: ChildOptions) {
    const { role, args = {}, core, nodeArgs = [], script = new URL("./bench-process.js", import.meta.url) } = options;
    const isPinned = core !== undefined && canPin;
    this.#what = `${role} ${JSON.stringify(args)}`;
    this.#process = fork(fileURLToPath(script), [role, JSON.stringify(args)], {
      ...(isPinned && { execPath: "taskset", execArgv: ["-c", String(core), process.execPath, ...nodeArgs] }),
      ...(!isPinned && { execArgv: [...nodeArgs] }),
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
  }

  /** Its next answer. @throws what it failed with, or when it ended */
  async next(): Promise<unknown> {
    const abort = new AbortController();
    const { signal } = abort;
    const ended = once(this.#process, "exit", { signal }).then(() => {
      throw new Error(`${this.#what} ended`);
    });
    try {
      const [answer] = (await Promise.race([once(this.#process, "message", { signal }), ended])) as [ChildAnswer];
      if ("error" in answer) throw new Error(`${this.#what}: ${answer.error}`);
      return answer.value;
    } finally {
      ended.catch(() => undefined);
      abort.abort();
    }
  }

  ask(request: ChildRequest): Promise<unknown> {
    const answered = this.next();
    this.#process.send(request);
    return answered;
  }

  /** False when it has ended already. */
  signal(signal: NodeJS.Signals): boolean {
    return this.#process.kill(signal);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 2_000);
    await ended;
    clearTimeout(timer);
  }
}
