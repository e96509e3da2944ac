/** What a client counts for itself, read once a second. */
import type { MetricEmitter } from "./metric-emitter.js";

/** Sums since the start. `RpcClient` of `@msec/rpc` has this shape. */
export interface ClientCounts {
  /** Answers that nobody waited for any more. */
  readonly lateAnswers: number;
}

/** Reports what `client` counted with each flush of `metrics`. */
export function reportClient(metrics: MetricEmitter, client: ClientCounts): void {
  let told = 0;
  metrics.onFlush(() => {
    const { lateAnswers } = client;
    metrics.add("frm.rpc late answers", lateAnswers - told);
    told = lateAnswers;
  });
}
