/** Who a process is: its id and its start time, since ids are used again. */
import { readFileSync } from "node:fs";

/**
 * Start time of a process in clock ticks since boot (low 32 bits), or `undefined` when there is no such process.
 * Off Linux, where it cannot be read, 0.
 */
export function tryProcessStart(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the name may hold blanks and brackets
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    return Number(fields[19]) | 0;
  } catch {
    return isAlive(pid) ? 0 : undefined;
  }
}

/** True when process `pid` runs and is the one that noted `start`. A `start` of 0 is not compared. */
export function isSameProcess(pid: number, start: number): boolean {
  const now = tryProcessStart(pid);
  if (now === undefined) return false;
  return start === 0 || now === 0 || now === start;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
