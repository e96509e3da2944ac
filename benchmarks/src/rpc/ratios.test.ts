import { expect, it } from "vitest";
import type { PeerSamples, Sample } from "./measure.js";
import type { PeerName } from "./peers/registry.js";
import { BARS, ratiosOf } from "./ratios.js";

function samplesOf(scenario: string, peer: PeerName, values: readonly number[]): PeerSamples {
  const sample = (value: number): Sample => ({
    errors: 0,
    callsPerSec: 1000 / value,
    p50Us: value,
    p99Us: value,
    p999Us: value,
    serverCpuUs: value,
    clientCpuUs: value,
  });
  return { scenario, peer, samples: values.map(sample) };
}

it("divides medians of one run and keeps the range of its rounds", () => {
  const ratios = ratiosOf([samplesOf("64x1", "msec", [10, 12, 20]), samplesOf("64x1", "bare-net", [10, 10, 8])]);
  expect(ratios).toEqual({ server_cpu_vs_bare_net_64x1: { value: 1.2, min: 1, max: 2.5, bar: 1.4, ok: true } });
});

it("knows shares and bars that must be reached", () => {
  const ratios = ratiosOf([
    samplesOf("256", "msec", [2]),
    samplesOf("256", "msec-bare", [1]),
    samplesOf("256", "tars", [14]),
  ]);
  expect(ratios.feature_share_256).toMatchObject({ value: 0.5, bar: 0.35, ok: false });
  expect(ratios.calls_per_sec_vs_tars_256).toMatchObject({ value: 7, bar: 6, ok: true });
  expect(ratios.server_cpu_vs_tars_256).toMatchObject({ value: 0.1429, ok: true });
});

it("has every bar once", () => {
  const bars = Object.values(BARS).map(({ scenario, figure, against }) => `${scenario} ${figure} ${against}`);
  expect(new Set(bars).size).toBe(14);
  expect(bars).toHaveLength(14);
});
