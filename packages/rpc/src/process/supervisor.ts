/**
 * What the controller decides, without processes: events and the time go in, actions come out.
 *
 * service   starting → running ⇄ starting (a worker is being replaced) → stopping → finish 0
 *           starting → failed → finish 1 (only before it ran for the first time)
 * worker    starting → ready → stopping → gone
 *
 * reload    none → running → done (all new workers are ready; the old ones are told to drain)
 *                          → failed (a new worker failed, died or took too long; the new ones are drained, the old ones go on)
 *
 * A place ("slot") whose worker died gets a new one: at once the first time, then after 0.5 s, 1 s, … up to `maxBackoffMs`, counted
 * anew when a worker was ready for `stableMs`. A service that ran once is never given up. A set of workers is a generation; only the
 * current one has its dead replaced.
 */
import type { ReloadState, ServicePhase, SupervisorAction, SupervisorSnapshot } from "./supervisor-snapshot.js";
import {
  createSet,
  killReason,
  pauseMs,
  type Slot,
  type SupervisorOptions,
  type Worker,
  type WorkerSet,
} from "./worker-set.js";

/** After a longer pause between two ticks this process itself was held up, and has not read what the workers said meanwhile. */
const OWN_PAUSE_MS = 1_500;

export class Supervisor {
  readonly #workers = new Map<number, Worker>();
  #current: WorkerSet;
  /** The set that a reload starts. */
  #incoming: WorkerSet | undefined;
  #phase: ServicePhase = "starting";
  #reload: ReloadState = { number: 0, state: "none", text: "" };
  #hasRun = false;
  #startDeaths = 0;
  #restarts = 0;
  #nextId = 1;
  #generations = 1;
  #text = "";
  #lastTickMs: number | undefined;
  #isFinished = false;

  constructor(options: SupervisorOptions) {
    this.#current = createSet(1, options);
  }

  get snapshot(): SupervisorSnapshot {
    const workers = [...this.#workers.values()].map(({ id, set, phase }) => ({
      workerId: id,
      generation: set.generation,
      phase,
    }));
    return {
      phase: this.#phase,
      generation: this.#current.generation,
      workers,
      restarts: this.#restarts,
      reload: this.#reload,
      text: this.#text,
    };
  }

  /** First workers. */
  start(nowMs: number): SupervisorAction[] {
    return this.#forkDue(nowMs);
  }

  /** Why a reload can't begin now; undefined = it can. */
  get reloadRefusal(): string | undefined {
    if (this.#isEnding()) return "the service is being stopped";
    if (!this.#hasRun) return "the service has not been running yet";
    return this.#incoming === undefined ? undefined : "a reload is under way";
  }

  /** Starts a new set of workers beside the current one. Its generation is in the fork actions. */
  reload(options: SupervisorOptions, nowMs: number): SupervisorAction[] {
    if (this.reloadRefusal !== undefined) return [];
    this.#generations += 1;
    this.#incoming = createSet(this.#generations, options);
    this.#reload = { number: this.#reload.number + 1, state: "running", text: "" };
    return this.#forkDue(nowMs);
  }

  /** An order to reload that could not even begin. @param needsRestart only a restart can do what was ordered */
  refuseReload(text: string, needsRestart = false): void {
    this.#reload = { number: this.#reload.number + 1, state: "failed", text, ...(needsRestart && { needsRestart }) };
    this.#text = `reload failed: ${text}; the workers of before go on`;
  }

  /** The worker listens and its init hook succeeded. */
  onReady(workerId: number, nowMs: number): SupervisorAction[] {
    const worker = this.#workers.get(workerId);
    if (worker?.phase !== "starting") return [];
    worker.phase = "ready";
    worker.readyAtMs = nowMs;
    worker.lastSeenMs = nowMs;
    const ready = this.#of(worker.set).filter((each) => each.phase === "ready").length;
    if (ready < worker.set.slots.length) return [];
    if (worker.set === this.#incoming) return this.#promote(worker.set, nowMs);
    if (this.#phase === "starting") {
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
    const worker = this.#workers.get(workerId);
    if (!worker || worker.phase === "stopping") return [];
    if (worker.set === this.#incoming) return this.#failReload(text, nowMs);
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
    if (worker.phase === "stopping") return [];
    const why = worker.killedFor === undefined ? how : `killed: ${worker.killedFor}`;
    if (worker.set === this.#incoming) return this.#failReload(`a new worker died (${why})`, nowMs);
    return this.#onDeath(worker, why, nowMs);
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
    this.#forgiveOwnPause(nowMs);
    const actions: SupervisorAction[] = [];
    for (const worker of this.#workers.values()) {
      if (worker.killedFor !== undefined) continue;
      const why = killReason(worker, nowMs);
      if (why === undefined) continue;
      worker.killedFor = why;
      actions.push({ kind: "kill", workerId: worker.id, why });
    }
    return this.#isEnding() ? actions : [...actions, ...this.#forkDue(nowMs)];
  }

  #forgiveOwnPause(nowMs: number): void {
    const pauseMs = nowMs - (this.#lastTickMs ?? nowMs);
    this.#lastTickMs = nowMs;
    if (pauseMs <= OWN_PAUSE_MS) return;
    for (const worker of this.#workers.values()) worker.lastSeenMs = Math.min(nowMs, worker.lastSeenMs + pauseMs);
  }

  #of(set: WorkerSet): Worker[] {
    return [...this.#workers.values()].filter((worker) => worker.set === set);
  }

  #onDeath(worker: Worker, why: string, nowMs: number): SupervisorAction[] {
    const { slot } = worker;
    const { options } = worker.set;
    if (worker.phase === "ready" && nowMs - worker.readyAtMs >= options.stableMs) slot.deathsInRow = 0;
    slot.deathsInRow += 1;
    const early = worker.phase === "starting";
    this.#text = early && this.#text !== "" ? this.#text : `a worker died (${why})`;
    if (early && !this.#hasRun) {
      this.#startDeaths += 1;
      if (this.#startDeaths >= options.maxStartDeaths) {
        return this.#fail(`workers died ${this.#startDeaths} times before they were ready; the last: ${why}`, nowMs);
      }
    }
    this.#phase = "starting";
    slot.forkAtMs = nowMs + pauseMs(slot.deathsInRow, options);
    return this.#forkDue(nowMs);
  }

  #forkDue(nowMs: number): SupervisorAction[] {
    const actions: SupervisorAction[] = [];
    for (const set of [this.#current, this.#incoming]) {
      for (const slot of set?.slots ?? []) {
        if (slot.forkAtMs === undefined || slot.forkAtMs > nowMs) continue;
        actions.push(this.#fork(set!, slot, nowMs));
      }
    }
    return actions;
  }

  #fork(set: WorkerSet, slot: Slot, nowMs: number): SupervisorAction {
    const isReplacement = slot.deathsInRow > 0;
    if (isReplacement) this.#restarts += 1;
    slot.forkAtMs = undefined;
    const id = this.#nextId++;
    const times = { forkedAtMs: nowMs, lastSeenMs: nowMs, readyAtMs: 0, stopByMs: Number.POSITIVE_INFINITY };
    this.#workers.set(id, { id, slot, set, phase: "starting", killedFor: undefined, ...times });
    return { kind: "fork", workerId: id, generation: set.generation, isReplacement };
  }

  #promote(set: WorkerSet, nowMs: number): SupervisorAction[] {
    const old = this.#current;
    this.#current = set;
    this.#incoming = undefined;
    this.#reload = { ...this.#reload, state: "done" };
    this.#phase = "running";
    this.#text = "";
    return this.#end(this.#of(old), nowMs, true);
  }

  #failReload(text: string, nowMs: number): SupervisorAction[] {
    const workers = this.#incoming === undefined ? [] : this.#of(this.#incoming);
    this.#incoming = undefined;
    this.#reload = { ...this.#reload, state: "failed", text };
    this.#text = `reload failed: ${text}; the workers of before go on`;
    return this.#end(workers, nowMs, true);
  }

  #fail(text: string, nowMs: number): SupervisorAction[] {
    this.#phase = "failed";
    this.#text = text;
    return this.#endAll(nowMs);
  }

  #endAll(nowMs: number): SupervisorAction[] {
    if (this.#incoming !== undefined) {
      this.#incoming = undefined;
      this.#reload = { ...this.#reload, state: "failed", text: "the service was stopped" };
    }
    return [...this.#end([...this.#workers.values()], nowMs, false), ...this.#finishIfEmpty()];
  }

  #end(workers: readonly Worker[], nowMs: number, isHandover: boolean): SupervisorAction[] {
    return workers.map((worker) => {
      worker.phase = "stopping";
      worker.stopByMs = Math.min(worker.stopByMs, nowMs + worker.set.options.graceMs);
      return { kind: "stop", workerId: worker.id, isHandover };
    });
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
