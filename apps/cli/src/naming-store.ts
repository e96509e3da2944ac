/** `msec naming status|resolve|copy`: where names are kept, and how they get from one place to another. */
import type { NameImportStep, NameStoreStatus } from "@msec/api-schema";
import type { Command } from "commander";
import { ago, type CliContext, table } from "./cli-context.js";
import { ArgumentInvalid, NamesRefused } from "./errors.js";
import { openNameEnd } from "./name-ends.js";

export function namingStoreCommands(program: Command, cli: CliContext): void {
  const naming =
    program.commands.find((command) => command.name() === "naming") ??
    program.command("naming").description("names of services and where they are kept");
  naming
    .command("status")
    .description("where names are kept, and how a ZooKeeper and the console differ")
    .action(async () => {
      const answer = await cli.api()("naming.store");
      cli.print(answer, () => statusLines(answer));
    });
  naming
    .command("resolve [services...]")
    .description("decide on differences with ZooKeeper: those named, or all")
    .option("--keep-ours", "write what the console has to ZooKeeper")
    .option("--take-theirs", "take what ZooKeeper has, removals too")
    .action(async (services: string[], options: { keepOurs?: boolean; takeTheirs?: boolean }) => {
      if (options.keepOurs === options.takeTheirs)
        throw new ArgumentInvalid({ argument: "--keep-ours, --take-theirs", problem: "give one of them" });
      const keep = options.keepOurs ? ("ours" as const) : ("theirs" as const);
      const answer = await cli.api()("naming.resolve", { body: { services, keep } });
      const left = answer.differences.map(({ service, text }) => `still differs: ${service}: ${text}`);
      cli.print(answer, () => [`decided: ${answer.resolved.join(", ") || "nothing differed"}`, ...left]);
    });
  naming
    .command("copy <from> <to>")
    .description("copy names; each end is console, zk://… or a JSON file. Nothing is removed, a repeat changes nothing")
    .option("--dry-run", "only tell what would happen")
    .action(async (from: string, to: string, options: { dryRun?: boolean }) => {
      const report = await copyNames(cli, { from, to, dryRun: options.dryRun ?? false });
      cli.print(report, () => reportLines(report));
      const refused = report.steps.filter(({ action }) => action === "refused");
      if (refused.length > 0) throw new NamesRefused({ count: refused.length, to: report.to });
    });
}

interface CopyReport {
  readonly from: string;
  readonly to: string;
  readonly dryRun: boolean;
  readonly steps: readonly NameImportStep[];
}

async function copyNames(
  cli: CliContext,
  { from, to, dryRun }: { from: string; to: string; dryRun: boolean },
): Promise<CopyReport> {
  const source = await openNameEnd(cli, from);
  try {
    const names = await source.read();
    const target = await openNameEnd(cli, to);
    try {
      return { from: source.text, to: target.text, dryRun, steps: await target.write(names, { dryRun }) };
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

function reportLines({ from, to, dryRun, steps }: CopyReport): readonly string[] {
  const count = (action: NameImportStep["action"]) => steps.filter((step) => step.action === action).length;
  const news = steps.filter(({ action }) => action !== "same");
  const sum = `${count("add")} added, ${count("change")} changed, ${count("same")} the same, ${count("refused")} refused`;
  const rows = news.map(({ service, action, text }) => [action, service, text]);
  const head = dryRun ? `would copy ${from} to ${to}` : `copied ${from} to ${to}`;
  return [...(rows.length > 0 ? table(["", "SERVICE", "WHAT"], rows) : []), `${head}: ${sum}`];
}

function statusLines(status: NameStoreStatus): readonly string[] {
  if (status.kind === "embedded") return ["names are kept in the console"];
  const state = status.isConnected ? "connected" : `not connected: ${status.problem}`;
  const step = status.syncedAtMs === 0 ? "never in step" : `in step ${ago(status.syncedAtMs)}`;
  const work = status.pending > 0 ? `, ${status.pending} names to compare` : "";
  const distrust = status.distrust
    ? ["ZooKeeper went back in time: nothing is taken over until the differences are decided"]
    : [];
  const differences = status.differences.map((d) => [d.service, d.why, d.ours, d.theirs, d.text]);
  const machines = status.oldMachines.map(({ address, cpuPercent }) => [
    address,
    cpuPercent === null ? "-" : `${cpuPercent} %`,
  ]);
  return [
    `${status.target}: ${state}, ${step}${work}`,
    ...distrust,
    ...section(["DIFFERENCE", "WHY", "OURS", "THEIRS", "TEXT"], differences),
    ...section(
      ["NOT WRITTEN", "WHY"],
      status.failed.map(({ service, problem }) => [service, problem]),
    ),
    ...section(["OLD AGENT", "CPU"], machines),
  ];
}

function section(header: readonly string[], rows: readonly (readonly (string | number)[])[]): readonly string[] {
  return rows.length === 0 ? [] : ["", ...table(header, rows)];
}
