/** What telemetry itself lost, as metrics: silence in the logs must not look like a quiet service. */
import type { LogEmitter } from "./log-emitter.js";
import type { MetricEmitter } from "./metric-emitter.js";

/** Reports what `logs` dropped with each flush of `metrics`. */
export function reportLosses(metrics: MetricEmitter, logs: Pick<LogEmitter, "counts">): void {
  const told = { records: 0, tooLarge: 0, hops: 0 };
  metrics.onFlush(() => {
    const { dropped, tooLarge, hopsDropped } = logs.counts;
    metrics.add("frm.log records dropped", dropped - told.records);
    metrics.add("frm.log records too large", tooLarge - told.tooLarge);
    metrics.add("frm.log hop records dropped", hopsDropped - told.hops);
    Object.assign(told, { records: dropped, tooLarge, hops: hopsDropped });
  });
}
