import { readFileSync, statSync } from "node:fs";
import { MAX_PLUGIN_BYTES, type Version } from "@msec/api-schema";
import { parseServiceName } from "@msec/core";
import type { Command } from "commander";
import { ago, type CliContext, table } from "./cli-context.js";
import { ArgumentInvalid } from "./errors.js";

/** `msec config …`, `msec idl …`, `msec plugin …`. */
export function versionCommands(program: Command, cli: CliContext): void {
  textCommands(program, cli, { noun: "config", routes: "configs", what: "config file" });
  textCommands(program, cli, { noun: "idl", routes: "idls", what: "interface definition" });
  const plugin = program.command("plugin").description("plug-in archives of a service");
  plugin
    .command("list <First.Second>")
    .description("plug-in versions, newest first")
    .action(async (full: string) => {
      const answer = await cli.api()("plugins.list", { params: parseServiceName(full) });
      cli.print(answer, () => versionTable(answer.versions));
    });
  plugin
    .command("upload <First.Second> <tag> <file>")
    .description("upload what `msec build` made")
    .option("--memo <text>", "note", "")
    .action(async (full: string, tag: string, file: string, options: { memo: string }) => {
      const sizeBytes = readable(file, () => statSync(file).size);
      if (sizeBytes > MAX_PLUGIN_BYTES)
        throw new ArgumentInvalid({
          argument: file,
          problem: `has ${sizeBytes} B, above the limit of ${MAX_PLUGIN_BYTES} B`,
        });
      const params = { ...parseServiceName(full), tag };
      const body = readable(file, () => readFileSync(file));
      const answer = await cli.api()("plugins.upload", { params, query: { memo: options.memo }, body });
      cli.print(answer, () => [`uploaded ${full} ${tag}: ${answer.sizeBytes} B, sha256 ${answer.sha256}`]);
    });
}

interface TextKind {
  readonly noun: string;
  readonly routes: "configs" | "idls";
  readonly what: string;
}

function textCommands(program: Command, cli: CliContext, { noun, routes, what }: TextKind): void {
  const command = program.command(noun).description(`versions of a service's ${what}`);
  command
    .command("list <First.Second>")
    .description("versions, newest first")
    .action(async (full: string) => {
      const answer = await cli.api()(`${routes}.list`, { params: parseServiceName(full) });
      cli.print(answer, () => versionTable(answer.versions));
    });
  command
    .command("show <First.Second> <tag>")
    .description(`print one ${what}`)
    .action(async (full: string, tag: string) => {
      const answer = await cli.api()(`${routes}.get`, { params: { ...parseServiceName(full), tag } });
      cli.print(answer, () => [answer.content.trimEnd()]);
    });
  command
    .command("add <First.Second> <tag> <file>")
    .description(`save a ${what} as a new version`)
    .option("--memo <text>", "note", "")
    .action(async (full: string, tag: string, file: string, options: { memo: string }) => {
      const content = readable(file, () => readFileSync(file, "utf8"));
      const body = { tag, content, memo: options.memo };
      const answer = await cli.api()(`${routes}.create`, { params: parseServiceName(full), body });
      cli.print(answer, () => [`saved ${full} ${noun} ${tag}`]);
    });
}

function versionTable(versions: readonly Version[]): string[] {
  return table(
    ["TAG", "MEMO", "AUTHOR", "MADE", "BYTES", "SHA256"],
    versions.map((v) => [v.tag, v.memo, v.author, ago(v.createdAtMs), v.sizeBytes, v.sha256.slice(0, 12)]),
  );
}

/** @throws {ArgumentInvalid} naming the file and why it can't be read */
export function readable<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ArgumentInvalid({ argument: file, problem: `can't be read: ${(error as Error).message}` });
  }
}
