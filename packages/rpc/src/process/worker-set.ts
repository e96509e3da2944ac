/** A set of workers that were started alike (a generation), their places, and the rules of one worker: when it is killed, when it comes again. */

export interface SupervisorOptions {
  /** Worker processes, at least 1. */
  readonly workers: number;
  /** A worker whose event loop says nothing for so long is killed and replaced. Default 10000. */
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

export type WorkerPhase = "starting" | "ready" | "stopping";

export interface Worker {
  readonly id: number;
  readonly slot: Slot;
  readonly set: WorkerSet;
  readonly forkedAtMs: number;
  phase: WorkerPhase;
  lastSeenMs: number;
  readyAtMs: number;
  /** When it is killed if it has not ended by then. */
  stopByMs: number;
  /** Why it was killed. */
  killedFor: string | undefined;
}

export interface Slot {
  deathsInRow: number;
  /** Undefined while it has a worker. */
  forkAtMs: number | undefined;
}

export interface WorkerSet {
  readonly generation: number;
  readonly options: Required<SupervisorOptions>;
  readonly slots: readonly Slot[];
}

const DEFAULTS = {
  heartbeatTimeoutMs: 10_000,
  startTimeoutMs: 60_000,
  maxStartDeaths: 3,
  graceMs: 10_000,
  backoffMs: 500,
  maxBackoffMs: 10_000,
  stableMs: 10_000,
};

export function createSet(generation: number, options: SupervisorOptions): WorkerSet {
  const slots = Array.from({ length: Math.max(1, options.workers) }, () => ({ deathsInRow: 0, forkAtMs: 0 }));
  return { generation, options: { ...DEFAULTS, ...options }, slots };
}

/** Why the worker must be killed now; undefined = it need not. */
export function killReason(worker: Worker, nowMs: number): string | undefined {
  const { heartbeatTimeoutMs, startTimeoutMs } = worker.set.options;
  if (nowMs >= worker.stopByMs) return "it did not drain in time";
  const silentMs = nowMs - worker.lastSeenMs;
  if (silentMs >= heartbeatTimeoutMs) return `its event loop was silent for ${Math.round(silentMs)} ms`;
  const startedMs = nowMs - worker.forkedAtMs;
  if (worker.phase !== "starting" || startedMs < startTimeoutMs) return undefined;
  return `it was not ready after ${Math.round(startedMs)} ms; does the init hook end?`;
}

/** Pause before the place of a worker that died gets a new one. */
export function pauseMs(deathsInRow: number, options: Required<SupervisorOptions>): number {
  if (deathsInRow <= 1) return 0;
  return Math.min(options.maxBackoffMs, options.backoffMs * 2 ** Math.min(deathsInRow - 2, 20));
}
