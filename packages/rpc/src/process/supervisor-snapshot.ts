/** What a supervisor tells: what is to be done, and how things stand. */
import type { WorkerPhase } from "./worker-set.js";

export type SupervisorAction =
  | { readonly kind: "fork"; readonly workerId: number; readonly generation: number; readonly isReplacement: boolean }
  /** Ask it to drain and exit. `isHandover`: others serve in its place, so it need not refuse anybody. */
  | { readonly kind: "stop"; readonly workerId: number; readonly isHandover: boolean }
  | { readonly kind: "kill"; readonly workerId: number; readonly why: string }
  /** All workers are gone: the controller exits. */
  | { readonly kind: "finish"; readonly exitCode: number };

export type ServicePhase = "starting" | "running" | "stopping" | "failed";
export type ReloadPhase = "none" | "running" | "done" | "failed";

export interface ReloadState {
  /** Orders since the start of the controller; 0 = none. */
  readonly number: number;
  /** How the last one went. */
  readonly state: ReloadPhase;
  /** Why it failed. */
  readonly text: string;
  /** It failed since only a restart can do what was ordered. */
  readonly needsRestart?: boolean;
}

export interface SupervisorSnapshot {
  readonly phase: ServicePhase;
  /** Of the current set. */
  readonly generation: number;
  readonly workers: readonly { readonly workerId: number; readonly generation: number; readonly phase: WorkerPhase }[];
  /** Workers that were replaced since the start. */
  readonly restarts: number;
  readonly reload: ReloadState;
  /** What a person should know now; "" when all is well. */
  readonly text: string;
}
