/** What the framework itself reads of config.ini: the rows of config-keys.ts, `listen`, and the log rules. */
import { ConfigInvalid, type ConfigProblem, type Logger } from "@msec/core";
import {
  type DatagramLimits,
  DEFAULT_TRUSTED,
  parseNetwork,
  type RpcClientLimits,
  type RpcServerLimits,
  type TargetOptions,
} from "@msec/rpc";
import { type ColorRule, LogFilter, type LogLevel, tryLogLevel } from "@msec/telemetry";
import { type ConfigIni, parseConfigIni } from "./config-ini.js";
import type { ConfigValues } from "./config-keys.js";
import { readConfigValues, unknownKeyWarnings } from "./config-values.js";
import { DEFAULT_LISTEN, type ListenItem, type ListenOptions, readListen } from "./listen-items.js";
import { allowProblems } from "./service-security.js";

export interface ServiceConfig extends ConfigValues {
  readonly ini: ConfigIni;
  readonly listen: readonly ListenItem[];
  readonly logFilter: LogFilter;
  /** Keys that do nothing here, duplicates and the like; for the log. */
  readonly warnings: readonly ConfigProblem[];
}

const MAX_COLOR_RULES = 1_000;

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
  const warnings = [...ini.warnings, ...unknownKeyWarnings(ini)];
  const listen = readListen(ini.get("SRPC", "listen") ?? DEFAULT_LISTEN, options, problems);
  const config: ServiceConfig = {
    ...readConfigValues(ini, problems),
    ini,
    listen,
    logFilter: readLogFilter(ini, problems),
    warnings,
  };
  checkNetworks(config.udpTrusted, problems);
  problems.push(...allowProblems(config));
  if (problems.length > 0) throw new ConfigInvalid({ problems });
  return config;
}

function checkNetworks(networks: readonly string[], problems: ConfigProblem[]): void {
  for (const network of networks) {
    try {
      parseNetwork(network);
    } catch (error) {
      problems.push({ path: "[SRPC] udp_trusted", message: (error as Error).message });
    }
  }
}

/** What `[SRPC]` says about senders of datagrams. */
export function datagramLimits(config: ServiceConfig): DatagramLimits {
  const { udpTrusted, udpMaxFactor: maxFactor, udpRate: ratePerSec } = config;
  return { trusted: [...DEFAULT_TRUSTED, ...udpTrusted], maxFactor, ratePerSec };
}

/** What `[SRPC]` says about the server. */
export function serverLimits(config: ServiceConfig): RpcServerLimits {
  const { maxInFlight, maxQueueDelayMs, maxConnections, maxFrameBytes, idleTimeoutMs } = config;
  return {
    ...{ maxInFlight, maxQueueDelayMs, maxConnections, maxFrameBytes, idleTimeoutMs },
    maxQueueMs: config.msgTimeoutMs,
    maxQueuedOutputBytes: config.maxQueuedBytes,
    maxBufferedBytes: config.maxBufferedBytes,
    messageTimeoutMs: config.messageTimeoutMs,
    maxConnectionsPerAddress: config.maxConnectionsPerAddress,
  };
}

/** What `[CLIENT]` says about calls to other services. */
export function clientLimits(config: ServiceConfig): RpcClientLimits {
  return {
    connectionsPerAddress: config.clientConnections,
    connectTimeoutMs: config.clientConnectTimeoutMs,
    idleTimeoutMs: config.clientIdleTimeoutMs,
    maxInFlight: config.clientMaxInFlight,
    maxFrameBytes: config.clientMaxFrameBytes,
    retryBudget: { ratio: config.clientRetryRatio, burst: config.clientRetryBurst },
  };
}

/** What `[CLIENT]` says about every call that does not say otherwise. */
export function clientDefaults(config: ServiceConfig): TargetOptions {
  const { clientHedgeAfterMs: afterMs, clientShortConnections: shortConnection } = config;
  return { shortConnection, ...(afterMs > 0 && { hedge: { afterMs } }) };
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
