import type { TlsStatus } from "@msec/api-schema";
import type { Command } from "commander";
import { ago, type CliContext, table } from "./cli-context.js";

/** `msec tls …`. */
export function tlsCommands(program: Command, cli: CliContext): void {
  const tls = program.command("tls").description("certificates for TLS between services");
  tls
    .command("status")
    .description("who signs certificates, and how far a replacement is")
    .action(async () => {
      const status = await cli.api()("tls.get");
      cli.print(status, () => statusLines(status));
    });
  tls
    .command("rotate")
    .description("replace the authority that signs certificates; goes on by itself, calls are not disturbed")
    .action(async () => {
      const status = await cli.api()("tls.rotate");
      cli.print(status, () => statusLines(status));
    });
}

function statusLines(status: TlsStatus): readonly string[] {
  const days = (status.certificateMs / 86_400_000).toFixed(1);
  return [
    `phase ${status.phase} since ${ago(status.phaseSinceMs)}; certificates live ${days} days`,
    ...table(
      ["AUTHORITY", "MADE", "SIGNS"],
      status.authorities.map((each) => [each.id, ago(each.createdAtMs), each.isIssuer ? "yes" : "no"]),
    ),
    ...table(
      ["MACHINE", "STATE", "ID"],
      status.machines.map((each) => [each.name, each.state, each.machineId]),
    ),
  ];
}
