/** What a killed controller left behind. */
import type { Logger } from "@msec/core";
import { ServiceAlreadyRuns } from "./errors.js";
import { isStillRunning, tryReadServiceState } from "./service-state.js";

/**
 * Kills workers whose controller is gone: those that hang can't notice its death, and would hold the port.
 *
 * @throws EXEC_ALREADY_RUNS the state file names a controller that still lives
 */
export function killLeftWorkers(statePath: string, service: string, logger: Logger): void {
  const old = tryReadServiceState(statePath);
  if (!old) return;
  if (old.pid !== process.pid && isStillRunning(old)) throw new ServiceAlreadyRuns({ service, pid: old.pid });
  for (const worker of old.workers) {
    if (typeof worker.startTicks !== "number" || worker.startTicks === 0 || !isStillRunning(worker)) continue;
    logger.warn("kill a worker that its controller left behind", { pid: worker.pid });
    killProcess(worker.pid);
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone meanwhile.
  }
}
