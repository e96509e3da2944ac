/** `msec console` and `msec agent`: start the programs of this installation; their own options are passed on. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { ProcessNotReady } from "./errors.js";

export type ProgramName = "console" | "agent";

/** Entry file of a program. */
export function programFile(name: ProgramName): string {
  const manifest = createRequire(import.meta.url).resolve(`@msec/${name}/package.json`);
  return join(dirname(manifest), "dist", "main.js");
}

/**
 * Arguments of `node` that start a program. The agent's space for new objects stays small instead of growing to twice 16 MB: it makes
 * few of them, and each machine has one. Saves about 15 MB of resident memory (npm run bench -- naming --only agent).
 */
export function programWords(name: ProgramName): readonly string[] {
  return [...(name === "agent" ? ["--max-semi-space-size=1"] : []), programFile(name)];
}

export function processCommands(program: Command): void {
  for (const name of ["console", "agent"] as const) {
    program
      .command(name)
      .description(`start the ${name}; msec ${name} --help lists its settings`)
      .helpOption(false)
      .allowUnknownOption()
      .allowExcessArguments()
      .argument("[settings...]")
      .action(async (settings: string[]) => {
        const child = spawn(process.execPath, [...programWords(name), ...settings], { stdio: "inherit" });
        process.exitCode = await passSignals([child]);
      });
  }
}

/** Leads SIGINT and SIGTERM on and waits for the end of all. @returns the worst exit code */
export async function passSignals(children: readonly ChildProcess[]): Promise<number> {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      for (const child of children) child.kill(signal);
    });
  }
  const codes = await Promise.all(children.map(async (child) => exitCode(child)));
  return Math.max(...codes);
}

async function exitCode(child: ChildProcess): Promise<number> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode ?? 1;
}

export interface ReadyProgram {
  readonly child: ChildProcess;
  /** Facts of the ready line. */
  readonly ready: Readonly<Record<string, unknown>>;
}

/** Starts a program and waits for its ready line. @throws {ProcessNotReady} it ended before, with what it said */
export async function startProgram(name: ProgramName, settings: readonly string[]): Promise<ReadyProgram> {
  const child = spawn(process.execPath, [...programWords(name), ...settings], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const ready = await new Promise<Record<string, unknown> | undefined>((resolve) => {
    const onData = (chunk: Buffer) => {
      output = (output + String(chunk)).slice(-20_000);
      for (const line of output.split("\n")) if (line.startsWith('{"msg":"ready"')) resolve(tryJson(line));
    };
    child.stdout.on("data", onData);
    child.stderr.on("data", onData);
    child.once("exit", () => resolve(undefined));
  });
  if (!ready) throw new ProcessNotReady({ program: `msec ${name}`, output: output.trim() });
  return { child, ready };
}

function tryJson(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
