export {
  type CallFacts,
  FrameworkMetrics,
  type FrameworkMetricsOptions,
  type RequestFacts,
} from "./framework-metrics.js";
export {
  type HopCall,
  type HopFacts,
  hopRecord,
  type LogRecord,
  MAX_HOP_CALLS,
  processFields,
  type RequestFieldFacts,
  requestFields,
} from "./hop-record.js";
export { LogEmitter, type LogEmitterCounts, type LogEmitterOptions } from "./log-emitter.js";
export { type ColorRule, LOG_LEVELS, LogFilter, type LogLevel, tryLogLevel } from "./log-filter.js";
export {
  type MetricCounter,
  MetricEmitter,
  type MetricEmitterCounts,
  type MetricEmitterOptions,
  type RecordSink,
} from "./metric-emitter.js";
export { RecordQueue } from "./record-queue.js";
export { createRingOpener } from "./ring-sink.js";
