/** What a service tells of itself: metrics, business logs and hops, and the figures that its controller asks for. */
import { type Clock, homePaths } from "@msec/core";
import type { CallEvents, IncomingRequest, RpcClient, RpcServer } from "@msec/rpc";
import type { WorkerStat } from "@msec/rpc/process";
import {
  createRingOpener,
  FrameworkMetrics,
  type FrameworkTotals,
  HopEmitter,
  LogEmitter,
  MetricEmitter,
  reportClient,
  reportLosses,
  reportServer,
} from "@msec/telemetry";
import { tryAgentLogAddress } from "./agent-info.js";
import type { LogSink } from "./service-log.js";
import { serverCounts, WorkerMeter } from "./worker-meter.js";

export interface ServiceTelemetryOptions extends Pick<LogSink, "filter" | "onRecord"> {
  readonly service: string;
  /** `MSEC_HOME`; without it nothing leaves the process. */
  readonly home: string | undefined;
  readonly clock: Clock;
  /** Default: writes into the ring of the machine's agent. */
  readonly metrics: MetricEmitter | undefined;
  readonly onRequest: ((request: IncomingRequest) => void) | undefined;
}

/** Causes that come with a request, and are counted with it. */
const REQUEST_REFUSALS: ReadonlySet<string> = new Set(["tls required", "certificate", "caller"]);

export class ServiceTelemetry {
  readonly metrics: MetricEmitter;
  readonly framework: FrameworkMetrics;
  /** Of the business log. */
  readonly sink: LogSink;
  /** For server and client. */
  readonly events: CallEvents;
  readonly #logs: LogEmitter;
  readonly #hops: HopEmitter;
  readonly #meter = new WorkerMeter();

  constructor({ service, home, filter, onRecord, clock, metrics, onRequest }: ServiceTelemetryOptions) {
    const paths = home === undefined ? undefined : homePaths(home);
    const openSink = paths ? createRingOpener(paths.monitorRing) : () => undefined;
    this.metrics = metrics ?? new MetricEmitter({ service, openSink });
    this.#logs = new LogEmitter({ address: () => (paths ? tryAgentLogAddress(paths.agentInfo) : undefined) });
    this.sink = { service, emitter: this.#logs, filter, onRecord };
    reportLosses(this.metrics, this.#logs);
    this.#hops = new HopEmitter(this.#logs, clock);
    this.framework = new FrameworkMetrics(this.metrics);
    this.events = this.#createEvents(onRequest);
  }

  start(): void {
    this.metrics.start();
  }

  /** What server and client count for themselves goes out with the metrics from now on. */
  report(server: RpcServer, client: RpcClient): void {
    reportServer(this.metrics, () => serverCounts(server));
    reportClient(this.metrics, client);
  }

  totals(): FrameworkTotals {
    return this.framework.totals();
  }

  /** Begins the next interval of delays. */
  stat(server: RpcServer): WorkerStat {
    return this.#meter.read(server, this.totals());
  }

  /** Sends what is left. */
  async close(): Promise<void> {
    this.#meter.stop();
    this.#hops.stop();
    await this.#logs.close();
    this.metrics.stop(); // last, since it tells what the others lost
  }

  #createEvents(onRequest: ServiceTelemetryOptions["onRequest"]): CallEvents {
    const metrics = this.framework;
    const hops = this.#hops;
    const meter = this.#meter;
    return {
      onRequest: (request) => {
        metrics.onRequest(request);
        const delayMs = request.startedMs - request.arrivedMs;
        metrics.onDelay(delayMs);
        meter.onDelay(delayMs);
        if (request.refusedBy !== "") metrics.onRefused(request.refusedBy);
        hops.onRequest(request);
        onRequest?.(request);
      },
      onCall: (call) => {
        metrics.onCall(call);
        if (call.err !== 0) meter.onCallFailed(call.reason);
      },
      onRefused: (cause) => {
        if (!REQUEST_REFUSALS.has(cause)) metrics.onRefused(cause);
      },
    };
  }
}
