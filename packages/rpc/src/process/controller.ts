/**
 * The controller process: it holds no author's code, starts workers, replaces dead and silent ones, takes signals and writes the state
 * file. No request passes through it; new connections do when they are dealt out evenly ({@link AcceptMode}).
 */
import cluster from "node:cluster";
import type { Clock } from "@msec/core";
import { systemClock } from "@msec/core";
import type { ControllerOptions, WorkerSetOptions } from "./controller-options.js";
import { ReloadRefused } from "./errors.js";
import { killLeftWorkers } from "./left-workers.js";
import { type ServiceState, tryStartTicks, writeServiceState } from "./service-state.js";
import { takeServiceLock } from "./single-instance.js";
import { StatBook } from "./stat-book.js";
import { Supervisor } from "./supervisor.js";
import type { SupervisorAction } from "./supervisor-snapshot.js";
import { type WorkerNews, WorkerProcesses } from "./worker-processes.js";

const TICK_MS = 100;
/** The file of counters is written this often. */
const STAT_EVERY_MS = 1_000;

/**
 * Runs the workers of one service until it is stopped (SIGTERM, SIGINT) or can't start. SIGUSR2 reloads: a full new set of workers is
 * started beside the old one, which drains when all new ones are ready.
 *
 * @returns exit code: 0 = stopped in order, 1 = it could not start; the state file says why
 * @throws EXEC_ALREADY_RUNS the state file names a controller that still lives
 */
export async function runController(options: ControllerOptions): Promise<number> {
  const release = takeServiceLock(`${options.statePath}.lock`, options.service);
  try {
    killLeftWorkers(options.statePath, options.service, options.logger);
    return await new Controller(options).run();
  } finally {
    release();
  }
}

class Controller {
  readonly #options: ControllerOptions;
  readonly #clock: Clock;
  readonly #supervisor: Supervisor;
  readonly #processes: WorkerProcesses;
  readonly #startedAtMs: number;
  readonly #startTicks = tryStartTicks(process.pid) ?? 0;
  readonly #stats: StatBook;
  /** By generation. */
  readonly #sets = new Map<number, WorkerSetOptions>();
  readonly #listens = new Map<number, readonly string[]>();
  readonly #notices = new Map<number, string>();
  #isReloadWanted = false;
  #statDueMs = 0;
  #lastState = "";
  #isUnwritten = false;
  #finish: (exitCode: number) => void = () => undefined;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#supervisor = new Supervisor(options);
    this.#startedAtMs = this.#clock.nowMs();
    this.#stats = new StatBook(options.logger);
    this.#sets.set(1, options);
    this.#processes = new WorkerProcesses({
      logger: options.logger,
      areAllEnding: () => ["stopping", "failed"].includes(this.#supervisor.snapshot.phase),
      onNews: (workerId, news) => this.#onNews(workerId, news),
      onExit: (workerId, pid, how) => this.#onExit(workerId, pid, how),
    });
  }

  async run(): Promise<number> {
    cluster.schedulingPolicy = this.#options.accept === "direct" ? cluster.SCHED_NONE : cluster.SCHED_RR;
    const finished = new Promise<number>((resolve) => {
      this.#finish = resolve;
    });
    const onSignal = (signal: string): void => {
      this.#options.logger.info("stopping", { signal });
      this.#apply(this.#supervisor.stop(this.#nowMs()));
    };
    const onReload = (): void => {
      this.#isReloadWanted = true;
      this.#reloadIfWanted();
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
    process.on("SIGUSR2", onReload);
    this.#publish(); // before anything takes time, so that a second controller sees this one
    this.#apply(this.#supervisor.start(this.#nowMs()));
    const timer = setInterval(() => this.#tick(), TICK_MS);
    try {
      return await finished;
    } finally {
      clearInterval(timer);
      process.off("SIGTERM", onSignal);
      process.off("SIGINT", onSignal);
      process.off("SIGUSR2", onReload);
    }
  }

  #tick(): void {
    const nowMs = this.#nowMs();
    this.#apply(this.#supervisor.tick(nowMs));
    this.#processes.tick();
    if (nowMs < this.#statDueMs || this.#options.statPath === undefined) return;
    this.#statDueMs = nowMs + STAT_EVERY_MS;
    this.#stats.write(this.#options.statPath, this.#state(), this.#clock.nowMs());
  }

  /** One after the other: an order that comes during a reload is carried out behind it, with what is there then. */
  #reloadIfWanted(): void {
    const { reload } = this.#supervisor.snapshot;
    if (!this.#isReloadWanted || reload.state === "running") return;
    this.#isReloadWanted = false;
    this.#options.logger.info("reload", { number: reload.number + 1 });
    try {
      this.#beginReload();
    } catch (error) {
      this.#options.logger.error("reload failed", { error });
      this.#supervisor.refuseReload((error as Error).message, error instanceof ReloadRefused);
      this.#publish();
    }
  }

  #beginReload(): void {
    const refusal =
      this.#supervisor.reloadRefusal ??
      (this.#options.onReload ? undefined : "this service has no release to read again");
    const set = refusal === undefined ? this.#options.onReload?.() : undefined;
    if (set === undefined) {
      this.#supervisor.refuseReload(refusal ?? "");
      this.#publish();
      return;
    }
    const actions = this.#supervisor.reload(set, this.#nowMs());
    for (const action of actions) if (action.kind === "fork") this.#sets.set(action.generation, set);
    this.#apply(actions);
  }

  #nowMs(): number {
    return this.#clock.monotonicMs();
  }

  #apply(actions: readonly SupervisorAction[]): void {
    let exitCode: number | undefined;
    for (const action of actions) {
      if (action.kind === "finish") exitCode = action.exitCode;
      else if (action.kind !== "fork") this.#end(action);
      else {
        this.#processes.fork(action, this.#sets.get(action.generation) ?? this.#options);
        this.#options.onFork?.(action.isReplacement);
      }
    }
    this.#publish();
    this.#reloadIfWanted();
    if (exitCode !== undefined) this.#finish(exitCode);
  }

  #end(action: Extract<SupervisorAction, { readonly kind: "stop" | "kill" }>): void {
    if (action.kind === "kill") this.#processes.kill(action.workerId, action.why);
    else this.#processes.stop(action.workerId, action.isHandover);
  }

  #onNews(workerId: number, news: WorkerNews): void {
    const nowMs = this.#nowMs();
    const { pid = 0, generation = 0 } = this.#processes.get(workerId) ?? {};
    switch (news.msec) {
      case "alive":
        this.#supervisor.onHeartbeat(workerId, nowMs);
        if (news.stat) this.#stats.take(pid, news.stat);
        break;
      case "ready":
        this.#listens.set(generation, news.listen);
        this.#apply(this.#supervisor.onReady(workerId, nowMs));
        break;
      case "notice":
        this.#notices.set(workerId, news.text);
        this.#publish();
        break;
      case "failed":
        this.#options.logger.error("worker can't start", { workerId, text: news.text });
        this.#apply(this.#supervisor.onFailed(workerId, news.text, nowMs));
    }
  }

  #onExit(workerId: number, pid: number, how: string): void {
    this.#stats.end(pid);
    this.#notices.delete(workerId);
    this.#apply(this.#supervisor.onExit(workerId, how, this.#nowMs()));
  }

  /** Writes the state file if the state is another one. A full disk must not end the service; it is told once and tried again. */
  #publish(): void {
    const state = this.#state();
    const key = JSON.stringify(state);
    if (key === this.#lastState) return;
    try {
      writeServiceState(this.#options.statePath, state);
      this.#lastState = key;
      this.#isUnwritten = false;
    } catch (error) {
      if (!this.#isUnwritten)
        this.#options.logger.error("state file can't be written", { error: (error as Error).message });
      this.#isUnwritten = true;
    }
  }

  #state(): ServiceState {
    const { phase, generation, workers, restarts, reload, text } = this.#supervisor.snapshot;
    const hasEnded = phase === "failed" || (phase === "stopping" && workers.length === 0);
    return {
      service: this.#options.service,
      releaseId: (this.#sets.get(generation) ?? this.#options).releaseId,
      pid: process.pid,
      startTicks: this.#startTicks,
      state: phase,
      workers: workers.flatMap((worker) => {
        const child = this.#processes.get(worker.workerId);
        if (!child) return [];
        const { pid, startTicks } = child;
        return [{ pid, startTicks, state: worker.phase, generation: worker.generation }];
      }),
      listen: hasEnded ? [] : (this.#listens.get(generation) ?? []),
      restarts,
      startedAtMs: this.#startedAtMs,
      reload,
      text: text || ([...this.#notices.values()].find((notice) => notice !== "") ?? ""),
    };
  }
}
