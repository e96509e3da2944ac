/** What every command shares: how to reach the console, and how to print. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type ApiClient, createApiClient } from "@msec/api-schema";
import type { Command } from "commander";
import { ConsoleUnknown } from "./errors.js";

export interface GlobalOptions {
  readonly console?: string;
  readonly token?: string;
  readonly json?: boolean;
}

/** What `msec login` keeps, readable by its owner only. */
export interface SavedLogin {
  readonly console: string;
  readonly token: string;
}

export const DEFAULT_CONSOLE = "http://127.0.0.1:8080";

export function savedLoginFile(): string {
  return join(process.env.XDG_CONFIG_HOME ?? join(homedir(), ".config"), "msec", "login.json");
}

export class CliContext {
  #command: Command;

  constructor(program: Command) {
    this.#command = program;
    program.hook("preAction", (_program, command) => {
      this.#command = command;
    });
  }

  /** Given before or behind the command's name. */
  get options(): GlobalOptions {
    return { ...this.#command.optsWithGlobals(), ...definedOf(this.#command.opts()) };
  }

  /** Flags, then `MSEC_CONSOLE` and `MSEC_TOKEN`, then what `msec login` kept. */
  consoleUrl(): string {
    return this.options.console ?? process.env.MSEC_CONSOLE ?? this.#saved()?.console ?? DEFAULT_CONSOLE;
  }

  /** @throws {ConsoleUnknown} no token is known */
  api(): ApiClient {
    const token = this.options.token ?? process.env.MSEC_TOKEN ?? this.#saved()?.token;
    if (token === undefined) throw new ConsoleUnknown({ console: this.consoleUrl() });
    return createApiClient({ baseUrl: this.consoleUrl(), token });
  }

  /** Prints the API's own answer with `--json`, else lines for people. */
  print(answer: unknown, lines: () => readonly string[]): void {
    process.stdout.write(this.options.json ? `${JSON.stringify(answer)}\n` : `${lines().join("\n")}\n`);
  }

  #saved(): SavedLogin | undefined {
    try {
      return JSON.parse(readFileSync(savedLoginFile(), "utf8"));
    } catch {
      return undefined;
    }
  }
}

function definedOf(options: GlobalOptions): GlobalOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** Columns padded to their widest cell; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const all = [header, ...rows.map((row) => row.map(String))];
  const widths = header.map((_, i) => Math.max(...all.map((row) => [...(row[i] ?? "")].length)));
  const isNumber = header.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === "number"));
  return all.map((row) =>
    row
      .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

/** `3 s`, `5 min`, `2 h`, `4 d` ago. */
export function ago(atMs: number, nowMs = Date.now()): string {
  const seconds = Math.max(0, Math.round((nowMs - atMs) / 1000));
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} d ago`;
}
