import { readFileSync, statSync } from "node:fs";
import type { Logger } from "@msec/core";
import type { RunningService } from "../run-service.js";
import type { ConfigIni } from "./config-ini.js";
import { pendingKeys } from "./config-values.js";
import { parseServiceConfig } from "./service-config.js";

const CHECK_EVERY_MS = 1_000;

/**
 * Takes over changes of `[LOG]`, `[COLOR]` and the lists of who may call while the service runs: the live part of config.ini. A
 * file that is wrong anywhere leaves the old rules and is told to `onChange`, as are changed keys that do not count yet; "" = all does.
 */
export function watchLogFilter(
  path: string,
  opts: {
    /** What the running service was started with. */
    readonly loaded: ConfigIni;
    readonly running: Pick<RunningService, "setLogFilter"> & Partial<Pick<RunningService, "setAllowed">>;
    readonly logger: Logger;
    readonly onChange?: (problem: string) => void;
  },
): () => void {
  let seen = tryStamp(path);
  const timer = setInterval(() => {
    const stamp = tryStamp(path);
    if (stamp === seen || stamp === undefined) return;
    seen = stamp;
    try {
      const config = parseServiceConfig(readFileSync(path, "utf8"), { file: path });
      opts.running.setLogFilter(config.logFilter);
      opts.running.setAllowed?.(config);
      const pending = pendingText(opts.loaded, config.ini);
      opts.logger.info("what changes live was read again", { path, pending });
      opts.onChange?.(pending);
    } catch (error) {
      const problem = `config.ini was changed and is wrong, what was read before stays: ${(error as Error).message}`;
      opts.logger.error("config.ini was changed and is wrong; what was read before stays", { error });
      opts.onChange?.(problem);
    }
  }, CHECK_EVERY_MS).unref();
  return () => clearInterval(timer);
}

function pendingText(loaded: ConfigIni, now: ConfigIni): string {
  const { reload, restart } = pendingKeys(loaded, now);
  const parts = [
    ...(reload.length > 0 ? [`${reload.join(", ")} after msec reload`] : []),
    ...(restart.length > 0 ? [`${restart.join(", ")} after msec restart`] : []),
  ];
  return parts.length === 0 ? "" : `config.ini was changed and does not count yet: ${parts.join("; ")}`;
}

function tryStamp(path: string): string | undefined {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return undefined;
  }
}
