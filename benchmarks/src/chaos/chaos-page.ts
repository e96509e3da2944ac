/** The newest chaos result as a part of docs/reference/fault-tolerance.md. */
import { readdirSync, readFileSync } from "node:fs";
import { markdownTable } from "../lb/lb-tables.js";
import type { Bar } from "./chaos-bars.js";
import type { Retries } from "./chaos-client.js";
import { FAULTS, type FaultName } from "./chaos-faults.js";
import type { ChaosFigures } from "./chaos-figures.js";

const results = new URL("../../results/", import.meta.url);

type ChaosFile = {
  readonly date: string;
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  readonly ratePerSec: number;
  readonly lastsMs: number;
  readonly bars: readonly Bar[];
} & Partial<Readonly<Record<FaultName, Readonly<Record<Retries, ChaosFigures>>>>>;

const HEADER = [
  "Fault",
  "Repeats",
  "Calls",
  "Failed",
  "Left alone after",
  "Of its share",
  "Share restored after",
  "p99",
];

/** Undefined while there is no result. */
export function chaosBlock(): string | undefined {
  const newest = readdirSync(results)
    .filter((file) => file.endsWith("-chaos.json"))
    .map((file) => ({ file, result: JSON.parse(readFileSync(new URL(file, results), "utf8")) as ChaosFile }))
    .toSorted((a, b) => a.result.date.localeCompare(b.result.date))
    .at(-1);
  return newest && blockOf(newest.file, newest.result);
}

const ms = (value: number | null): string => (value === null ? "–" : `${value} ms`);

function blockOf(file: string, result: ChaosFile): string {
  const { commit, date, cpu, cores, ratePerSec, lastsMs, bars } = result;
  const about = `\`benchmarks/results/${file}\`, commit ${commit}, ${date.slice(0, 10)}, ${cores} cores (${cpu}) for all processes: four backends, a client machine with an agent and two client processes, ${ratePerSec} calls/s, each fault for ${lastsMs / 1000} s, the console dead all the time. "–": it went on getting more than a tenth of its share, or its share was not back before the run ended.`;
  const rows = FAULTS.flatMap(({ name, text }) => {
    const both = result[name];
    if (both === undefined) return [];
    return (["none", "safe"] as const).map((retries) => {
      const { calls, failed, stopMs, shareLeft, restoreMs, p99Ms } = both[retries];
      const share = `${(shareLeft * 100).toFixed(1)} %`;
      return [text, retries, String(calls), String(failed), ms(stopMs), share, ms(restoreMs), ms(p99Ms)];
    });
  });
  return [about, markdownTable([HEADER, ...rows]), barsText(bars)].join("\n\n");
}

function barsText(bars: readonly Bar[]): string {
  const missed = bars.filter((bar) => !bar.isMet);
  if (missed.length === 0) return `All ${bars.length} bars are met.`;
  const list = missed.map(
    ({ fault, retries, what, value, limit }) =>
      `- ${fault}, repeats ${retries}: ${what} ${value ?? "–"}, at most ${limit}`,
  );
  return [`${missed.length} of ${bars.length} bars are missed:`, ...list].join("\n");
}
