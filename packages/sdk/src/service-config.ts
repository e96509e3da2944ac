/** What the framework itself reads of config.ini. Reference with defaults and meanings: docs/reference/config-ini.md. */
import { availableParallelism } from "node:os";
import { ConfigInvalid, type ConfigProblem, type Logger } from "@msec/core";
import type { AcceptMode } from "@msec/rpc/process";
import { type ColorRule, LogFilter, type LogLevel, tryLogLevel } from "@msec/telemetry";
import { type ConfigIni, parseConfigIni } from "./config-ini.js";
import { DEFAULT_LISTEN, type ListenItem, type ListenOptions, readListen } from "./listen-items.js";

export interface ServiceConfig {
  readonly ini: ConfigIni;
  readonly listen: readonly ListenItem[];
  /** Worker processes. */
  readonly procnum: number;
  /** How connections get to the workers. */
  readonly accept: AcceptMode;
  /** A worker silent for so long is replaced. */
  readonly heartbeatMs: number;
  readonly maxInFlight: number;
  readonly maxConnections: number;
  /** Pause between two runs of the `loop` hook that asks for none of its own. */
  readonly loopMs: number;
  readonly logFilter: LogFilter;
  /** Keys that do nothing here, duplicates and the like; for the log. */
  readonly warnings: readonly ConfigProblem[];
}

const MAX_COLOR_RULES = 1_000;
const MAX_PROCNUM = 512;

/** Keys of the archived system that have no meaning any more. */
const IGNORED: Readonly<Record<string, string>> = {
  module: "the plug-in of the release is loaded",
  shmsize: "requests do not pass through shared memory",
  msg_timeout: "requests carry their caller's deadline",
  reload: "releases are switched by the agent",
  conf: 'read it with config.get("SRPC", "conf")',
};
const KNOWN = new Set(["listen", "procnum", "accept", "heartbeat", "max_in_flight", "max_connections", "loop_ms"]);

/**
 * Reads and checks a config.ini.
 *
 * @throws CFG_INVALID naming every problem
 */
export function parseServiceConfig(
  text: string,
  options: ListenOptions & { readonly file?: string } = {},
): ServiceConfig {
  const ini = parseConfigIni(text, options.file);
  const problems: ConfigProblem[] = [];
  const warnings = [...ini.warnings];
  for (const key of ini.keys("SRPC")) {
    if (Object.hasOwn(IGNORED, key))
      warnings.push({ path: `[SRPC] ${key}`, message: `has no effect: ${IGNORED[key]}` });
    else if (!KNOWN.has(key)) warnings.push({ path: `[SRPC] ${key}`, message: "unknown key" });
  }
  const number = (key: string, limits: NumberLimits): number => readNumber(ini, { key, limits, problems });
  const listen = readListen(ini.get("SRPC", "listen") ?? DEFAULT_LISTEN, options, problems);
  for (const item of listen) {
    if (item.transport === "udp")
      warnings.push({ path: "[SRPC] listen", message: `${item.port}/udp is not served yet, only tcp is` });
  }
  const config: ServiceConfig = {
    ini,
    listen,
    procnum: number("procnum", { fallback: availableParallelism(), min: 1, max: MAX_PROCNUM }),
    accept: readAccept(ini, problems),
    heartbeatMs: number("heartbeat", { fallback: 60, min: 3, max: 86_400 }) * 1_000,
    maxInFlight: number("max_in_flight", { fallback: 10_000, min: 1, max: 1_000_000 }),
    maxConnections: number("max_connections", { fallback: 10_000, min: 1, max: 1_000_000 }),
    loopMs: number("loop_ms", { fallback: 1_000, min: 1, max: 86_400_000 }),
    logFilter: readLogFilter(ini, problems),
    warnings,
  };
  if (problems.length > 0) throw new ConfigInvalid({ problems });
  return config;
}

function readAccept(ini: ConfigIni, problems: ConfigProblem[]): AcceptMode {
  const text = ini.get("SRPC", "accept") ?? "balanced";
  if (text === "balanced" || text === "direct") return text;
  problems.push({ path: "[SRPC] accept", message: `is ${JSON.stringify(text)}, use balanced or direct` });
  return "balanced";
}

interface NumberLimits {
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
}

function readNumber(
  ini: ConfigIni,
  opts: { readonly key: string; readonly limits: NumberLimits; readonly problems: ConfigProblem[] },
): number {
  const { fallback, min, max } = opts.limits;
  const text = ini.get("SRPC", opts.key);
  if (text === undefined) return fallback;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  const message = `is ${JSON.stringify(text)}, use a whole number from ${min} to ${max}`;
  opts.problems.push({ path: `[SRPC] ${opts.key}`, message });
  return fallback;
}

/** `[LOG] Level` and the rules of `[COLOR]`: FieldName0/FieldValue0, 1, … up to the first name that is missing. */
export function readLogFilter(ini: ConfigIni, problems: ConfigProblem[]): LogFilter {
  const name = ini.get("LOG", "Level");
  const level: LogLevel | undefined = name === undefined ? "ERROR" : tryLogLevel(name);
  if (level === undefined) {
    const message = `is ${JSON.stringify(name)}, use TRACE, DEBUG, INFO, ERROR, FATAL or NONE`;
    problems.push({ path: "[LOG] Level", message });
  }
  const rules: ColorRule[] = [];
  for (let n = 0; n < MAX_COLOR_RULES; n += 1) {
    const field = ini.get("COLOR", `FieldName${n}`);
    if (field === undefined) break;
    rules.push({ field, value: ini.get("COLOR", `FieldValue${n}`) ?? "" });
  }
  return new LogFilter(level, rules);
}

/** Says what in config.ini has no effect. Whoever read the file does it, once. */
export function logWarnings(config: ServiceConfig, logger: Logger): void {
  for (const { path, message } of config.warnings) logger.warn("configuration", { path, message });
}
