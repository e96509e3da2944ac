import { readFileSync, statSync } from "node:fs";
import type { ConfigProblem, Logger } from "@msec/core";
import { parseConfigIni } from "./config-ini.js";
import type { RunningService } from "./run-service.js";
import { readLogFilter } from "./service-config.js";

const CHECK_EVERY_MS = 1_000;

/** Takes over changes of `[LOG]` and `[COLOR]` while the service runs; a broken file leaves the old rules. The only live part of config.ini. */
export function watchLogFilter(
  path: string,
  opts: { running: Pick<RunningService, "setLogFilter">; logger: Logger },
): () => void {
  let seen = tryStamp(path);
  const timer = setInterval(() => {
    const stamp = tryStamp(path);
    if (stamp === seen || stamp === undefined) return;
    seen = stamp;
    const problems: ConfigProblem[] = [];
    try {
      const filter = readLogFilter(parseConfigIni(readFileSync(path, "utf8"), path), problems);
      if (problems.length === 0) opts.running.setLogFilter(filter);
    } catch (error) {
      problems.push({ path, message: (error as Error).message });
    }
    if (problems.length > 0) opts.logger.warn("log rules not changed", { problems });
    else opts.logger.info("log rules read again", { path });
  }, CHECK_EVERY_MS).unref();
  return () => clearInterval(timer);
}

function tryStamp(path: string): string | undefined {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return undefined;
  }
}
