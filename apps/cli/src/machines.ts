import type { Command } from "commander";
import { ago, type CliContext, table } from "./cli-context.js";
import { parseWhole } from "./services.js";

/** `msec machine …`. */
export function machineCommands(program: Command, cli: CliContext): void {
  const machine = program.command("machine").description("business machines and their agents");
  machine
    .command("list")
    .description("machines with the health of their agents")
    .action(async () => {
      const answer = await cli.api()("machines.list");
      cli.print(answer, () =>
        table(
          ["MACHINE", "ADDRESS", "STATE", "SEEN", "CPU %", "SERVICES", "LOGS WAITING", "ID"],
          answer.machines.map((m) => [
            m.name,
            m.address,
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
