/** The bars: ratios of medians of one run, with their range over its rounds. */
import { median } from "../result.js";
import type { PeerSamples, Sample } from "./measure.js";
import type { PeerName } from "./peers/registry.js";

export interface Ratio {
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly bar: number;
  readonly ok: boolean;
}

type Figure = "serverCpuUs" | "clientCpuUs" | "callsPerSec" | "p50Us";

interface Bar {
  readonly scenario: string;
  readonly figure: Figure;
  readonly against: PeerName;
  /** `msec ÷ against` must not exceed `atMost`, or must reach `atLeast`. */
  readonly atMost?: number;
  readonly atLeast?: number;
  /** The figure is the part of msec's that the other one does not have: `1 − against ÷ msec`. */
  readonly isShare?: boolean;
}

/** Keys are stable: reports and pages name them. */
export const BARS: Readonly<Record<string, Bar>> = {
  server_cpu_vs_grpc_256: { scenario: "256", figure: "serverCpuUs", against: "grpc-js", atMost: 1 / 40 },
  server_cpu_vs_tars_256: { scenario: "256", figure: "serverCpuUs", against: "tars", atMost: 1 / 6 },
  server_cpu_vs_bare_net_256: { scenario: "256", figure: "serverCpuUs", against: "bare-net", atMost: 1 / 2 },
  server_cpu_vs_floor_256: { scenario: "256", figure: "serverCpuUs", against: "floor", atMost: 4 },
  client_cpu_vs_grpc_256: { scenario: "256", figure: "clientCpuUs", against: "grpc-js", atMost: 1 / 40 },
  calls_per_sec_vs_tars_256: { scenario: "256", figure: "callsPerSec", against: "tars", atLeast: 6 },
  server_cpu_vs_grpc_64x1: { scenario: "64x1", figure: "serverCpuUs", against: "grpc-js", atMost: 1 / 12 },
  server_cpu_vs_tars_64x1: { scenario: "64x1", figure: "serverCpuUs", against: "tars", atMost: 0.85 },
  server_cpu_vs_bare_net_64x1: { scenario: "64x1", figure: "serverCpuUs", against: "bare-net", atMost: 1.4 },
  p50_latency_vs_bare_net_1: { scenario: "1", figure: "p50Us", against: "bare-net", atMost: 1.3 },
  server_cpu_vs_bare_net_short: { scenario: "short", figure: "serverCpuUs", against: "bare-net", atMost: 1.5 },
  http_server_cpu_vs_fastify: { scenario: "http-32", figure: "serverCpuUs", against: "fastify", atMost: 1 },
  http_server_cpu_vs_bare_http: { scenario: "http-32", figure: "serverCpuUs", against: "bare-http", atMost: 1.1 },
  feature_share_256: { scenario: "256", figure: "serverCpuUs", against: "msec-bare", atMost: 0.35, isShare: true },
};

function ratioOf(bar: Bar, own: readonly Sample[], other: readonly Sample[]): Ratio {
  const of = (a: number, b: number): number => (bar.isShare === true ? 1 - b / a : a / b);
  const figures = (samples: readonly Sample[]): number[] => samples.map((sample) => sample[bar.figure]);
  const [a, b] = [figures(own), figures(other)];
  const rounds = a.map((value, i) => of(value, b[i]!));
  const value = of(median(a), median(b));
  const limit = bar.atMost ?? bar.atLeast!;
  return {
    value: round4(value),
    min: round4(Math.min(...rounds)),
    max: round4(Math.max(...rounds)),
    bar: round4(limit),
    ok: bar.atMost === undefined ? value >= limit : value <= limit,
  };
}

function round4(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

/** The ratios whose scenario and peers were measured. */
export function ratiosOf(all: readonly PeerSamples[]): Readonly<Record<string, Ratio>> {
  const find = (scenario: string, peer: PeerName): readonly Sample[] | undefined =>
    all.find((each) => each.scenario === scenario && each.peer === peer)?.samples;
  const entries = Object.entries(BARS).flatMap(([key, bar]): [string, Ratio][] => {
    const [own, other] = [find(bar.scenario, "msec"), find(bar.scenario, bar.against)];
    return own === undefined || other === undefined ? [] : [[key, ratioOf(bar, own, other)]];
  });
  return Object.fromEntries(entries);
}
