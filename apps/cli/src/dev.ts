/** `msec dev`: console and one agent in one process tree on loopback. State stays in the home, so that it can be taken up again. */

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ApiClient, createApiClient } from "@msec/api-schema";
import { defaultHome } from "@msec/daemon";
import type { Command } from "commander";
import { makeFirstAccount } from "./first-account.js";
import { passSignals, type ReadyProgram, startProgram } from "./processes.js";

interface DevOptions {
  readonly home: string;
  readonly listen: string;
}

/** Account and token of a development console; 0600 in its home. */
interface DevLogin {
  readonly name: string;
  readonly password: string;
  readonly token: string;
}

export function devCommand(program: Command): void {
  program
    .command("dev")
    .description("the whole platform on this machine: a console and an agent on loopback")
    .option("--home <directory>", "where its state is kept", join(defaultHome(), "dev"))
    .option("--listen <host:port>", "pages and API", "127.0.0.1:8080")
    .action(async (options: DevOptions) => {
      process.exitCode = await runDev(options);
    });
}

async function runDev({ home, listen }: DevOptions): Promise<number> {
  const console = await startProgram("console", ["--home", home, "--listen", listen, "--link.listen", "127.0.0.1:0"]);
  try {
    return await runWithConsole(home, console);
  } finally {
    console.child.kill(); // when the agent could not be started; else it is gone
  }
}

async function runWithConsole(home: string, console: ReadyProgram): Promise<number> {
  const url = String(console.ready.httpUrl);
  const login = await openLogin(home, url, console.ready.setupLink);
  const api = createApiClient({ baseUrl: url, token: login.token });
  // The console takes a free link port at each start, unlike the one that the agent once joined.
  const link = `127.0.0.1:${String(console.ready.linkPort)}`;
  const settings = ["--home", home, "--address", "127.0.0.1", "--name", "dev", "--console-link", link];
  if (!existsSync(join(home, "agent", "identity"))) settings.push("--join-token", await joinToken(api));
  const agent = await startProgram("agent", settings);
  const text = [
    `console   ${url}`,
    `sign in   ${login.name} / ${login.password}`,
    `scripts   export MSEC_CONSOLE=${url} MSEC_TOKEN=${login.token}`,
    "machine   dev (127.0.0.1) has joined; Ctrl-C ends both, services go on",
    "",
  ];
  process.stdout.write(text.join("\n"));
  return passSignals([console.child, agent.child]);
}

/** First start: makes the account with the one-time link. Later: what was kept. */
async function openLogin(home: string, url: string, setupLink: unknown): Promise<DevLogin> {
  const file = join(home, "dev-login.json");
  if (typeof setupLink !== "string") return JSON.parse(readFileSync(file, "utf8"));
  const account = { name: "admin", password: randomBytes(9).toString("base64url") };
  const login = { ...account, token: await makeFirstAccount(url, setupLink, account) };
  writeFileSync(file, JSON.stringify(login), { mode: 0o600 });
  return login;
}

async function joinToken(api: ApiClient): Promise<string> {
  return (await api("joinTokens.create", { body: {} })).secret;
}
