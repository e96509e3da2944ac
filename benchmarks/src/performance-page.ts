/**
 * `npm run bench -- page`: writes docs/reference/performance.md from the newest files in results/ and from reference/. Figures of ours
 * come from nowhere else.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Growth } from "./rpc/flatness.js";
import type { Ratio } from "./rpc/ratios.js";
import type { TableRow } from "./rpc/run-table.js";
import type { Summary } from "./rpc/summary.js";

const folder = new URL("../", import.meta.url);
const page = fileURLToPath(new URL("../docs/reference/performance.md", folder));

interface Result {
  readonly date: string;
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
  readonly loadAverage: readonly number[];
}

interface RpcFile extends Result {
  readonly rounds: number;
  readonly ratios: Readonly<Record<string, Ratio>>;
  readonly scenarios: readonly { name: string; about: string; notAvailable: Readonly<Record<string, string>> }[];
  readonly results: readonly Summary[];
}

interface TableFile extends Result {
  readonly rows: readonly TableRow[];
}

interface SoakFile extends Result {
  readonly minutes: number;
  readonly ratePerSec: number;
  readonly answered: number;
  readonly errors: number;
  readonly growth: Readonly<Record<string, Growth>>;
  /** When the verdict was not made in the run itself: by which rule. */
  readonly judgedBy?: string;
}

interface PublishedRow {
  readonly test: string;
  readonly connections: string;
  readonly callsPerSec: number;
  readonly cpuPercent: number;
  readonly latencyPercent: readonly number[];
}

interface Archived {
  readonly machine: string;
  readonly published: readonly PublishedRow[];
  readonly rerun: readonly { what: string; scenario: string; serverCpuUs: number }[];
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, folder), "utf8")) as T;
}

/** The newest result of a benchmark that has the field, and its name. */
function newest<T extends Result>(benchmark: string, field: keyof T & string): { file: string; result: T } | undefined {
  const found = readdirSync(new URL("results/", folder))
    .filter((file) => file.endsWith(`-${benchmark}.json`))
    .map((file) => ({ file: `benchmarks/results/${file}`, result: readJson<T>(`results/${file}`) }))
    .filter(({ result }) => field in result);
  return found.toSorted((a, b) => a.result.date.localeCompare(b.result.date)).at(-1);
}

/** Ours and another program, each with and without. */
const BUDGET_PEERS: readonly string[] = ["msec", "msec-untuned", "tars", "tars-tuned"];

function table(rows: readonly (readonly (string | number)[])[]): string {
  const [head = [], ...rest] = rows;
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rest.map(line)].join("\n");
}

function aboutMachine(file: string, result: Result): string {
  const { cpu, cores, kernel, node, commit, date, loadAverage } = result;
  return `\`${file}\`: ${cpu}, ${cores} cores, Linux ${kernel}, Node ${node}, commit ${commit}, ${date.slice(0, 10)}, load ${loadAverage.join(" ")}.`;
}

function missing(command: string): string {
  return `No result is committed yet; \`npm run bench -- ${command}\` on a quiet machine makes one.`;
}

const figure = (value: number): string => (value >= 100 ? String(Math.round(value)) : value.toFixed(2));

function ratioRows(ratios: Readonly<Record<string, Ratio>>): string {
  const rows = Object.entries(ratios).map(([key, { value, min, max, bar, ok }]) => [
    `\`${key}\``,
    value.toFixed(4),
    `${min.toFixed(4)}–${max.toFixed(4)}`,
    `${key.startsWith("calls_per_sec") ? "≥" : "≤"} ${bar}`,
    ok ? "met" : "missed",
  ]);
  return table([["Ratio, msec to the other", "Median", "Rounds", "Bar", ""], ...rows]);
}

function scenarioSections({ scenarios, results }: RpcFile): string {
  const header = [
    "Peer",
    "calls/s",
    "p50 µs",
    "p99 µs",
    "p99.9 µs",
    "server CPU µs per call",
    "client CPU µs per call",
  ];
  const sections = scenarios.map(({ name, about, notAvailable }) => {
    const rows = results
      .filter((each) => each.scenario === name)
      .map((each) => [
        each.peer,
        ...[each.callsPerSec, each.p50Us, each.p99Us, each.p999Us, each.serverCpuUs, each.clientCpuUs].map((spread) =>
          figure(spread.median),
        ),
      ]);
    const notes = Object.entries(notAvailable).map(([peer, why]) => `${peer}: n/a, ${why}.`);
    return `### ${name}: ${about}\n\n${table([header, ...rows])}${notes.length > 0 ? `\n\n${notes.join(" ")}` : ""}`;
  });
  return sections.join("\n\n");
}

function comparedSection(): string {
  const found = newest<RpcFile>("rpc", "ratios");
  if (!found) return `## Ratios\n\n${missing("rpc")}`;
  const { file, result } = found;
  const intro = `${aboutMachine(file, result)} Medians of ${result.rounds} rounds; ratios are of medians of one run.`;
  return `## Ratios\n\n${intro}\n\n${ratioRows(result.ratios)}\n\n## Figures\n\n${scenarioSections(result)}`;
}

function publishedSection({ machine, published }: Archived): string {
  const found = newest<TableFile>("table", "rows");
  const own = (row: PublishedRow): TableRow | undefined =>
    found?.result.rows.find((each) => each.test === row.test && each.connections === row.connections);
  const rows = published.map((row) => {
    const ours = own(row);
    const { callsPerSec, cpuPercent, latencyPercent } = row;
    const right = ours
      ? [ours.callsPerSec, ours.serverCpuPercent, ours.serverCpuUs, ours.latencyPercent.join(" / ")]
      : ["–", "–", "–", "–"];
    return [row.test, row.connections, callsPerSec, cpuPercent, latencyPercent.join(" / "), ...right];
  });
  const header = ["Test", "Connections", "C++ calls/s", "C++ CPU %", "C++ latency %"];
  const ownHeader = ["msec calls/s", "msec CPU % of a core", "msec CPU µs per call", "msec latency %"];
  return `## The archived system's own table

A echo; B the server sleeps 100 ms; C the server forwards to a second one, which echoes; D the server forwards, the second one sleeps 100 ms.
Latency of A and C: below 5 / 5–10 / 10–30 / 30–50 / above 50 ms; of B and D: below 120 / 120–150 / 150–200 / above 200 ms.

C++: published figures of the archived system, ${machine}.
msec: ${found ? `${aboutMachine(found.file, found.result)} One worker on one core; client and second server share the other.` : missing("table")}

${table([[...header, ...ownHeader], ...rows])}`;
}

function budgetSection(): string {
  const found = newest<RpcFile>("rpc", "ratios");
  const rows = (found?.result.results ?? [])
    .filter(({ scenario, peer }) => scenario === "256" && BUDGET_PEERS.includes(peer))
    .map((each) => [
      each.peer,
      each.callsPerSec.median,
      figure(each.serverCpuUs.median),
      figure(each.clientCpuUs.median),
    ]);
  return `## The compiler's budget

Workers of services tell V8 to inline more (\`tuneV8()\` of the SDK; programs of your own may call it, too): a call passes many small
functions, which V8's defaults don't all inline. The other programs run as their authors start them. On equal terms, 256 calls in flight:

${rows.length > 0 ? table([["Program", "calls/s", "server CPU µs", "client CPU µs"], ...rows]) : missing("rpc")}`;
}

const COLLECTION_SECTION = `## After a collection

V8 lets compiled code go with the last object of a shape that it was compiled for. A full collection that met no call under way therefore
took the compiled way of a call with it: under the load of the soak, 2,600 instead of 15,600 requests were served in each of the next two
or three tenths of a second (median of 10 collections, commit 25d3d62), and overload control refused some. One object of each kind is kept since then, and
no code of calls is lost (\`tests/fault/idle-collection.test.ts\`). Programs of your own that create objects of own classes per request can
do the same.`;

function rerunSection({ rerun }: Archived): string {
  const found = newest<RpcFile>("rpc", "ratios");
  const rows = rerun.map(({ what, scenario, serverCpuUs }) => {
    const cpuOf = (peer: string): string => {
      const own = found?.result.results.find((each) => each.peer === peer && each.scenario === scenario);
      return own ? figure(own.serverCpuUs.median) : "–";
    };
    return [what, serverCpuUs, cpuOf("msec"), cpuOf("bare-net"), `\`${scenario}\``];
  });
  return `## CPU time per call beside the C++ server run today

The archived server, run again on two cores over loopback, CPU time of all its processes (\`benchmarks/reference/archived-system.json\`), beside
ours${found ? ` (\`${found.file}\`)` : ""}. Its figures are of one run and another load generator: read the order of magnitude. How fast
the machine was during our run, which other machines share, is told by the bare \`net\` echo of the same run.

${table([["Load", "C++ µs", "msec µs", "bare net µs", "our scenario"], ...rows])}`;
}

function soakSection(): string {
  const found = newest<SoakFile>("soak", "growth");
  if (!found) return `## Soak\n\n${missing("soak")}`;
  const { file, result } = found;
  const { minutes, ratePerSec, answered, errors, judgedBy } = result;
  const rows = Object.entries(result.growth).map(([name, growth]) => [
    name,
    ...[growth.firstMb, growth.lastMb, growth.mbPerHour, growth.windowMb, growth.errorMb, growth.allowedMb].map(
      (value) => value.toFixed(2),
    ),
  ]);
  return `## Soak

${aboutMachine(file, result)} ${minutes} minutes at ${ratePerSec} calls/s, half of the greatest load, all features on: ${answered} answers, ${errors} errors.

${table([["Memory", "first MB", "last MB", "MB per hour", "grown MB", "± MB", "allowed MB"], ...rows])}

A process grows when the fitted line gains more than what is allowed and more than three of its standard errors (±).${judgedBy === undefined ? "" : ` Judged by ${judgedBy}.`}`;
}

export async function writePerformancePage(): Promise<void> {
  const archived = readJson<Archived>("reference/archived-system.json");
  const text = `# Performance

<!-- Written by \`npm run bench -- page\` from benchmarks/results; do not edit. -->

Echo of 100 bytes between two processes over loopback, all features on: context, metrics, a hop record per request, balancer report. Server and
client have a core each. \`benchmarks/README.md\` says how it is measured and what the peers are. Run it yourself: \`npm run bench -- rpc\`.

${[comparedSection(), budgetSection(), COLLECTION_SECTION, rerunSection(archived), publishedSection(archived), soakSection()].join("\n\n")}
`;
  writeFileSync(page, text);
  process.stderr.write(`written to ${page}\n`);
}
