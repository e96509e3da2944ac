import type { Logger } from "@msec/core";
import { countersOnly, type ServiceStat, sumStats, type WorkerStat } from "./service-stat.js";
import { type ServiceState, writeServiceStat } from "./service-state.js";

/** The numbers that workers sent, and what is left of those who ended. */
export class StatBook {
  readonly #logger: Logger;
  /** By process id of the worker. */
  readonly #now = new Map<number, WorkerStat>();
  #ended: WorkerStat = sumStats([]);
  #hasFailed = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  take(pid: number, stat: WorkerStat): void {
    this.#now.set(pid, stat);
  }

  end(pid: number): void {
    const last = this.#now.get(pid);
    if (!last) return;
    this.#now.delete(pid);
    this.#ended = sumStats([this.#ended, countersOnly(last)]);
  }

  of(state: ServiceState, atMs: number): ServiceStat {
    const { service, releaseId, pid, startedAtMs, restarts } = state;
    const workers = state.workers.flatMap((worker) => {
      const stat = this.#now.get(worker.pid);
      const { generation = 1, state: phase } = worker;
      return stat ? [{ pid: worker.pid, generation, state: phase, ...stat }] : [];
    });
    const total = sumStats([this.#ended, ...this.#now.values()]);
    const reloads = state.reload?.number ?? 0;
    return { service, releaseId, pid, atMs, startedAtMs, restarts, reloads, total, workers };
  }

  /** A full disk must not end the service; it is told once. */
  write(path: string, state: ServiceState, atMs: number): void {
    try {
      writeServiceStat(path, this.of(state, atMs));
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed)
        this.#logger.error("statistics can't be written", { path, error: (error as Error).message });
      this.#hasFailed = true;
    }
  }
}
