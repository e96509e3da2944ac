/**
 * The controller process: it holds no author's code, starts workers with node:cluster, replaces dead and silent ones and writes the
 * state file. No request passes through it; new connections do when they are dealt out evenly ({@link AcceptMode}).
 */
import cluster, { type Worker } from "node:cluster";
import type { Clock, Logger } from "@msec/core";
import { systemClock } from "@msec/core";
import { DealWatch } from "./deal-watch.js";
import { ServiceAlreadyRuns } from "./errors.js";
import {
  isStillRunning,
  type ServiceState,
  tryReadServiceState,
  tryStartTicks,
  writeServiceState,
} from "./service-state.js";
import { takeServiceLock } from "./single-instance.js";
import { StatBook } from "./stat-book.js";
import { Supervisor } from "./supervisor.js";
import type { SupervisorAction } from "./supervisor-snapshot.js";
import type { ControllerMessage, WorkerMessage } from "./worker-channel.js";
import type { SupervisorOptions } from "./worker-set.js";

const TICK_MS = 100;

/**
 * Who accepts connections. `balanced`: the controller deals them out in turn. Callers keep one connection for long, so workers that
 * help themselves end up with all or none of them. `direct`: the workers accept; several times cheaper per connection, for many
 * short ones.
 */
export type AcceptMode = "balanced" | "direct";

/** What a set of workers is started with; a reload brings a new one. */
export interface WorkerSetOptions extends SupervisorOptions {
  readonly releaseId: string;
  /** Script and arguments of a worker. */
  readonly exec: string;
  readonly args: readonly string[];
  /** Working directory of the workers. Default: the controller's. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface ControllerOptions extends WorkerSetOptions {
  /** `First.Second`. */
  readonly service: string;
  /** Path of the state file. */
  readonly statePath: string;
  /** Path of the file of counters. */
  readonly statPath?: string;
  /** Default `balanced`. */
  readonly accept?: AcceptMode;
  /**
   * Called at SIGUSR2: what the new workers are started with. What it throws is why the reload failed. Without it nothing can be
   * reloaded.
   */
  readonly onReload?: () => WorkerSetOptions;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Counted as `frm.ctrl start-up worker` and `frm.ctrl pull-up worker`. */
  readonly onFork?: (isReplacement: boolean) => void;
}

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
    clearLeftovers(options);
    return await new Controller(options).run();
  } finally {
    release();
  }
}

/** Workers of a killed controller that hang can't notice its death; they would hold the port. */
function clearLeftovers(options: ControllerOptions): void {
  const old = tryReadServiceState(options.statePath);
  if (!old) return;
  if (old.pid !== process.pid && isStillRunning(old)) {
    throw new ServiceAlreadyRuns({ service: options.service, pid: old.pid });
  }
  for (const worker of old.workers) {
    if (typeof worker.startTicks !== "number" || worker.startTicks === 0 || !isStillRunning(worker)) continue;
    options.logger.warn("kill a worker that its controller left behind", { pid: worker.pid });
    killProcess(worker.pid);
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone meanwhile.
  }
}

interface Child {
  readonly process: Worker;
  readonly startTicks: number;
  readonly generation: number;
}

/** The file of counters is written this often. */
const STAT_EVERY_MS = 1_000;

function send(child: Child, message: ControllerMessage): void {
  if (child.process.isConnected()) child.process.send(message);
}

class Controller {
  readonly #options: ControllerOptions;
  readonly #clock: Clock;
  readonly #supervisor: Supervisor;
  readonly #children = new Map<number, Child>();
  readonly #deals = new DealWatch();
  readonly #startedAtMs: number;
  readonly #startTicks = tryStartTicks(process.pid) ?? 0;
  /** Workers whose listeners are closed. */
  readonly #closed = new Set<number>();
  readonly #stats: StatBook;
  /** By generation. */
  readonly #sets = new Map<number, WorkerSetOptions>();
  readonly #listens = new Map<number, readonly string[]>();
  readonly #notices = new Map<number, string>();
  #isReloadWanted = false;
  #statDueMs = 0;
  #lastState = "";
  #finish: (exitCode: number) => void = () => undefined;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#supervisor = new Supervisor(options);
    this.#startedAtMs = this.#clock.nowMs();
    this.#stats = new StatBook(options.logger);
    this.#sets.set(1, options);
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
    this.#deals.tick();
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
      this.#supervisor.refuseReload((error as Error).message);
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
      else if (action.kind === "fork") this.#fork(action);
      else this.#end(action);
    }
    this.#publish();
    this.#reloadIfWanted();
    if (exitCode !== undefined) this.#finish(exitCode);
  }

  #fork({ workerId, generation, isReplacement }: Extract<SupervisorAction, { readonly kind: "fork" }>): void {
    const set = this.#sets.get(generation) ?? this.#options;
    cluster.setupPrimary({ exec: set.exec, args: [...set.args], ...(set.cwd === undefined ? {} : { cwd: set.cwd }) });
    const child = cluster.fork({ ...set.env });
    const pid = child.process.pid ?? 0;
    this.#deals.add(workerId, child.process);
    this.#children.set(workerId, { process: child, startTicks: tryStartTicks(pid) ?? 0, generation });
    this.#options.logger.info(isReplacement ? "replace worker" : "start worker", { workerId, pid, generation });
    this.#options.onFork?.(isReplacement);
    child.on("message", (message: WorkerMessage) => this.#onMessage(workerId, message));
    child.on("error", (error) =>
      this.#options.logger.warn("worker channel failed", { workerId, error: error.message }),
    );
    child.on("exit", (code, signal) => this.#onExit(workerId, signal ? `killed by ${signal}` : `exit code ${code}`));
  }

  #onMessage(workerId: number, message: WorkerMessage): void {
    const nowMs = this.#nowMs();
    if (!this.#children.has(workerId)) return;
    if (message?.msec === "alive") {
      this.#supervisor.onHeartbeat(workerId, nowMs);
      if (message.stat) this.#stats.take(this.#pidOf(workerId), message.stat);
    } else if (message?.msec === "ready") {
      const generation = this.#children.get(workerId)?.generation ?? 0;
      this.#listens.set(generation, message.listen);
      this.#apply(this.#supervisor.onReady(workerId, nowMs));
    } else if (message?.msec === "closed") {
      this.#closed.add(workerId);
      this.#releaseDrain();
    } else if (message?.msec === "notice") {
      this.#notices.set(workerId, message.text);
      this.#publish();
    } else if (message?.msec === "failed") {
      this.#options.logger.error("worker can't start", { workerId, text: message.text });
      this.#apply(this.#supervisor.onFailed(workerId, message.text, nowMs));
    }
  }

  #pidOf(workerId: number): number {
    return this.#children.get(workerId)?.process.process.pid ?? 0;
  }

  #onExit(workerId: number, how: string): void {
    this.#stats.end(this.#pidOf(workerId));
    this.#children.delete(workerId);
    this.#deals.remove(workerId);
    this.#closed.delete(workerId);
    this.#notices.delete(workerId);
    this.#releaseDrain();
    this.#options.logger.info("worker ended", { workerId, how });
    this.#apply(this.#supervisor.onExit(workerId, how, this.#nowMs()));
  }

  #end(action: Extract<SupervisorAction, { readonly kind: "stop" | "kill" }>): void {
    const child = this.#children.get(action.workerId);
    if (!child) return;
    if (action.kind === "kill") {
      this.#options.logger.warn("kill worker", { workerId: action.workerId, why: action.why });
      child.process.process.kill("SIGKILL");
      return;
    }
    send(child, { msec: "stop", isHandover: action.isHandover });
  }

  /**
   * A worker that stops alone may go on at once: connections are dealt to the others. When all stop, the port is closed only with the
   * last listener.
   */
  #releaseDrain(): void {
    const { phase } = this.#supervisor.snapshot;
    const areAllEnding = phase === "stopping" || phase === "failed";
    if (areAllEnding && [...this.#children.keys()].some((id) => !this.#closed.has(id))) return;
    for (const id of this.#closed) {
      const child = this.#children.get(id);
      if (child) send(child, { msec: "drained" });
    }
  }

  /** Writes the state file if the state is another one. A full disk must not end the service. */
  #publish(): void {
    const state = this.#state();
    const key = JSON.stringify(state);
    if (key === this.#lastState) return;
    try {
      writeServiceState(this.#options.statePath, state);
      this.#lastState = key;
    } catch (error) {
      this.#options.logger.error("state file can't be written", { error: (error as Error).message });
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
        const child = this.#children.get(worker.workerId);
        if (!child) return [];
        const { startTicks } = child;
        const pid = child.process.process.pid ?? 0;
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
