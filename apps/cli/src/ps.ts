/** `msec ps`: what runs, whether it is well, and which part failed and why. Exit code 3 when something is not well. */
import { existsSync, readdirSync } from "node:fs";
import { homePaths, type ServiceHomePaths } from "@msec/core";
import { defaultHome } from "@msec/daemon";
import {
  isStillRunning,
  type ServiceState,
  tryReadServiceStat,
  tryReadServiceState,
  tryReadWantedState,
} from "@msec/rpc/process";
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
          `${s.workers} workers, ${s.restarts} restarts${s.text && `; ${s.text}`}`,
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

function localReport(home: string): PsReport {
  const services = localStates(home);
  const problems = services
    .filter(({ phase }) => phase !== "running" && phase !== "stopped")
    .map(({ state, phase }) => `${state.service} is ${phase}: ${state.text || `process ${state.pid} is gone`}`);
  const rows = services.map(({ state, phase, own }) => {
    const total = tryReadServiceStat(own.stat)?.total;
    const facts = [state.workers.length, total?.requests ?? 0, total?.failed ?? 0, state.reload?.number ?? 0];
    return [state.service, phase, state.pid, ...facts, state.text];
  });
  const header = ["SERVICE", "STATE", "PID", "WORKERS", "REQUESTS", "FAILED", "RELOADS", "DETAIL"];
  return { lines: table(header, rows), problems };
}

interface LocalState {
  readonly own: ServiceHomePaths;
  readonly state: ServiceState;
  /** `stopped`: ended, and somebody wanted that. */
  readonly phase: ServiceState["state"] | "dead" | "stopped";
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
  return names.flatMap((name) => {
    const own = homePaths(home).service(name);
    const state = tryReadServiceState(own.state);
    if (!state) return [];
    const ended = tryReadWantedState(own.wanted)?.wanted === "stopped" ? "stopped" : "dead";
    return [{ own, state, phase: isStillRunning(state) ? state.state : ended }];
  });
}
