import type { Logger } from "@msec/core";
import { type DestinationStream, destination, type Logger as Pino, pino } from "pino";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** JSON lines, one event each, written at once so that nothing is lost when the process dies. Default target: stdout. */
export function createPinoLogger(name: string, level: LogLevel, target?: DestinationStream): Logger {
  return wrap(
    pino(
      { name, level, timestamp: pino.stdTimeFunctions.isoTime, base: { name, pid: process.pid } },
      target ?? destination({ fd: 1, sync: true }),
    ),
  );
}

function wrap(inner: Pino): Logger {
  return {
    debug: (msg, fields) => inner.debug(fields ?? {}, msg),
    info: (msg, fields) => inner.info(fields ?? {}, msg),
    warn: (msg, fields) => inner.warn(fields ?? {}, msg),
    error: (msg, fields) => inner.error(fields ?? {}, msg),
    child: (fields) => wrap(inner.child(fields)),
  };
}
