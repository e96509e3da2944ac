import { Command } from "commander";
import { callCommand } from "./call.js";
import { CliContext } from "./cli-context.js";
import { devCommand } from "./dev.js";
import { EXAMPLES } from "./examples.js";
import { localCommands } from "./local-commands.js";
import { loginCommands } from "./login.js";
import { machineCommands } from "./machines.js";
import { namingCommands } from "./naming.js";
import { namingStoreCommands } from "./naming-store.js";
import { observabilityCommands } from "./observability.js";
import { processCommands } from "./processes.js";
import { projectCommands } from "./project-commands.js";
import { psCommand } from "./ps.js";
import { releaseCommands } from "./releases.js";
import { routeCommand } from "./route.js";
import { serviceCommands } from "./services.js";
import { statCommand } from "./stat.js";
import { tlsCommands } from "./tls.js";
import { VERSION } from "./version.js";
import { versionCommands } from "./versions.js";

const GLOBAL_OPTIONS = [
  ["--console <url>", "console to talk to (MSEC_CONSOLE; default http://127.0.0.1:8080)"],
  ["--token <secret>", "API token (MSEC_TOKEN, or what msec login kept)"],
  ["--json", "print the API's own answer, and errors as JSON"],
] as const;

/** All of `msec`; nothing runs before `parseAsync`. */
export function createProgram(): { readonly program: Command; readonly cli: CliContext } {
  const program = new Command("msec")
    .description("msec: a service engine. Write services, release them to machines, watch them.")
    .version(VERSION)
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .exitOverride();
  for (const [flags, text] of GLOBAL_OPTIONS) program.option(flags, text);
  const cli = new CliContext(program);
  processCommands(program);
  devCommand(program);
  projectCommands(program, cli);
  callCommand(program, cli);
  psCommand(program, cli);
  localCommands(program, cli);
  statCommand(program, cli);
  routeCommand(program, cli);
  serviceCommands(program, cli);
  versionCommands(program, cli);
  releaseCommands(program, cli);
  machineCommands(program, cli);
  namingCommands(program, cli);
  namingStoreCommands(program, cli);
  tlsCommands(program, cli);
  observabilityCommands(program, cli);
  loginCommands(program, cli);
  for (const command of leafCommands(program)) finishCommand(command);
  return { program, cli };
}

/** Commands that do something, in the order of the help. */
export function leafCommands(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leafCommands);
}

/** `release create` of `msec release create`. */
export function commandPath(command: Command): string {
  const parent = command.parent;
  return parent?.parent ? `${commandPath(parent)} ${command.name()}` : command.name();
}

/** The example goes below the help; the global options are also taken behind the command's name, where people write them. */
function finishCommand(command: Command): void {
  const path = commandPath(command);
  const example = EXAMPLES[path];
  if (example !== undefined) command.addHelpText("after", `\nExample:\n  ${example}`);
  if (path === "console" || path === "agent") return; // their options are those of the programs
  for (const [flags, text] of GLOBAL_OPTIONS) command.addOption(command.createOption(flags, text).hideHelp());
}
