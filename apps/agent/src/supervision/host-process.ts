/** Signals service hosts and bounds their logs. */
import { copyFileSync, statSync, truncateSync } from "node:fs";
import { hostLogPath } from "@msec/rpc/process";

/** A host's log is set aside above this size; one older file is kept. */
const MAX_LOG_BYTES = 16 << 20;

/** Signals a process or, with `group`, all of its group. A process that is gone already is fine. */
export function signalHost(pid: number, signal: "SIGTERM" | "SIGKILL" | "SIGUSR2", group: boolean): void {
  try {
    process.kill(group ? -pid : pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Sets a log aside that grew large. The host appends, so it goes on at the start of the emptied file. */
export function boundHostLog(logDir: string, maxBytes = MAX_LOG_BYTES): void {
  const path = hostLogPath(logDir);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) <= maxBytes) return;
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
}
