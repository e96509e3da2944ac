export type { AttributeSummary } from "./attribute-summary.js";
export {
  CALL_ATTRIBUTES,
  type CallCurveValues,
  COST_ATTRIBUTES,
  callCurves,
  percentileMs,
  REQUESTS,
  REQUESTS_FAILED,
} from "./call-curves.js";
export { LIVE_STEP_MS, LIVE_WINDOW_MS } from "./live-window.js";
export type {
  CallAnswer,
  GroupBy,
  MetricReader,
  SeriesAnswer,
  SeriesQuery,
  ServiceRange,
} from "./metric-reader.js";
export {
  type MetricStore,
  type MetricStoreOptions,
  openMetricStore,
} from "./metric-store.js";
export type { DroppedPoints, MetricSource } from "./metric-writer.js";
export { MAX_STEPS, type TimeRange } from "./time-steps.js";
