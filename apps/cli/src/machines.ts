import type { Machine } from "@msec/api-schema";
import type { Command } from "commander";
import { ago, type CliContext, table } from "./cli-context.js";
import { ArgumentInvalid } from "./errors.js";
import { describeLabels, type LabelOptions, labelChange, labelOption } from "./labels.js";
import { parseWhole } from "./whole-number.js";

/** `msec machine …`. */
export function machineCommands(program: Command, cli: CliContext): void {
  const machine = program.command("machine").alias("machines").description("business machines and their agents");
  machine
    .command("list")
    .description("machines with the health of their agents")
    .action(async () => {
      const answer = await cli.api()("machines.list");
      cli.print(answer, () =>
        table(
          ["MACHINE", "ADDRESS", "LABELS", "STATE", "SEEN", "CPU %", "SERVICES", "LOGS WAITING", "ID"],
          answer.machines.map((m) => [
            m.name,
            m.address,
            describeLabels(m.labels),
            m.state,
            ago(m.lastSeenAtMs),
            Math.round((m.load?.cpuRatio ?? 0) * 100),
            m.services.map((s) => `${s.service} ${s.state}`).join(", ") || "-",
            m.spooledLogs,
            m.machineId,
          ]),
        ),
      );
    });
  machine
    .command("token")
    .description("make a single-use join token and the line to paste on the new machine")
    .option("--minutes <n>", "how long it is valid", "60")
    .action(async (options: { minutes: string }) => {
      const body = { validForMinutes: parseWhole("--minutes", options.minutes) };
      const answer = await cli.api()("joinTokens.create", { body });
      cli.print(answer, () => [answer.command]);
    });
  machine
    .command("label <machine>")
    .alias("labels")
    .description("tell where a machine is (its name, address or id); without options: show it")
    .addOption(labelOption("zone"))
    .addOption(labelOption("rack"))
    .addOption(labelOption("set"))
    .action(async (text: string, options: LabelOptions) => {
      const found = await findMachine(cli, text);
      const body = labelChange(options);
      const params = { machineId: found.machineId };
      const answer = body ? await cli.api()("machines.setLabels", { params, body }) : found;
      cli.print(answer, () => [`${answer.name} (${answer.address}): ${describeLabels(answer.labels)}`]);
    });
  machine
    .command("remove <id>")
    .description("forget a machine that carries no traffic")
    .action(async (machineId: string) => {
      cli.print(await cli.api()("machines.delete", { params: { machineId } }), () => [`removed ${machineId}`]);
    });
  machine
    .command("orders <id>")
    .description("signed orders that were sent to a machine")
    .action(async (machineId: string) => {
      const answer = await cli.api()("machines.orders", { params: { machineId } });
      cli.print(answer, () =>
        table(
          ["ISSUED", "ORDER", "STATUS", "BY", "ARGUMENTS", "ERROR"],
          answer.orders.map((o) => [
            ago(o.issuedAtMs),
            o.op,
            o.status,
            o.author,
            o.argsText.slice(0, 60),
            o.error ?? "",
          ]),
        ),
      );
    });
}

/** By name, address or id. @throws {ArgumentInvalid} none, or several of that name */
async function findMachine(cli: CliContext, text: string): Promise<Machine> {
  const { machines } = await cli.api()("machines.list");
  const found = machines.filter((m) => [m.machineId, m.address, m.name].includes(text));
  const [only] = found;
  if (only && found.length === 1) return only;
  const problem = only ? `${found.length} machines are named ${text}; give the address` : `no machine is ${text}`;
  throw new ArgumentInvalid({ argument: "machine", problem });
}
