/** Connections and load of a server, read once a second from the numbers that the server keeps for itself. */
import type { MetricEmitter } from "./metric-emitter.js";

/** Levels, and sums since the start. What a server does not count it leaves out. */
export interface ServerCounts {
  readonly inFlight: number;
  readonly connections: number;
  readonly acceptedConnections?: number;
  /** Closed at once, since there were too many. */
  readonly refusedConnections?: number;
  readonly closedConnections?: number;
  /** Closed since nothing complete came for too long. */
  readonly expiredConnections?: number;
  readonly receivedDatagrams?: number;
  readonly droppedDatagrams?: number;
  readonly receivedBytes?: number;
  readonly sentBytes?: number;
}

/** Names of sums; those of the original keep its spelling. */
const SUMS = {
  acceptedConnections: "frm.proxy accept TCP connection",
  refusedConnections: "frm.proxy overload, refuse TCP new connection",
  closedConnections: "frm.proxy close TCP connection",
  expiredConnections: "frm.proxy close expired TCP connection",
  receivedDatagrams: "frm.proxy recevied UDP package",
  droppedDatagrams: "frm.proxy overload, drop UDP package",
  receivedBytes: "frm.rpc bytes received",
  sentBytes: "frm.rpc bytes sent",
} as const;
type SumName = keyof typeof SUMS;

/** Reports what `read` gives with each flush of `metrics`. */
export function reportServer(metrics: MetricEmitter, read: () => ServerCounts): void {
  const told: Partial<Record<SumName, number>> = {};
  metrics.onFlush(() => {
    const counts = read();
    metrics.set("syncframe msg count", counts.inFlight);
    metrics.set("frm.rpc connections", counts.connections);
    for (const key of Object.keys(SUMS) as SumName[]) {
      const sum = counts[key];
      if (sum === undefined) continue;
      metrics.add(SUMS[key], sum - (told[key] ?? 0));
      told[key] = sum;
    }
  });
}
