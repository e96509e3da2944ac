/** The machine's metrics from the shared ring to the console: collector, buffer, sender. */
import type { Clock, HomePaths, Logger } from "@msec/core";
import type { AgentConfig } from "../config.js";
import type { ConsoleRequester } from "../console-link/console-link.js";
import type { MachineLoadReader } from "../machine-load/machine-load.js";
import { recordMachineLoad } from "./machine-attributes.js";
import { MetricCollector } from "./metric-collector.js";
import { MetricSender } from "./metric-sender.js";
import { PointBuffer } from "./point-buffer.js";

export interface MetricIntakeOptions {
  readonly config: AgentConfig;
  readonly paths: HomePaths;
  readonly console: ConsoleRequester;
  readonly load: MachineLoadReader;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function startMetrics(options: MetricIntakeOptions): { stop(): Promise<void> } {
  const { config, paths, console, load, clock, logger } = options;
  const buffer = new PointBuffer(config.metricPointsMax);
  const collector = new MetricCollector({
    ringPath: paths.monitorRing,
    slots: config.monitorSlots,
    buffer,
    clock,
    logger,
  });
  const beforeSend = async () => recordMachineLoad(buffer, await load.read(), clock.nowMs());
  const sender = new MetricSender({ buffer, console, clock, logger, beforeSend });
  return {
    stop: async () => {
      collector.stop();
      await sender.stop();
    },
  };
}
