/** One service under supervision: feeds what happens to `decide` and carries out what it says. */
import type { Clock, Logger } from "@msec/core";
import type { ProcessReport } from "@msec/protocol";
import { type HostProcess, tryReadWantedState, type WantedState, writeWantedState } from "@msec/rpc/process";
import { decide, type Effect, newSupervised, pidOf, type Supervised, type SupervisionEvent } from "./decisions.js";
import { signalHost } from "./host-process.js";
import { type HostState, isAlive, tryReadHostState } from "./host-state.js";
import type { ServicesFile } from "./services-file.js";

export interface SupervisedServiceOptions {
  readonly service: string;
  readonly statePath: string;
  /** What agent and `msec start`/`msec stop` want; see WantedState. */
  readonly wantedPath: string;
  readonly file: ServicesFile;
  /** Release that `current` points to, or `undefined`. */
  activeRelease(): string | undefined;
  spawn(onExit: (pid: number, why: string) => void): Promise<HostProcess>;
  readonly clock: Clock;
  readonly logger: Logger;
  onChange(): void;
}

export class SupervisedService {
  readonly #options: SupervisedServiceOptions;
  readonly #waiters = new Set<() => void>();
  #now: Supervised;
  #process: HostProcess = { pid: 0, startTicks: 0 };
  #isOwnChild = false;
  #hostState: HostState | undefined;
  /** The order that is obeyed; of whom is told in the report. */
  #order: WantedState | undefined;

  constructor(options: SupervisedServiceOptions) {
    this.#options = options;
    this.#now = newSupervised("stopped", options.clock.nowMs());
  }

  get phase(): Supervised["phase"] {
    return this.#now.phase;
  }

  get text(): string {
    return this.#now.text;
  }

  get wanted(): "running" | "stopped" {
    return this.#now.wanted;
  }

  /** The state file of the process that is there now; `undefined` before it wrote one. */
  get hostState(): HostState | undefined {
    const pid = pidOf(this.#now.phase);
    return pid !== 0 && this.#hostState?.pid === pid ? this.#hostState : undefined;
  }

  /** Takes over a process of an earlier life, or starts what shall run. */
  restore(): void {
    const { file, service, statePath, wantedPath } = this.#options;
    this.#order = tryReadWantedState(wantedPath);
    const record = { ...file.get(service), ...(this.#order && { wanted: this.#order.wanted }) };
    const state = tryReadHostState(statePath);
    const alive = [state, record].find((known) => known !== undefined && isAlive(known));
    this.#now = { ...this.#now, wanted: record.wanted };
    if (alive) {
      this.#process = { pid: alive.pid, startTicks: alive.startTicks };
      this.#hostState = state;
      this.#options.logger.info("service adopted", { service, pid: alive.pid });
      this.#handle({
        kind: "adopted",
        pid: alive.pid,
        isRunning: state?.pid === alive.pid && state.state === "running",
      });
    }
    if (file.get(service).wanted !== record.wanted) file.update(service, { wanted: record.wanted });
    this.#handle({ kind: "want", wanted: record.wanted });
  }

  /** An order that came through the console. */
  want(wanted: "running" | "stopped"): void {
    const { file, service, wantedPath, clock } = this.#options;
    if (file.get(service).wanted !== wanted) file.update(service, { wanted });
    if (this.#order?.wanted !== wanted) {
      this.#order = { wanted, by: "console", atMs: clock.nowMs() };
      writeWantedState(wantedPath, this.#order);
    }
    this.#handle({ kind: "want", wanted });
  }

  /** Tells the process that runs to take the current release over without a pause. @returns false = there is none that could */
  tellReload(): boolean {
    const { phase, wanted } = this.#now;
    if (phase.kind !== "running" || wanted !== "running" || !isAlive(this.#process)) return false;
    this.#options.logger.info("service is told to reload", { service: this.#options.service, pid: phase.pid });
    signalHost(phase.pid, "SIGUSR2", false);
    return true;
  }

  /** Takes over what `msec start` or `msec stop` said on this machine. */
  #obeyFile(): void {
    const { file, service, wantedPath, logger } = this.#options;
    const order = tryReadWantedState(wantedPath);
    if (order === undefined || (order.atMs === this.#order?.atMs && order.wanted === this.#order.wanted)) return;
    this.#order = order;
    logger.info("ordered on this machine", { service, wanted: order.wanted, by: order.by });
    if (file.get(service).wanted !== order.wanted) file.update(service, { wanted: order.wanted });
    this.#handle({ kind: "want", wanted: order.wanted });
  }

  /** Looks at the process and its state file. Cheap; called twice a second and more often while somebody waits. */
  poll(): void {
    this.#obeyFile();
    const pid = pidOf(this.#now.phase);
    if (pid !== 0) {
      const state = tryReadHostState(this.#options.statePath);
      if (state?.pid === pid) this.#takeState(state);
      if (!this.#isOwnChild && !isAlive(this.#process)) this.#onExit(pid, "it is gone");
    }
    this.#handle({ kind: "tick" });
  }

  /** Resolves at the next change. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiters.add(resolve));
  }

  report(): ProcessReport {
    const { service, activeRelease } = this.#options;
    const { phase, restarts, sinceMs, text } = this.#now;
    const state = this.hostState;
    const active = activeRelease();
    const pid = pidOf(phase);
    return {
      service,
      state: phase.kind === "stopped" && active === undefined ? "absent" : phase.kind,
      releaseId: (state?.releaseId ?? active ?? null)?.slice(0, 32) ?? null,
      pid: pid === 0 ? null : pid,
      workers: state?.workers.filter((worker) => worker.state !== "stopping").length ?? 0,
      restarts: restarts + (state?.restarts ?? 0),
      sinceAtMs: Math.round(sinceMs),
      text: (text || state?.text || this.#stoppedByHand()).slice(0, 512),
    };
  }

  /** Said as long as it lasts, or an operator would wonder why it does not come back. */
  #stoppedByHand(): string {
    const order = this.#order;
    if (order?.wanted !== "stopped" || order.by === "console") return "";
    return `stopped on this machine: ${order.by}, ${new Date(order.atMs).toISOString()}; it stays so until it is started`;
  }

  #takeState(state: HostState): void {
    const isNew = JSON.stringify(state) !== JSON.stringify(this.#hostState);
    this.#hostState = state;
    if (state.state === "running") this.#handle({ kind: "up", pid: state.pid });
    if (isNew) this.#tellChange();
  }

  #onExit(pid: number, why: string): void {
    this.#obeyFile(); // a process that was stopped by hand must not come back
    const state = tryReadHostState(this.#options.statePath);
    if (state?.pid === pid) this.#hostState = state;
    const text = state?.pid === pid && state.state === "failed" && state.text !== "" ? state.text : why;
    this.#options.logger.warn("service process ended", { service: this.#options.service, pid, why, text });
    this.#handle({ kind: "died", pid, why: text });
  }

  #handle(event: SupervisionEvent): void {
    const before = this.#now;
    const { next, effects } = decide(before, event, this.#options.clock.nowMs());
    this.#now = next;
    for (const effect of effects) this.#carryOut(effect);
    if (before.phase !== this.#now.phase || before.text !== this.#now.text) this.#tellChange();
  }

  #carryOut(effect: Effect): void {
    const { logger, service } = this.#options;
    if (effect.kind === "spawn") {
      if (!this.#tryAdopt()) void this.#spawn();
      return;
    }
    logger.info("service is told to stop", { service, pid: effect.pid, how: effect.kind });
    if (!this.#isOwnChild && !isAlive(this.#process)) return; // never signal a recycled id
    if (effect.kind === "terminate") signalHost(effect.pid, "SIGTERM", false);
    else signalHost(effect.pid, "SIGKILL", true);
  }

  /** `msec start` was faster. */
  #tryAdopt(): boolean {
    const { statePath, service, logger } = this.#options;
    const state = tryReadHostState(statePath);
    if (state === undefined || state.state === "failed" || state.state === "stopping" || !isAlive(state)) return false;
    this.#process = { pid: state.pid, startTicks: state.startTicks };
    this.#isOwnChild = false;
    this.#hostState = state;
    logger.info("service adopted", { service, pid: state.pid });
    this.#handle({ kind: "adopted", pid: state.pid, isRunning: state.state === "running" });
    return true;
  }

  async #spawn(): Promise<void> {
    const { spawn, service, logger } = this.#options;
    try {
      const host = await spawn((pid, why) => this.#onExit(pid, why));
      this.#process = host;
      this.#isOwnChild = true;
      this.#noteProcess(host);
      logger.info("service started", { service, pid: host.pid });
      this.#handle({ kind: "spawned", pid: host.pid });
      this.#handle({ kind: "tick" });
    } catch (error) {
      logger.error("service can't be started", { service, why: String(error) });
      this.#handle({ kind: "spawnFailed", why: error instanceof Error ? error.message : String(error) });
    }
  }

  /** So that another agent finds it even before it wrote its state file. */
  #noteProcess(host: HostProcess): void {
    const { file, service, logger } = this.#options;
    try {
      file.update(service, host);
    } catch (error) {
      logger.error("services.json can't be written", { why: String(error) });
    }
  }

  #tellChange(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
    this.#options.onChange();
  }
}
