export type { CallFacts } from "./call-metrics.js";
export { type ClientCounts, reportClient } from "./client-metrics.js";
export { TOTAL_COST_STEPS_MS } from "./cost-buckets.js";
export { FrameworkMetrics, type FrameworkMetricsOptions, type FrameworkTotals } from "./framework-metrics.js";
export { HopEmitter } from "./hop-emitter.js";
export { LogEmitter, type LogEmitterCounts, type LogEmitterOptions } from "./log-emitter.js";
export { type ColorRule, LOG_LEVELS, LogFilter, type LogLevel, tryLogLevel } from "./log-filter.js";
export { reportLosses } from "./loss-metrics.js";
export {
  type MetricCounter,
  MetricEmitter,
  type MetricEmitterCounts,
  type MetricEmitterOptions,
  type RecordSink,
} from "./metric-emitter.js";
export { RecordQueue } from "./record-queue.js";
export { type LogRecord, processFields, type RequestFieldFacts, requestFields } from "./request-fields.js";
export type { RequestFacts } from "./request-metrics.js";
export { createRingOpener } from "./ring-sink.js";
export { reportServer, type ServerCounts } from "./server-metrics.js";
