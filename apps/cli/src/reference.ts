/** docs/reference/cli.md, made from the commands themselves. */
import { ERROR_CODES } from "@msec/core";
import type { Command } from "commander";
import { EXAMPLES } from "./examples.js";
import { commandPath, leafCommands } from "./program.js";

/** The whole page. A repository test compares it with the file. */
export function cliReference(program: Command): string {
  const codes = Object.entries(ERROR_CODES).map(([code, { exitCode }]) => `| ${exitCode} | ${code} |`);
  return [
    "# Command line",
    "",
    "<!-- Made by apps/cli/src/reference.ts from the commands. -->",
    "",
    `${program.description()} Each command uses the console's public HTTP API, as the pages do.`,
    "",
    "These options are taken by every command but `console` and `agent`, before or behind its name:",
    "",
    ...optionTable(program),
    "",
    ...leafCommands(program).flatMap(section),
    "## Exit codes",
    "",
    "0 is success. A failure is told on stderr with its reason in brackets ([errors](errors.d/)); its code decides the exit code.",
    "",
    "| Exit code | Error code |",
    "| --- | --- |",
    ...codes,
    "",
  ].join("\n");
}

function section(command: Command): string[] {
  const path = commandPath(command);
  const options = optionTable(command);
  return [
    `## msec ${path}`,
    "",
    `${capital(command.description())}.`,
    "",
    "```sh",
    `# msec ${path} ${command.usage()}`,
    EXAMPLES[path] ?? "",
    "```",
    "",
    ...(options.length > 0 ? [...options, ""] : []),
  ];
}

function optionTable(command: Command): string[] {
  const rows = command.options
    .filter((option) => !option.hidden && option.long !== "--version")
    .map(({ flags, description, defaultValue }) => {
      const isShown = typeof defaultValue === "string" && defaultValue !== "" && !defaultValue.startsWith("/");
      return `| \`${flags}\` | ${description}${isShown ? ` (default ${defaultValue})` : ""} |`;
    });
  return rows.length > 0 ? ["| Option | Meaning |", "| --- | --- |", ...rows] : [];
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
