/** Built programs as child processes: started and awaited, or run to their end. Always ended with the scope, by pid. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { TestScope } from "./test-scope.js";

const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 20_000;
const RUN_TIMEOUT_MS = 60_000;

export interface ProgramOptions {
  readonly cwd?: string;
  /** On top of the test's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface RunningProgram {
  readonly pid: number;
  /** Facts of the ready line. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** Everything it said so far on stdout and stderr. */
  output(): string;
  /** Sends a signal and waits for the end; killed after 20 s. @returns the exit code, `null` when a signal ended it */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/**
 * Starts a daemon and waits for its ready line: JSON with `"msg":"ready"`.
 *
 * @param words program and its arguments
 * @throws Error with what it said, when it ends before
 */
export async function startProgram(
  scope: TestScope,
  words: readonly string[],
  options: ProgramOptions = {},
): Promise<RunningProgram> {
  const { child, output } = begin(words, options);
  const stop = (signal: NodeJS.Signals = "SIGTERM") => endChild(child, signal);
  scope.add(() => stop("SIGKILL"));
  const ready = await readyLine(child, output, options.timeoutMs ?? READY_TIMEOUT_MS);
  return { pid: child.pid ?? 0, ready, output, stop };
}

export interface ProgramResult {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program with its arguments to its end. @throws Error when it takes longer than `timeoutMs` (default 60 s); it is killed then */
export async function runProgram(
  words: readonly string[],
  options: ProgramOptions & { readonly input?: string } = {},
): Promise<ProgramResult> {
  const { child, texts, output } = begin(words, options);
  child.stdin?.end(options.input ?? "");
  const timeoutMs = options.timeoutMs ?? RUN_TIMEOUT_MS;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  await once(child, "close");
  clearTimeout(timer);
  if (isLate) throw new Error(`${words.join(" ")} did not end within ${timeoutMs} ms; it said:\n${output()}`);
  return { code: child.exitCode, ...texts };
}

/** Sends a signal; gone already is fine. @returns whether there was such a process */
export function killProcess(pid: number, signal: NodeJS.Signals = "SIGKILL"): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function begin(words: readonly string[], { cwd, env }: ProgramOptions) {
  const [file = "", ...args] = words;
  const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: "pipe" });
  const texts = { stdout: "", stderr: "" };
  child.stdin.on("error", () => undefined); // it ended without reading
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    texts.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    texts.stderr += text;
  });
  const killWithTest = () => child.kill("SIGKILL");
  process.once("exit", killWithTest);
  child.once("close", () => process.removeListener("exit", killWithTest));
  return { child, texts, output: () => texts.stdout + texts.stderr };
}

function readyLine(
  child: ChildProcess,
  output: () => string,
  timeoutMs: number,
): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${child.spawnargs.join(" ")} ${why}; it said:\n${output()}`));
    const timer = setTimeout(() => fail(`was not ready within ${timeoutMs} ms`), timeoutMs);
    child.once("error", (error) => fail(`can't be started: ${error.message}`));
    child.once("close", (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
    child.stdout?.on("data", () => {
      const line = /^\{.*"msg":"ready".*\}$/m.exec(output());
      if (!line) return;
      clearTimeout(timer);
      resolve(JSON.parse(line[0]));
    });
  });
}

async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = once(child, "exit");
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
  return child.exitCode;
}
