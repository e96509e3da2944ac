/**
 * `npm run bench -- lb-page`: writes the tables of the simulator and of the chaos runs into docs/reference/fault-tolerance.md, each between
 * two marks, from the newest results.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chaosBlock } from "../chaos/chaos-page.js";
import { withMarkedBlock } from "../marked-block.js";
import type { Bar } from "./bars.js";
import type { Cell } from "./cell.js";
import { markdownOverview, markdownScenario, markdownTable, speedNote, speedRows } from "./lb-tables.js";
import { OWN_POLICY } from "./policies/registry.js";
import type { ScenarioSet } from "./scenario-set.js";
import type { SpeedFigures } from "./speed.js";

const folder = new URL("../../", import.meta.url);
const page = fileURLToPath(new URL("../docs/reference/fault-tolerance.md", folder));
interface LbFile {
  readonly date: string;
  readonly commit: string;
  readonly node: string;
  readonly seeds: readonly number[];
  readonly instances: number;
  readonly clients: ScenarioSet["clients"];
  readonly policies: readonly { name: string; about: string }[];
  readonly scenarios: readonly { name: string; about: string }[];
  readonly bars: readonly Bar[];
  readonly cells: readonly Cell[];
  readonly frontier?: readonly Cell[];
  readonly speed?: SpeedFigures;
}

export async function writeFaultTolerancePage(): Promise<void> {
  const results = resultFiles();
  const newest = results.at(-1);
  if (newest === undefined) throw new Error("no result yet: npm run bench -- lb");
  const timed = results.findLast(({ result }) => result.speed !== undefined);
  const old = existsSync(page) ? readFileSync(page, "utf8") : "# Fault tolerance\n";
  const simulated = withMarkedBlock(
    old,
    { name: "simulator", command: "lb-page" },
    `${blockOf(newest.file, newest.result)}${speedText(timed)}`,
  );
  const chaos = chaosBlock();
  const both =
    chaos === undefined ? simulated : withMarkedBlock(simulated, { name: "chaos", command: "lb-page" }, chaos);
  writeFileSync(page, both);
  process.stderr.write(`written to ${page}\n`);
}

interface ResultFile {
  readonly file: string;
  readonly result: LbFile;
}

/** Oldest first. */
function resultFiles(): ResultFile[] {
  return readdirSync(new URL("results/", folder))
    .filter((file) => file.endsWith("-lb.json"))
    .map((file) => ({
      file: `benchmarks/results/${file}`,
      result: JSON.parse(readFileSync(new URL(`results/${file}`, folder), "utf8")) as LbFile,
    }))
    .toSorted((a, b) => a.result.date.localeCompare(b.result.date));
}

function blockOf(file: string, result: LbFile): string {
  const { instances, clients, seeds, commit, date, scenarios, cells } = result;
  const sections = scenarios.map((scenario) => {
    const own = cells.filter((cell) => cell.scenario === scenario.name);
    return markdownScenario(scenario, own);
  });
  const about = `\`${file}\`, commit ${commit}, ${date.slice(0, 10)}: ${instances} instances, ${clients.machines} client machines with ${clients.processesPerMachine} processes each, timeout ${clients.timeoutMs} ms, no repeats, seeds ${seeds.join(", ")}. Parameters were chosen on other seeds, fleet and fault sizes (lb --tune).`;
  const policies = markdownTable([["Policy", ""], ...result.policies.map(({ name, about }) => [name, about])], "left");
  const overview = markdownOverview(cells, OWN_POLICY);
  return [about, overview, barsText(result.bars), ...frontierText(result), policies, ...sections].join("\n\n");
}

function frontierText({ frontier = [] }: LbFile): string[] {
  if (frontier.length === 0) return [];
  const rows = frontier.map(({ scenario, policy, failedPercent, p99Ms }) => {
    return [`${scenario}: ${policy}`, failedPercent.toFixed(2), p99Ms.toFixed(1)];
  });
  return [
    "What is possible in brown-outs: an oracle that knows who fails and what each instance has in flight from all clients, which none can. It keeps to those that are well while at most so many calls would wait there.",
    markdownTable([["Oracle", "failed %", "p99 ms"], ...rows]),
  ];
}

function speedText(timed: ResultFile | undefined): string {
  const speed = timed?.result.speed;
  if (timed === undefined || speed === undefined) return "";
  return `\n\n**Speed**: ${speedNote(speed)} (\`${timed.file}\`).\n\n${markdownTable(speedRows(speed))}`;
}

function barsText(bars: readonly Bar[]): string {
  const missed = bars.filter((bar) => !bar.isMet);
  if (missed.length === 0)
    return `All ${bars.length} bars are met: in each scenario at most 0.1 point more failed calls than the best other column, p99 within 10 % of the best, not worse than random (by more than chance: 0.1 point, 1 % of p99), the share restored within 10 s.`;
  const rows = missed.map(({ scenario, bar, ours, allowed, against }) => [
    scenario,
    bar,
    ours === null ? "never" : String(ours),
    String(allowed),
    against,
  ]);
  return `${missed.length} of ${bars.length} bars are missed:\n\n${markdownTable([["Scenario", "Bar", "Ours", "Allowed", "Set by"], ...rows])}`;
}
