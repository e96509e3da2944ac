import { type LogStore, openLogStore } from "@msec/log-server";
import { type MetricStore, openMetricStore } from "@msec/monitor-server";
import type { ConsoleContext } from "../context.js";
import type { Feature } from "../feature.js";
import { mergeHandlers } from "../http/route-handlers.js";
import type { TelemetrySink } from "../link/telemetry-sink.js";
import { logRoutes } from "./log-routes.js";
import { metricRoutes } from "./metric-routes.js";

/** Metrics and logs of all machines: stores them and answers questions. */
export interface TelemetryFeature extends Feature {
  readonly sink: TelemetrySink;
  readonly metrics: MetricStore;
  readonly logs: LogStore;
}

export async function telemetryFeature(context: ConsoleContext): Promise<TelemetryFeature> {
  const { paths, clock, logger, config } = context;
  const { metricDays, logDays, logMaxBytes } = config.telemetry;
  const metrics = await openMetricStore({
    path: `${paths.console}/metrics.db`,
    clock,
    logger,
    retentionDays: metricDays,
  });
  const logs = await openLogStore({
    path: `${paths.console}/logs.db`,
    clock,
    logger,
    retentionDays: logDays,
    maxBytes: logMaxBytes,
  });
  return {
    name: "telemetry",
    metrics,
    logs,
    sink: {
      onMetrics: ({ machineId, address }, batchId, points) =>
        metrics.ingest({ sourceId: machineId, address }, batchId, points),
      onLogs: ({ machineId, address }, batchId, events) =>
        logs.append({ sourceId: machineId, address }, batchId, events),
    },
    routes: mergeHandlers(metricRoutes({ metrics }), logRoutes({ logs, clock })),
    stop: async () => {
      await metrics.close();
      await logs.close();
    },
  };
}
