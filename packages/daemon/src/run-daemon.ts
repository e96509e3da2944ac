/**
 * Life of a process: read settings, start, say that it is ready, stop on a signal. `main.ts` files call this and nothing else.
 */
import { readFileSync } from "node:fs";
import { type ConfigLayer, ERROR_CODES, isAppError, type Logger, maskSecrets, resolveConfig } from "@msec/core";
import type { Static, TObject } from "typebox";
import { ConfigFileUnreadable } from "./errors.js";
import { envLayer, helpText, parseFlags } from "./flags.js";
import { createPinoLogger, type LogLevel } from "./pino-logger.js";

/** A terminal sends Ctrl-C to all its processes, and `msec console` or npm pass it on too: so soon it is the same one. */
const ECHO_MS = 300;

export interface RunningDaemon {
  /** Facts for the ready line: ports, addresses. No secrets. */
  readonly ready: Readonly<Record<string, unknown>>;
  stop(): Promise<void>;
}

export interface DaemonSpec<T extends TObject> {
  readonly name: string;
  readonly version: string;
  /** Has `log.level` if the level is to be settable. */
  readonly schema: T;
  start(config: Static<T>, context: { readonly logger: Logger }): Promise<RunningDaemon>;
  /** Longest time that `stop()` may take before the process ends anyway. Default 15 s. */
  readonly stopTimeoutMs?: number;
}

/**
 * Runs a daemon until SIGTERM or SIGINT; a second signal later than {@link ECHO_MS} ends it at once. The ready line on stdout is one JSON object with
 * `"msg":"ready"`. A failed start is told on stderr with its reason; the exit code is that of the error's code.
 */
export async function runDaemon<T extends TObject>(spec: DaemonSpec<T>): Promise<void> {
  try {
    const flags = parseFlags(spec.schema, process.argv.slice(2));
    if (flags.action === "help") return print(helpText(spec.name, spec.schema));
    if (flags.action === "version") return print(`${spec.version}\n`);
    const readText = (path: string) => readFileSync(path, "utf8");
    const fileLayer = flags.configFile === undefined ? {} : readConfigFile(flags.configFile);
    const config = resolveConfig(spec.schema, fileLayer, envLayer(spec.schema, process.env, readText), flags.layer);
    if (flags.action === "check") return print("configuration is valid\n");
    if (flags.action === "print") return print(`${JSON.stringify(maskSecrets(spec.schema, config), null, 2)}\n`);
    await serve(spec, config);
  } catch (error) {
    reportFailure(spec.name, error);
  }
}

async function serve<T extends TObject>(spec: DaemonSpec<T>, config: Static<T>): Promise<void> {
  const level = (config as { log?: { level?: LogLevel } }).log?.level ?? "info";
  const logger = createPinoLogger(spec.name, level);
  process.on("unhandledRejection", (reason) => {
    logger.error("unhandled rejection", { error: reason instanceof Error ? reason.stack : String(reason) });
  });
  const daemon = await spec.start(config, { logger });
  onStopSignal(logger, spec.stopTimeoutMs ?? 15_000, () => daemon.stop());
  print(`${JSON.stringify({ msg: "ready", name: spec.name, pid: process.pid, ...daemon.ready })}\n`);
}

function onStopSignal(logger: Logger, timeoutMs: number, stop: () => Promise<void>): void {
  let stoppingSinceMs: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stoppingSinceMs !== undefined) {
      if (performance.now() - stoppingSinceMs < ECHO_MS) return;
      process.exit(ERROR_CODES.CANCELLED.exitCode);
    }
    stoppingSinceMs = performance.now();
    logger.info("stopping", { signal });
    const timer = setTimeout(() => {
      logger.error("stop took too long; leaving", { timeoutMs });
      process.exit(ERROR_CODES.DEADLINE_EXCEEDED.exitCode);
    }, timeoutMs);
    stop()
      .then(() => {
        clearTimeout(timer);
        logger.info("stopped");
        process.exit(0);
      })
      .catch((error: unknown) => {
        logger.error("stop failed", { error: error instanceof Error ? error.stack : String(error) });
        process.exit(1);
      });
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}

/** @throws {ConfigFileUnreadable} */
export function readConfigFile(file: string): ConfigLayer {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new ConfigFileUnreadable(
      { file, problem: cause instanceof Error ? cause.message : String(cause) },
      { cause },
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ConfigFileUnreadable({ file, problem: "must hold one JSON object" });
  return value as ConfigLayer;
}

function reportFailure(name: string, error: unknown): void {
  if (isAppError(error)) {
    process.stderr.write(`${name}: ${error.message} [${error.reason}]\n`);
    process.exitCode = ERROR_CODES[error.code].exitCode;
    return;
  }
  process.stderr.write(`${name}: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
}

function print(text: string): void {
  process.stdout.write(text);
}
