/** Which log records leave the process. Spec: docs/reference/config-ini.md, [LOG] and [COLOR]. */

/** Levels of log records, lowest first. There is no WARN. */
export const LOG_LEVELS = ["TRACE", "DEBUG", "INFO", "ERROR", "FATAL", "NONE"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const RANK: Readonly<Record<LogLevel, number>> = { TRACE: 0, DEBUG: 1, INFO: 2, ERROR: 3, FATAL: 4, NONE: 5 };

/** A record with this field and exactly this value is kept whatever its level. */
export interface ColorRule {
  readonly field: string;
  readonly value: string;
}

/** Level by its name in any case; undefined when there is none of that name. */
export function tryLogLevel(name: string): LogLevel | undefined {
  const upper = name.toUpperCase();
  return LOG_LEVELS.find((level) => level === upper);
}

export class LogFilter {
  readonly level: LogLevel;
  /** A record that fits one of them goes, whatever its level. */
  readonly rules: readonly ColorRule[];

  /** @param level lowest level that is kept; default ERROR. The rule `Coloring` = `1` is always there. */
  constructor(level: LogLevel = "ERROR", rules: readonly ColorRule[] = []) {
    this.level = level;
    this.rules = [...rules.filter((rule) => rule.field !== "" && rule.value !== ""), { field: "Coloring", value: "1" }];
  }

  /** True when the level alone suffices. */
  hasLevel(level: LogLevel): boolean {
    return RANK[level] >= RANK[this.level];
  }
}
