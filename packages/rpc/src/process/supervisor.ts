/**
 * What the controller decides, without processes: events and the time go in, actions come out.
 *
 * service   starting → running ⇄ starting (a worker is being replaced) → stopping → finish 0
 *           starting → failed → finish 1 (only before it ran for the first time)
 * worker    starting → ready → stopping → gone
 *
 * A place ("slot") whose worker died gets a new one: at once the first time, then after 0.5 s, 1 s, … up to `maxBackoffMs`, counted
 * anew when a worker was ready for `stableMs`. A service that ran once is never given up.
 */

export interface SupervisorOptions {
  /** Worker processes, at least 1. */
  readonly workers: number;
  /** A worker whose event loop says nothing for so long is killed and replaced. Default 60000. */
  readonly heartbeatTimeoutMs?: number;
  /** Longest start of one worker, init hook included. Default 60000. */
  readonly startTimeoutMs?: number;
  /** Deaths before the service ran for the first time after which it counts as failed. Default 3. */
  readonly maxStartDeaths?: number;
  /** Longest drain; then workers are killed. Default 10000. */
  readonly graceMs?: number;
  /** Second pause of a row of restarts; doubles from there. Default 500. */
  readonly backoffMs?: number;
  /** Default 10000. */
  readonly maxBackoffMs?: number;
  /** A worker that was ready for so long ends the row. Default 10000. */
  readonly stableMs?: number;
}

export type SupervisorAction =
  | { readonly kind: "fork"; readonly workerId: number; readonly isReplacement: boolean }
  /** Ask it to drain and exit. */
  | { readonly kind: "stop"; readonly workerId: number }
  | { readonly kind: "kill"; readonly workerId: number; readonly why: string }
  /** All workers are gone: the controller exits. */
  | { readonly kind: "finish"; readonly exitCode: number };

export type ServicePhase = "starting" | "running" | "stopping" | "failed";
export type WorkerPhase = "starting" | "ready" | "stopping";

interface Worker {
  readonly id: number;
  readonly slot: Slot;
  readonly forkedAtMs: number;
  phase: WorkerPhase;
  lastSeenMs: number;
  readyAtMs: number;
  isKilled: boolean;
}

interface Slot {
  deathsInRow: number;
  /** Undefined while it has a worker. */
  forkAtMs: number | undefined;
}

export interface SupervisorSnapshot {
  readonly phase: ServicePhase;
  readonly workers: readonly { readonly workerId: number; readonly phase: WorkerPhase }[];
  /** Workers that were replaced since the start. */
  readonly restarts: number;
  /** What a person should know now; "" when all is well. */
  readonly text: string;
}

export class Supervisor {
  readonly #options: Required<SupervisorOptions>;
  readonly #slots: Slot[];
  readonly #workers = new Map<number, Worker>();
  #phase: ServicePhase = "starting";
  #hasRun = false;
  #startDeaths = 0;
  #restarts = 0;
  #nextId = 1;
  #text = "";
  #stopByMs = Number.POSITIVE_INFINITY;
  #isFinished = false;

  constructor(options: SupervisorOptions) {
    this.#options = {
      heartbeatTimeoutMs: 60_000,
      startTimeoutMs: 60_000,
      maxStartDeaths: 3,
      graceMs: 10_000,
      backoffMs: 500,
      maxBackoffMs: 10_000,
      stableMs: 10_000,
      ...options,
    };
    this.#slots = Array.from({ length: Math.max(1, options.workers) }, () => ({ deathsInRow: 0, forkAtMs: 0 }));
  }

  get snapshot(): SupervisorSnapshot {
    const workers = [...this.#workers.values()].map(({ id, phase }) => ({ workerId: id, phase }));
    return { phase: this.#phase, workers, restarts: this.#restarts, text: this.#text };
  }

  /** First workers. */
  start(nowMs: number): SupervisorAction[] {
    return this.#forkDue(nowMs);
  }

  /** The worker listens and its init hook succeeded. */
  onReady(workerId: number, nowMs: number): SupervisorAction[] {
    const worker = this.#workers.get(workerId);
    if (worker?.phase !== "starting") return [];
    worker.phase = "ready";
    worker.readyAtMs = nowMs;
    worker.lastSeenMs = nowMs;
    const ready = [...this.#workers.values()].filter((each) => each.phase === "ready").length;
    if (this.#phase === "starting" && ready === this.#slots.length) {
      this.#phase = "running";
      this.#hasRun = true;
      this.#text = "";
    }
    return [];
  }

  onHeartbeat(workerId: number, nowMs: number): void {
    const worker = this.#workers.get(workerId);
    if (worker) worker.lastSeenMs = nowMs;
  }

  /** The worker says in words why it can't start. Before the first run this is final: it would fail again. */
  onFailed(workerId: number, text: string, nowMs: number): SupervisorAction[] {
    if (!this.#workers.has(workerId)) return [];
    if (this.#phase === "starting" && !this.#hasRun) return this.#fail(text, nowMs);
    this.#text = text;
    return [];
  }

  /** @param how in words: `killed by SIGKILL`, `exit code 1` */
  onExit(workerId: number, how: string, nowMs: number): SupervisorAction[] {
    const worker = this.#workers.get(workerId);
    if (!worker) return [];
    this.#workers.delete(workerId);
    if (this.#isEnding()) return this.#finishIfEmpty();
    const { slot } = worker;
    if (worker.phase === "ready" && nowMs - worker.readyAtMs >= this.#options.stableMs) slot.deathsInRow = 0;
    slot.deathsInRow += 1;
    const early = worker.phase === "starting";
    this.#text = early && this.#text !== "" ? this.#text : `a worker died (${how})`;
    if (early && !this.#hasRun) {
      this.#startDeaths += 1;
      if (this.#startDeaths >= this.#options.maxStartDeaths) {
        return this.#fail(`workers died ${this.#startDeaths} times before they were ready; the last: ${how}`, nowMs);
      }
    }
    this.#phase = "starting";
    slot.forkAtMs = nowMs + this.#pauseMs(slot.deathsInRow);
    return this.#forkDue(nowMs);
  }

  /** Drain and exit with 0. A second call changes nothing. */
  stop(nowMs: number): SupervisorAction[] {
    if (this.#isEnding()) return [];
    this.#phase = "stopping";
    this.#text = "";
    return this.#endAll(nowMs);
  }

  /** To be called a few times a second. */
  tick(nowMs: number): SupervisorAction[] {
    const actions: SupervisorAction[] = [];
    const isLate = nowMs >= this.#stopByMs;
    for (const worker of this.#workers.values()) {
      if (worker.isKilled) continue;
      const why = isLate ? "it did not drain in time" : this.#killReason(worker, nowMs);
      if (why === undefined) continue;
      worker.isKilled = true;
      actions.push({ kind: "kill", workerId: worker.id, why });
    }
    return this.#isEnding() ? actions : [...actions, ...this.#forkDue(nowMs)];
  }

  #killReason(worker: Worker, nowMs: number): string | undefined {
    const { heartbeatTimeoutMs, startTimeoutMs } = this.#options;
    const silentMs = nowMs - worker.lastSeenMs;
    if (silentMs >= heartbeatTimeoutMs) return `its event loop was silent for ${Math.round(silentMs)} ms`;
    const startedMs = nowMs - worker.forkedAtMs;
    if (worker.phase !== "starting" || startedMs < startTimeoutMs) return undefined;
    return `it was not ready after ${Math.round(startedMs)} ms; does the init hook end?`;
  }

  #forkDue(nowMs: number): SupervisorAction[] {
    const actions: SupervisorAction[] = [];
    for (const slot of this.#slots) {
      if (slot.forkAtMs === undefined || slot.forkAtMs > nowMs) continue;
      const isReplacement = slot.deathsInRow > 0;
      if (isReplacement) this.#restarts += 1;
      slot.forkAtMs = undefined;
      const id = this.#nextId++;
      const times = { forkedAtMs: nowMs, lastSeenMs: nowMs, readyAtMs: 0 };
      this.#workers.set(id, { id, slot, phase: "starting", isKilled: false, ...times });
      actions.push({ kind: "fork", workerId: id, isReplacement });
    }
    return actions;
  }

  #pauseMs(deathsInRow: number): number {
    if (deathsInRow <= 1) return 0;
    const { backoffMs, maxBackoffMs } = this.#options;
    return Math.min(maxBackoffMs, backoffMs * 2 ** Math.min(deathsInRow - 2, 20));
  }

  #fail(text: string, nowMs: number): SupervisorAction[] {
    this.#phase = "failed";
    this.#text = text;
    return this.#endAll(nowMs);
  }

  #endAll(nowMs: number): SupervisorAction[] {
    this.#stopByMs = nowMs + this.#options.graceMs;
    const actions: SupervisorAction[] = [];
    for (const worker of this.#workers.values()) {
      worker.phase = "stopping";
      actions.push({ kind: "stop", workerId: worker.id });
    }
    return [...actions, ...this.#finishIfEmpty()];
  }

  #isEnding(): boolean {
    return this.#phase === "stopping" || this.#phase === "failed";
  }

  #finishIfEmpty(): SupervisorAction[] {
    if (this.#workers.size > 0 || this.#isFinished) return [];
    this.#isFinished = true;
    return [{ kind: "finish", exitCode: this.#phase === "failed" ? 1 : 0 }];
  }
}
