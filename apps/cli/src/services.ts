import { POLICIES, type ServiceSettings } from "@msec/api-schema";
import { formatServiceName, parseServiceName } from "@msec/core";
import type { Command } from "commander";
import { type CliContext, table } from "./cli-context.js";
import { ArgumentInvalid } from "./errors.js";
import { instanceCommands } from "./instances.js";
import { parseWhole } from "./whole-number.js";

/** `msec group …`, `msec service …`, `msec instance …`. */
export function serviceCommands(program: Command, cli: CliContext): void {
  groupCommands(program, cli);
  const service = program.command("service").description("second-level services");
  listAndAdd(service, cli);
  settingCommands(service, cli);
  instanceCommands(program, cli);
}

function groupCommands(program: Command, cli: CliContext): void {
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
}

function listAndAdd(service: Command, cli: CliContext): void {
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
}

interface SettingOptions {
  readonly policy?: ServiceSettings["policy"];
  readonly locality?: ServiceSettings["locality"];
  readonly partition?: string;
  readonly check?: ServiceSettings["check"];
  readonly tuning?: string;
  readonly memo?: string;
}

/** How machines choose among the instances of a service. */
function settingCommands(service: Command, cli: CliContext): void {
  service
    .command("show <First.Second>")
    .description("one service with its health and how machines choose among its instances")
    .action(async (full: string) => {
      const answer = await cli.api()("services.get", { params: parseServiceName(full) });
      cli.print(answer, () => [
        `${full}  ${answer.kind}  ${answer.enabledCount}/${answer.instanceCount} in traffic`,
        `${answer.health}: ${answer.healthText}`,
        ...(answer.memo === "" ? [] : [answer.memo]),
        describeSettings(answer.settings),
      ]);
    });
  service
    .command("set <First.Second>")
    .description("change how machines choose among the instances; what is not given stays")
    .option("--policy <policy>", POLICIES.join(", "))
    .option(
      "--locality <near>",
      "zone or rack: near instances first, others when these do badly or have much to do; none",
    )
    .option("--partition <on|off>", "on: only instances in the set of the caller's own machine")
    .option("--check <check>", "tcp: agents dial instances that nobody calls; none")
    .option("--tuning <key=value,...>", "keys of the weight shaping; replaces those that are set, empty clears them")
    .option("--memo <text>", "note")
    .action(async (full: string, options: SettingOptions) => {
      const { partition, tuning, ...rest } = options;
      const body = {
        ...rest,
        ...(partition !== undefined && { partition: parseSwitch("--partition", partition) }),
        ...(tuning !== undefined && { tuning: parseTuning(tuning) }),
      };
      const answer = await cli.api()("services.update", { params: parseServiceName(full), body });
      cli.print(answer, () => [`${full}: ${describeSettings(answer.settings)}`]);
    });
}

function describeSettings({ policy, locality, partition, check, tuning }: ServiceSettings): string {
  const keys = Object.entries(tuning).map(([key, value]) => `${key}=${value}`);
  const words = [`policy ${policy}`, `locality ${locality}`, `partition ${partition ? "on" : "off"}`, `check ${check}`];
  return [...words, ...keys].join(", ");
}

/** @throws {ArgumentInvalid} */
function parseSwitch(argument: string, text: string): boolean {
  if (text !== "on" && text !== "off")
    throw new ArgumentInvalid({ argument, problem: `${text} is neither on nor off` });
  return text === "on";
}

/** `success_ratio_base=0.95,shaping_request_min=20`. @throws {ArgumentInvalid} */
function parseTuning(text: string): ServiceSettings["tuning"] {
  const pairs = text.split(",").filter(Boolean);
  const entries = pairs.map((pair) => {
    const [, key = "", value = ""] = /^([a-z_]+)=([0-9.]+)$/.exec(pair) ?? [];
    if (key === "") throw new ArgumentInvalid({ argument: "--tuning", problem: `${pair} is not key=number` });
    return [key, Number(value)];
  });
  return Object.fromEntries(entries);
}
