/** One fault of one backend under load, and what it cost. */
import { setTimeout as sleep } from "node:timers/promises";
import { sharedNowMs } from "./call-record.js";
import type { Load } from "./chaos-client.js";
import type { Fault } from "./chaos-faults.js";
import { type ChaosFigures, figuresOf } from "./chaos-figures.js";
import type { ChaosStage } from "./chaos-stage.js";

/** How long the load flows before, during and after the fault. */
export interface FaultTiming {
  readonly beforeMs: number;
  readonly lastsMs: number;
  readonly afterMs: number;
}

export interface FaultOptions {
  readonly fault: Fault;
  readonly load: Load;
  readonly timing: FaultTiming;
  /** Number of the backend, from 0 on; beyond the last one it begins anew. */
  readonly victim: number;
}

/** Leaves the backend well. */
export async function runFault(stage: ChaosStage, options: FaultOptions): Promise<ChaosFigures> {
  const { fault, load, timing } = options;
  const backend = stage.backends[options.victim % stage.backends.length]!;
  await stage.agent.start(); // the last fault may have killed it
  await stage.startLoad(load);
  await sleep(timing.beforeMs);
  const faultAtMs = sharedNowMs();
  await fault.run({ backend, agent: stage.agent }, timing.lastsMs);
  const wellAtMs = sharedNowMs();
  await sleep(timing.afterMs);
  const endAtMs = sharedNowMs();
  const records = await stage.stopLoad();
  return figuresOf(records, { victim: backend.address, faultAtMs, wellAtMs, endAtMs });
}
