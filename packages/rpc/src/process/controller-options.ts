/** What a controller is started with, and what a reload brings anew. */
import type { Clock, Logger } from "@msec/core";
import type { SupervisorOptions } from "./worker-set.js";

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
   * Called at SIGUSR2: what the new workers are started with. What it throws is why the reload failed; EXEC_RELOAD_REFUSED: only a
   * restart can take the change over. Without it nothing can be reloaded.
   */
  readonly onReload?: () => WorkerSetOptions;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Counted as `frm.ctrl start-up worker` and `frm.ctrl pull-up worker`. */
  readonly onFork?: (isReplacement: boolean) => void;
}
