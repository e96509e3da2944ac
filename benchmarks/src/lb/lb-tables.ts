/** The cells as text for terminals and as Markdown. */
import { formatColumns } from "../rpc/summary.js";
import type { Bar } from "./bars.js";
import type { Cell } from "./cell.js";
import type { Scenario } from "./scenario.js";
import type { SpeedFigures } from "./speed.js";

const HEADER = ["", "failed %", "p50 ms", "p99 ms", "restored s"];

function rowOf(cell: Cell): string[] {
  return [
    cell.policy,
    cell.failedPercent.toFixed(cell.failedPercent < 10 ? 2 : 1),
    cell.p50Ms.toFixed(1),
    cell.p99Ms.toFixed(1),
    restoredText(cell),
  ];
}

function restoredText({ restoredSec }: Cell): string {
  if (restoredSec === undefined) return "–";
  return restoredSec === null ? "never" : restoredSec.toFixed(1);
}

export function formatScenario({ name, about }: Pick<Scenario, "name" | "about">, cells: readonly Cell[]): string {
  return `${name}: ${about}\n${formatColumns([HEADER, ...cells.map(rowOf)])}\n`;
}

export function formatBars(bars: readonly Bar[]): string {
  const missed = bars.filter((bar) => !bar.isMet);
  if (missed.length === 0) return `all ${bars.length} bars met`;
  const rows = missed.map(({ scenario, bar, ours, allowed, against }) => [
    scenario,
    bar,
    ours === null ? "never" : String(ours),
    String(allowed),
    against,
  ]);
  const header = ["missed", "bar", "ours", "allowed", "set by"];
  return `${formatColumns([header, ...rows])}\n${missed.length} of ${bars.length} bars missed`;
}

export function speedRows({ adaptive, uniformRandom }: SpeedFigures): string[][] {
  const row = (name: string, { pickNs, reportNs, heapBytesPerCall }: SpeedFigures["adaptive"]): string[] => [
    name,
    ...[pickNs, reportNs, heapBytesPerCall].map(String),
  ];
  return [
    ["", "pick ns", "report ns", "bytes per call"],
    row("adaptive", adaptive),
    row("uniform random", uniformRandom),
  ];
}

export function speedNote({ instances, manyProcesses: many }: SpeedFigures): string {
  return `${instances} instances; ${many.processes} processes on one table: ${many.calls} calls, ${many.lostUpdates} updates lost, ${many.pickAndReportNs} ns of processor time per pick and report`;
}

export function formatSpeed(speed: SpeedFigures): string {
  return `${formatColumns(speedRows(speed))}\n${speedNote(speed)}\n`;
}

/** @param align of all columns but the first, which is to the left */
export function markdownTable(rows: readonly (readonly string[])[], align: "left" | "right" = "right"): string {
  const [head = [], ...rest] = rows;
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, column) => (column === 0 || align === "left" ? "---" : "---:"));
  return [line(head), line(rule), ...rest.map(line)].join("\n");
}

export function markdownScenario({ name, about }: Pick<Scenario, "name" | "about">, cells: readonly Cell[]): string {
  return `**${name}**: ${about}\n\n${markdownTable([["Policy", ...HEADER.slice(1)], ...cells.map(rowOf)])}`;
}

/** A line per scenario: ours beside the best other column of each figure. */
export function markdownOverview(cells: readonly Cell[], ownName: string): string {
  const rows = cells
    .filter((cell) => cell.policy === ownName)
    .map((own) => {
      const others = cells.filter((cell) => cell.scenario === own.scenario && cell.policy !== ownName);
      const best = (figure: "failedPercent" | "p99Ms", digits: number): string => {
        const lowest = others.toSorted((a, b) => a[figure] - b[figure])[0];
        return lowest === undefined ? "–" : `${lowest[figure].toFixed(digits)} ${lowest.policy}`;
      };
      const failed = [own.failedPercent.toFixed(2), best("failedPercent", 2)];
      return [own.scenario, ...failed, own.p99Ms.toFixed(1), best("p99Ms", 1), restoredText(own)];
    });
  return markdownTable([["Scenario", "failed %", "best other", "p99 ms", "best other", "restored s"], ...rows]);
}
