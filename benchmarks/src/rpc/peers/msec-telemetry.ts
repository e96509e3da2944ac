/** Metrics and hop records as the SDK wires them (`runService`), but one by one, so that each can be left out and priced. */
import { readFileSync } from "node:fs";
import { type HostPort, homePaths, parseHostPort } from "@msec/core";
import type { CallEvents } from "@msec/rpc";
import { createRingOpener, FrameworkMetrics, HopEmitter, LogEmitter, MetricEmitter } from "@msec/telemetry";

export interface TelemetryOptions {
  readonly service: string;
  readonly home: string;
  readonly metrics: boolean;
  readonly hops: boolean;
}

function logAddress(home: string): HostPort {
  const { logAddress } = JSON.parse(readFileSync(homePaths(home).agentInfo, "utf8")) as { logAddress: string };
  return parseHostPort(logAddress);
}

function openMetrics({ service, home }: TelemetryOptions): FrameworkMetrics {
  const emitter = new MetricEmitter({ service, openSink: createRingOpener(homePaths(home).monitorRing) });
  return new FrameworkMetrics(emitter.start());
}

/** Events of a server or a client with what the options ask for. */
export function telemetryEvents(options: TelemetryOptions): CallEvents {
  const metrics = options.metrics ? openMetrics(options) : undefined;
  const hops = options.hops ? new HopEmitter(new LogEmitter({ address: () => logAddress(options.home) })) : undefined;
  return {
    onRequest: (request) => {
      if (metrics !== undefined) {
        metrics.onRequest(request);
        metrics.onDelay(request.startedMs - request.arrivedMs);
      }
      hops?.onRequest(request);
    },
    onCall: (call) => metrics?.onCall(call),
  };
}
