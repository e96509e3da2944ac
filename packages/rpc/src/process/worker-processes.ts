/** The processes of the workers: started with node:cluster, told to stop, killed, heard. What is decided about them: supervisor.ts. */
import cluster, { type Worker } from "node:cluster";
import type { Logger } from "@msec/core";
import type { WorkerSetOptions } from "./controller-options.js";
import { DealWatch } from "./deal-watch.js";
import { tryStartTicks } from "./service-state.js";
import type { SupervisorAction } from "./supervisor-snapshot.js";
import type { ControllerMessage, WorkerMessage } from "./worker-channel.js";

/** What a worker says that is not about the end of its listeners. */
export type WorkerNews = Exclude<WorkerMessage, { readonly msec: "closed" }>;

export interface WorkerProcessesOptions {
  readonly logger: Logger;
  /** Whether no worker is to go on. */
  areAllEnding(): boolean;
  onNews(workerId: number, news: WorkerNews): void;
  /** @param how in words: `killed by SIGKILL`, `exit code 1` */
  onExit(workerId: number, pid: number, how: string): void;
}

export interface WorkerProcess {
  readonly pid: number;
  readonly startTicks: number;
  readonly generation: number;
}

interface Child extends WorkerProcess {
  readonly worker: Worker;
}

export class WorkerProcesses {
  readonly #options: WorkerProcessesOptions;
  readonly #children = new Map<number, Child>();
  readonly #deals = new DealWatch();
  /** Workers whose listeners are closed. */
  readonly #closed = new Set<number>();

  constructor(options: WorkerProcessesOptions) {
    this.#options = options;
  }

  get(workerId: number): WorkerProcess | undefined {
    return this.#children.get(workerId);
  }

  fork(action: Extract<SupervisorAction, { readonly kind: "fork" }>, set: WorkerSetOptions): void {
    const { workerId, generation, isReplacement } = action;
    const { logger } = this.#options;
    cluster.setupPrimary({ exec: set.exec, args: [...set.args], ...(set.cwd === undefined ? {} : { cwd: set.cwd }) });
    const worker = cluster.fork({ ...set.env });
    const pid = worker.process.pid ?? 0;
    this.#deals.add(workerId, worker.process);
    this.#children.set(workerId, { worker, pid, startTicks: tryStartTicks(pid) ?? 0, generation });
    logger.info(isReplacement ? "replace worker" : "start worker", { workerId, pid, generation });
    worker.on("message", (message: WorkerMessage | undefined) => this.#onMessage(workerId, message));
    worker.on("error", (error) => logger.warn("worker channel failed", { workerId, error: error.message }));
    worker.on("exit", (code, signal) => this.#onExit(workerId, signal ? `killed by ${signal}` : `exit code ${code}`));
  }

  stop(workerId: number, isHandover: boolean): void {
    const child = this.#children.get(workerId);
    if (child) send(child, { msec: "stop", isHandover });
  }

  kill(workerId: number, why: string): void {
    const child = this.#children.get(workerId);
    if (!child) return;
    this.#options.logger.warn("kill worker", { workerId, why });
    child.worker.process.kill("SIGKILL");
  }

  /** To be called a few times a second. */
  tick(): void {
    this.#deals.tick();
  }

  #onMessage(workerId: number, message: WorkerMessage | undefined): void {
    if (!this.#children.has(workerId) || message?.msec === undefined) return;
    if (message.msec !== "closed") {
      this.#options.onNews(workerId, message);
      return;
    }
    this.#closed.add(workerId);
    this.#releaseDrain();
  }

  #onExit(workerId: number, how: string): void {
    const pid = this.#children.get(workerId)?.pid ?? 0;
    this.#children.delete(workerId);
    this.#deals.remove(workerId);
    this.#closed.delete(workerId);
    this.#releaseDrain();
    this.#options.logger.info("worker ended", { workerId, how });
    this.#options.onExit(workerId, pid, how);
  }

  /**
   * A worker that stops alone may go on at once: connections are dealt to the others. When all stop, the port is closed only with the
   * last listener.
   */
  #releaseDrain(): void {
    if (this.#options.areAllEnding() && [...this.#children.keys()].some((id) => !this.#closed.has(id))) return;
    for (const id of this.#closed) {
      const child = this.#children.get(id);
      if (child) send(child, { msec: "drained" });
    }
  }
}

function send({ worker }: Child, message: ControllerMessage): void {
  if (worker.isConnected()) worker.send(message);
}
