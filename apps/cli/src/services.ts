import { formatServiceName, parseServiceName } from "@msec/core";
import type { Command } from "commander";
import { type CliContext, table } from "./cli-context.js";
import { ArgumentInvalid } from "./errors.js";

/** `msec group …`, `msec service …`, `msec instance …`. */
export function serviceCommands(program: Command, cli: CliContext): void {
  const group = program.command("group").description("first-level services");
  group
    .command("add <name>")
    .description("add a group")
    .option("--external", "its services are foreign: only registered here, not released")
    .action(async (name: string, options: { external?: boolean }) => {
      const kind = options.external ? ("external" as const) : ("standard" as const);
      const answer = await cli.api()("groups.create", { body: { name, kind } });
      cli.print(answer, () => [`added ${kind} group ${name}`]);
    });
  group
    .command("remove <name>")
    .description("remove an empty group")
    .action(async (first: string) => {
      cli.print(await cli.api()("groups.delete", { params: { first } }), () => [`removed group ${first}`]);
    });

  const service = program.command("service").description("second-level services");
  service
    .command("list")
    .description("all services with their health")
    .action(async () => {
      const answer = await cli.api()("services.list");
      cli.print(answer, () =>
        table(
          ["SERVICE", "KIND", "PORT", "IN TRAFFIC", "HEALTH", "WHY"],
          answer.services.map((s) => [
            formatServiceName(s),
            s.kind,
            s.port,
            `${s.enabledCount}/${s.instanceCount}`,
            s.health,
            s.healthText,
          ]),
        ),
      );
    });
  service
    .command("add <First.Second>")
    .description("add a service")
    .option("--port <port>", "listening port of its instances")
    .option("--language <language>", "typescript, c++, java, php or python")
    .option("--memo <text>", "note", "")
    .action(async (full: string, options: { port?: string; language?: "typescript"; memo: string }) => {
      const body = {
        ...parseServiceName(full),
        memo: options.memo,
        ...(options.port !== undefined && { port: parseWhole("--port", options.port) }),
        ...(options.language !== undefined && { language: options.language }),
      };
      cli.print(await cli.api()("services.create", { body }), () => [`added ${full}`]);
    });
  service
    .command("remove <First.Second>")
    .description("remove a service that has no instance in traffic")
    .action(async (full: string) => {
      cli.print(await cli.api()("services.delete", { params: parseServiceName(full) }), () => [`removed ${full}`]);
    });

  instanceCommands(program, cli);
}

function instanceCommands(program: Command, cli: CliContext): void {
  const instance = program.command("instance").description("instances of a service");
  instance
    .command("list <First.Second>")
    .description("instances with their processes and why they are as they are")
    .action(async (full: string) => {
      const answer = await cli.api()("instances.list", { params: parseServiceName(full) });
      cli.print(answer, () =>
        table(
          ["ADDRESS", "TRAFFIC", "WEIGHT", "PROCESS", "RELEASE", "MACHINE", "WHY"],
          answer.instances.map((i) => [
            i.address,
            i.status,
            i.weight,
            i.process.state,
            i.process.releaseId ?? "-",
            i.machineName || "-",
            i.process.text,
          ]),
        ),
      );
    });
  instance
    .command("add <First.Second> <hosts...>")
    .description("add instances, out of traffic: hosts for standard services, ip:port for external ones")
    .option("--weight <weight>", "1 to 10000")
    .action(async (full: string, places: string[], options: { weight?: string }) => {
      const isAddress = places.every((place) => place.includes(":"));
      const body = {
        ...(isAddress ? { addresses: places } : { hosts: places }),
        ...(options.weight !== undefined && { weight: parseWhole("--weight", options.weight) }),
      };
      const answer = await cli.api()("instances.create", { params: parseServiceName(full), body });
      cli.print(answer, () => [
        `added ${answer.instances.map((i) => i.address).join(", ")} to ${full}, out of traffic`,
      ]);
    });
  instance
    .command("remove <First.Second> <ip:port>")
    .description("remove an instance that is out of traffic")
    .action(async (full: string, address: string) => {
      const params = { ...parseServiceName(full), address };
      cli.print(await cli.api()("instances.delete", { params }), () => [`removed ${address} from ${full}`]);
    });
  for (const action of ["start", "stop", "restart"] as const) {
    instance
      .command(`${action} <First.Second> <ip:port>`)
      .description(`${action} the processes of one instance`)
      .action(async (full: string, address: string) => {
        const params = { ...parseServiceName(full), address };
        const answer = await cli.api()("instances.order", { params, body: { action } });
        cli.print(answer, () => [answer.text]);
      });
  }
  for (const action of ["expand", "shrink"] as const) {
    program
      .command(`${action} <First.Second> <addresses...>`)
      .description(action === "expand" ? "put instances into traffic" : "take instances out of traffic")
      .option("--dry-run", "only tell what would happen")
      .option("--allow-empty", "confirm that the last instance leaves traffic")
      .action(async (full: string, addresses: string[], options: { dryRun?: boolean; allowEmpty?: boolean }) => {
        const answer = await cli.api()("capacity.change", {
          params: parseServiceName(full),
          body: { action, addresses, dryRun: options.dryRun ?? false, allowEmpty: options.allowEmpty ?? false },
        });
        cli.print(answer, () => [
          answer.text,
          `in traffic: ${answer.inTraffic.join(", ") || "none"}`,
          `${answer.agentsTold} of ${answer.agentsOnline} agents have it`,
        ]);
      });
  }
}

/** A whole number up to `max`. @throws {ArgumentInvalid} */
export function parseWhole(argument: string, text: string, max = 999_999_999): number {
  if (!/^\d{1,9}$/.test(text)) throw new ArgumentInvalid({ argument, problem: `${text} is no whole number` });
  if (Number(text) > max) throw new ArgumentInvalid({ argument, problem: `${text} is above ${max}` });
  return Number(text);
}
