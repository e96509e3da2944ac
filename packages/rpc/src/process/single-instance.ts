/**
 * One controller per service and home, also when two are started at the same moment: a lock file that is made whole by `link`, which
 * fails when it is there. It holds the process, so that the lock of a killed one is taken over.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ServiceAlreadyRuns } from "./errors.js";
import { isStillRunning, tryStartTicks } from "./service-state.js";

interface Holder {
  readonly pid: number;
  readonly startTicks: number;
}

/** @returns gives the lock back. @throws EXEC_ALREADY_RUNS a living process holds it */
export function takeServiceLock(path: string, service: string): () => void {
  mkdirSync(dirname(path), { recursive: true });
  const own = `${path}.${process.pid}`;
  writeFileSync(own, JSON.stringify({ pid: process.pid, startTicks: tryStartTicks(process.pid) ?? 0 }));
  try {
    while (!tryLink(own, path)) {
      const holder = tryReadHolder(path);
      if (holder && holder.pid !== process.pid && isStillRunning(holder)) {
        throw new ServiceAlreadyRuns({ service, pid: holder.pid });
      }
      setAside(path, holder);
    }
  } finally {
    rmSync(own, { force: true });
  }
  return () => {
    if (tryReadHolder(path)?.pid === process.pid) rmSync(path, { force: true });
  };
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Only one of several finders gets the dead one's file; who got a living one's instead puts it back. */
function setAside(path: string, dead: Holder | undefined): void {
  const aside = `${path}.${process.pid}.dead`;
  try {
    renameSync(path, aside);
  } catch {
    return; // another one was faster
  }
  if (tryReadHolder(aside)?.pid !== dead?.pid) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function tryReadHolder(path: string): Holder | undefined {
  try {
    const { pid, startTicks } = JSON.parse(readFileSync(path, "utf8")) as Partial<Holder>;
    return typeof pid === "number" && typeof startTicks === "number" ? { pid, startTicks } : undefined;
  } catch {
    return undefined;
  }
}
