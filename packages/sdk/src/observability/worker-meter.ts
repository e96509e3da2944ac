/** Puts together what a worker tells its controller once a second. */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { CallTimeout, type RpcServer } from "@msec/rpc";
import type { WorkerStat } from "@msec/rpc/process";
import { type FrameworkTotals, type ServerCounts, TOTAL_COST_STEPS_MS } from "@msec/telemetry";

/** The event loop's lateness is sampled this often; its measure is what comes on top. */
const SAMPLE_EVERY_MS = 20;

/** What telemetry reports of a server. */
export function serverCounts(server: RpcServer): ServerCounts {
  return { inFlight: server.inFlight, connections: server.connections, ...server.counts };
}

export class WorkerMeter {
  readonly #loopDelay: IntervalHistogram = monitorEventLoopDelay({ resolution: SAMPLE_EVERY_MS });
  #longestDelayMs = 0;
  #callTimeouts = 0;

  constructor() {
    this.#loopDelay.enable();
  }

  /** A request waited so long between its arrival and its handler. */
  onDelay(delayMs: number): void {
    if (delayMs > this.#longestDelayMs) this.#longestDelayMs = delayMs;
  }

  onCallFailed(reason: string): void {
    if (reason === CallTimeout.reason) this.#callTimeouts += 1;
  }

  /** Begins the next interval of delays. */
  read(server: RpcServer, totals: FrameworkTotals): WorkerStat {
    const { acceptedConnections, refusedConnections, receivedBytes, sentBytes } = server.counts;
    const { requests, failed, refused, calls, callsFailed } = totals;
    const { rss, heapUsed } = process.memoryUsage();
    const stat: WorkerStat = {
      ...{ rxBytes: receivedBytes, txBytes: sentBytes },
      ...{ accepted: acceptedConnections, dropped: refusedConnections, connections: server.connections },
      ...{ requests, failed, refused, calls, callsFailed },
      callTimeouts: this.#callTimeouts,
      costs: namedCosts(totals.costSteps),
      inFlight: server.inFlight,
      queueDelayMs: round(this.#longestDelayMs),
      loopDelayMs: {
        p50: lateness(this.#loopDelay.percentile(50)),
        p99: lateness(this.#loopDelay.percentile(99)),
        max: lateness(this.#loopDelay.max),
      },
      rssBytes: rss,
      heapBytes: heapUsed,
    };
    this.#loopDelay.reset();
    this.#longestDelayMs = 0;
    return stat;
  }

  stop(): void {
    this.#loopDelay.disable();
  }
}

/** `20 ms` → requests that cost 20 ms up to the next step. */
function namedCosts(steps: readonly number[]): Record<string, number> {
  return Object.fromEntries(TOTAL_COST_STEPS_MS.map((fromMs, i) => [`${fromMs} ms`, steps[i] ?? 0]));
}

/** From the histogram's ns, without the pause that was asked for. An empty histogram gives huge numbers. */
function lateness(ns: number): number {
  const ms = ns / 1e6 - SAMPLE_EVERY_MS;
  return ms > 0 && ms < 86_400_000 ? round(ms) : 0;
}

const round = (ms: number) => Math.round(ms * 100) / 100;
