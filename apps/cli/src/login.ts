import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline/promises";
import { createApiClient } from "@msec/api-schema";
import type { Command } from "commander";
import { type CliContext, savedLoginFile } from "./cli-context.js";
import { ArgumentInvalid } from "./errors.js";

/** `msec login` and `msec logout`. */
export function loginCommands(program: Command, cli: CliContext): void {
  program
    .command("login")
    .description("keep an API token for a console, made under Admin → API tokens")
    .option("--token-stdin", "read the token from standard input instead of asking")
    .action(async (options: { tokenStdin?: boolean }) => {
      const token = options.tokenStdin ? readFileSync(0, "utf8").trim() : await ask("API token: ");
      if (token === "") throw new ArgumentInvalid({ argument: "token", problem: "is empty" });
      const console = cli.consoleUrl();
      const session = await createApiClient({ baseUrl: console, token })("sessions.current");
      const file = savedLoginFile();
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      writeFileSync(`${file}.tmp`, JSON.stringify({ console, token }), { mode: 0o600 });
      renameSync(`${file}.tmp`, file);
      cli.print({ console, user: session.user }, () => [
        `signed in to ${console} as ${session.user.name} (${session.user.role})`,
      ]);
    });
  program
    .command("logout")
    .description("forget the kept token; it stays valid until it is revoked in the console")
    .action(() => {
      rmSync(savedLoginFile(), { force: true });
      cli.print({}, () => ["forgotten"]);
    });
}

async function ask(question: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await reader.question(question)).trim();
  } finally {
    reader.close();
  }
}
