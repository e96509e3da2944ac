#!/usr/bin/env node
import { ERROR_CODES, isAppError } from "@msec/core";
import { Command, CommanderError } from "commander";
import { callCommand } from "./call.js";
import { CliContext } from "./cli-context.js";
import { devCommand } from "./dev.js";
import { loginCommands } from "./login.js";
import { machineCommands } from "./machines.js";
import { observabilityCommands } from "./observability.js";
import { processCommands } from "./processes.js";
import { projectCommands } from "./project-commands.js";
import { psCommand } from "./ps.js";
import { releaseCommands } from "./releases.js";
import { serviceCommands } from "./services.js";
import { VERSION } from "./version.js";
import { versionCommands } from "./versions.js";

const program = new Command("msec")
  .description("msec: a service engine. Write services, release them to machines, watch them.")
  .version(VERSION)
  .option("--console <url>", "console to talk to (MSEC_CONSOLE; default http://127.0.0.1:8080)")
  .option("--token <secret>", "API token (MSEC_TOKEN, or what msec login kept)")
  .option("--json", "print the API's own answer")
  .enablePositionalOptions()
  .showSuggestionAfterError()
  .exitOverride();
const cli = new CliContext(program);

processCommands(program);
devCommand(program);
projectCommands(program, cli);
callCommand(program, cli);
psCommand(program, cli);
serviceCommands(program, cli);
versionCommands(program, cli);
releaseCommands(program, cli);
machineCommands(program, cli);
observabilityCommands(program, cli);
loginCommands(program, cli);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error);
}

function reportFailure(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : ERROR_CODES.INVALID_ARGUMENT.exitCode;
  if (!isAppError(error)) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return 1;
  }
  const { requestId } = error.details;
  const id = typeof requestId === "string" ? `, request ${requestId}` : "";
  process.stderr.write(`${error.message} [${error.reason}${id}]\n`);
  return ERROR_CODES[error.code].exitCode;
}
