import type { RandomSource } from "../random-streams.js";
import type { CallEnd } from "../sim-call.js";

/** What a client machine knows before its first call. */
export interface MachineContext {
  /** Configured weights; the instance's index is its slot. */
  readonly weights: readonly number[];
  /** A stream for each purpose. */
  readonly random: (...purpose: readonly (string | number)[]) => RandomSource;
  readonly nowMs: () => number;
  /** Calls back for the whole run. The first time is anywhere within the period, as agents are not in step. */
  readonly every: (periodMs: number, run: (nowMs: number) => void) => void;
  /** Whether the instance accepts a connection now. */
  readonly acceptsConnection: (slot: number) => boolean;
}

/** The balancing of one process. */
export interface SimPicker {
  /** @returns a slot */
  pick(nowMs: number): number;
  /** Exactly once per pick. */
  report(slot: number, end: CallEnd, latencyMs: number, nowMs: number): void;
}

/** The balancing of one client machine: what its processes share. */
export interface SimMachine {
  openProcess(index: number): SimPicker;
}

/** A column of the table. */
export interface SimPolicy {
  readonly name: string;
  readonly about: string;
  openMachine(context: MachineContext): SimMachine;
}
