import type { RouteOutput, routes } from "@msec/api-schema";
import type { Command } from "commander";
import { ago, type CliContext, table } from "./cli-context.js";
import { ArgumentInvalid } from "./errors.js";

type Held = RouteOutput<(typeof routes)["naming.held"]>;

/** `msec naming held|confirm|discard`: changes of names that look like accidents. */
export function namingCommands(program: Command, cli: CliContext): void {
  const naming =
    program.commands.find((command) => command.name() === "naming") ??
    program.command("naming").description("names of services and where they are kept");
  naming
    .command("held")
    .description("changes that are held back, and machines that refuse the list, until somebody confirms")
    .action(async () => {
      const answer = await cli.api()("naming.held");
      cli.print(answer, () => heldLines(answer));
    });
  naming
    .command("confirm [services...]")
    .description("publish held changes; --machines: have the machines that refuse the list take it")
    .option("--machines", "what the list takes away from machines is meant")
    .option("--all", "every change that is held back")
    .action(async (services: string[], options: { machines?: boolean; all?: boolean }) => {
      if (services.length === 0 && !options.machines && !options.all)
        throw new ArgumentInvalid({ argument: "services", problem: "name them, or give --all or --machines" });
      const { held } = await cli.api()("naming.held");
      const chosen = options.all ? held.map(({ service }) => service) : services;
      // What was seen here is what is confirmed; a change that is another one by now is refused.
      const revisions = chosen.map((service) => held.find((each) => each.service === service)?.revision ?? 0);
      const body = { services: chosen, revisions, machines: options.machines ?? false };
      const answer = await cli.api()("naming.confirm", { body });
      cli.print(answer, () => [
        ...answer.confirmed.map((service) => `published ${service}`),
        ...(options.machines ? [`${answer.machines} machines are sent the list again`] : []),
      ]);
    });
  naming
    .command("discard <services...>")
    .description("throw held changes away: names become again what machines know")
    .action(async (services: string[]) => {
      const answer = await cli.api()("naming.discard", { body: { services } });
      cli.print(answer, () => answer.discarded.map((service) => `${service} is as machines know it`));
    });
}

function heldLines({ held, refusals }: Held): readonly string[] {
  if (held.length + refusals.length === 0) return ["nothing is held back"];
  const changes = held.map((each) => [
    each.service,
    `${each.published} -> ${each.isRemoval ? "removed" : each.wanted}`,
    ago(each.sinceMs),
    each.why,
  ]);
  const machines = refusals.map((each) => [each.machineName, ago(each.sinceMs), each.why]);
  return [
    ...(changes.length > 0 ? table(["SERVICE", "INSTANCES", "HELD", "WHY"], changes) : []),
    ...(machines.length > 0 ? table(["MACHINE REFUSES", "SINCE", "WHY"], machines) : []),
  ];
}
