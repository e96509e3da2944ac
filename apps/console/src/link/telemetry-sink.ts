import type { LogEvent, MetricPoint } from "@msec/protocol";

/** Which machine tells something. */
export interface TelemetrySource {
  readonly machineId: string;
  /** IPv4. */
  readonly address: string;
}

/**
 * Takes what agents forward. A batch is stored once: an agent repeats a batch until it was confirmed, with the same id.
 * A promise that is fulfilled means: kept.
 */
export interface TelemetrySink {
  onMetrics(source: TelemetrySource, batchId: number, points: readonly MetricPoint[]): Promise<void>;
  onLogs(source: TelemetrySource, batchId: number, events: readonly LogEvent[]): Promise<void>;
}
