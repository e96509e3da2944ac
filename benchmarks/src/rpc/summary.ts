/** Medians and ranges of samples, and the tables that people read. */
import { median } from "../result.js";
import type { PeerSamples, Sample } from "./measure.js";
import type { Ratio } from "./ratios.js";

const FIGURES = [
  "callsPerSec",
  "p50Us",
  "p99Us",
  "p999Us",
  "serverCpuUs",
  "clientCpuUs",
  "errors",
] as const satisfies readonly (keyof Sample)[];
const TITLES = ["calls/s", "p50 µs", "p99 µs", "p99.9 µs", "server CPU µs", "client CPU µs", "errors"];

interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export type Summary = { readonly scenario: string; readonly peer: string } & Readonly<Record<keyof Sample, Spread>>;

export function summarize({ scenario, peer, samples }: PeerSamples): Summary {
  const spread = (figure: keyof Sample): Spread => {
    const values = samples.map((sample) => sample[figure]);
    return { min: Math.min(...values), median: median(values), max: Math.max(...values) };
  };
  const figures = Object.fromEntries(FIGURES.map((figure) => [figure, spread(figure)])) as Record<keyof Sample, Spread>;
  return { scenario, peer, ...figures };
}

/** Columns as wide as their widest cell; the first is left-aligned. */
export function formatColumns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const cell = (text: string, i: number): string => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!));
  return rows.map((row) => row.map(cell).join("  ")).join("\n");
}

export function formatSummaries(summaries: readonly Summary[]): string {
  const text = (value: number): string =>
    value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(2);
  const rows = summaries.map((summary) => [summary.peer, ...FIGURES.map((figure) => text(summary[figure].median))]);
  return formatColumns([["peer", ...TITLES], ...rows]);
}

export function formatRatios(ratios: Readonly<Record<string, Ratio>>): string {
  const rows = Object.entries(ratios).map(([key, ratio]) => [
    key,
    ratio.value.toFixed(4),
    `${ratio.min.toFixed(4)}..${ratio.max.toFixed(4)}`,
    ratio.bar.toFixed(4),
    ratio.ok ? "met" : "MISSED",
  ]);
  return formatColumns([["ratio", "value", "range over rounds", "bar", ""], ...rows]);
}
