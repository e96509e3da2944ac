/** The machine's metrics from the shared ring to the console: collector, buffer, sender. */
import type { Clock, HomePaths, Logger } from "@msec/core";
import type { AgentConfig } from "../config.js";
import type { ConsoleRequester } from "../console-link/console-link.js";
import { tryReadText, writeFileAtomic } from "../files/atomic-file.js";
import type { MachineLoadReader } from "../machine-load/machine-load.js";
import { createLossRecorder, type LogLosses, recordMachineLoad } from "./machine-attributes.js";
import { MetricCollector } from "./metric-collector.js";
import { MetricSender } from "./metric-sender.js";
import { PointBuffer } from "./point-buffer.js";

export interface MetricIntakeOptions {
  readonly config: AgentConfig;
  readonly paths: HomePaths;
  readonly console: ConsoleRequester;
  readonly load: MachineLoadReader;
  readonly losses: LogLosses;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** More batches than one life of an agent sends: 23 days at one every 2 s. */
const IDS_PER_LIFE = 1_000_000;

/** Grows from life to life, also when the clock was set back: the console ignores batches with ids that it had. */
function nextBatchIds(path: string, nowMs: number): number {
  const saved = Number(tryReadText(path) ?? 0);
  const first = Math.max(nowMs, (Number.isSafeInteger(saved) ? saved : 0) + IDS_PER_LIFE);
  writeFileAtomic(path, `${first}\n`);
  return first;
}

export function startMetrics(options: MetricIntakeOptions): { stop(): Promise<void> } {
  const { config, paths, console, load, losses, clock, logger } = options;
  const buffer = new PointBuffer(config.metricPointsMax);
  const collector = new MetricCollector({
    ringPath: paths.monitorRing,
    slots: config.monitorSlots,
    buffer,
    clock,
    logger,
  });
  const recordLosses = createLossRecorder(buffer, losses);
  const beforeSend = async () => {
    recordMachineLoad(buffer, await load.read(), clock.nowMs());
    recordLosses(clock.nowMs());
  };
  const firstBatchId = nextBatchIds(`${paths.agent}/monitor/batch-id`, clock.nowMs());
  const sender = new MetricSender({ buffer, console, firstBatchId, clock, logger, beforeSend });
  return {
    stop: async () => {
      collector.stop();
      await sender.stop();
    },
  };
}
