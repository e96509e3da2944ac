/** `msec ps`: what runs, whether it is well, and which part failed and why. Exit code 3 when something is not well. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homePaths } from "@msec/core";
import { defaultHome } from "@msec/daemon";
import type { Command } from "commander";
import { ago, type CliContext, table } from "./cli-context.js";
import { SomethingUnwell } from "./errors.js";

export function psCommand(program: Command, cli: CliContext): void {
  program
    .command("ps")
    .description("what runs and whether it is healthy; with --local without asking the console")
    .option("--local", "read this machine's home instead of asking the console")
    .option("--home <directory>", "home for --local", process.env.MSEC_HOME ?? defaultHome())
    .action(async (options: { local?: boolean; home: string }) => {
      const report = options.local ? localReport(options.home) : await consoleReport(cli);
      cli.print(report, () => report.lines);
      if (report.problems.length > 0) throw new SomethingUnwell({ problems: report.problems });
    });
}

interface PsReport {
  readonly lines: readonly string[];
  readonly problems: readonly string[];
}

async function consoleReport(cli: CliContext): Promise<PsReport> {
  const api = cli.api();
  const [{ machines }, { services }] = await Promise.all([api("machines.list"), api("services.list")]);
  const lines = table(
    ["WHAT", "STATE", "DETAIL"],
    [
      [`console ${cli.consoleUrl()}`, "well", ""],
      ...machines.flatMap((m) => [
        [`agent ${m.name} (${m.address})`, m.state, `seen ${ago(m.lastSeenAtMs)}, version ${m.agentVersion}`],
        ...m.services.map((s) => [
          `  ${s.service}`,
          s.state,
          `${s.workers} workers, ${s.restarts} restarts; ${s.text}`,
        ]),
      ]),
      ...services
        .filter((s) => s.instanceCount > 0)
        .map((s) => [`service ${s.first}.${s.second}`, s.health, s.healthText]),
    ],
  );
  const problems = [
    ...machines.filter((m) => m.state === "away").map((m) => `agent ${m.name} is away since ${ago(m.lastSeenAtMs)}`),
    ...services
      .filter((s) => s.health === "failing" || s.health === "degraded")
      .map((s) => `${s.first}.${s.second}: ${s.healthText}`),
  ];
  return { lines, problems };
}

interface LocalState {
  readonly service: string;
  readonly state: string;
  readonly pid: number;
  readonly startTicks: number;
  readonly workers: readonly { readonly pid: number }[];
  readonly text: string;
}

function localReport(home: string): PsReport {
  const states = localStates(home).map((state) => ({ ...state, isAlive: isSameProcess(state.pid, state.startTicks) }));
  const stateText = (s: (typeof states)[number]) => (s.isAlive ? s.state : "dead");
  const problems = states
    .filter((s) => stateText(s) !== "running")
    .map((s) => `${s.service} is ${stateText(s)}: ${s.text || `process ${s.pid} is gone`}`);
  const rows = states.map((s) => [s.service, stateText(s), s.pid, s.workers.length, s.text]);
  return { lines: table(["SERVICE", "STATE", "PID", "WORKERS", "DETAIL"], rows), problems };
}

function localStates(home: string): LocalState[] {
  const directories = (path: string) =>
    existsSync(path)
      ? readdirSync(path, { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map((entry) => entry.name)
      : [];
  const names = directories(home).flatMap((first) =>
    directories(`${home}/${first}`).map((second) => ({ first, second })),
  );
  return names
    .map((name) => homePaths(home).service(name).state)
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, "utf8")));
}

/** A pid may have been given to another process since. */
function isSameProcess(pid: number, startTicks: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(fields[19]) === startTicks;
  } catch {
    return false;
  }
}
