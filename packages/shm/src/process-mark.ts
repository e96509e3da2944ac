/** Who a process or thread is: its id and its start time, since ids are used again. */
import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

/** A thread of some process of this machine. The first thread of a process has the process's id. */
export interface ThreadMark {
  readonly id: number;
  readonly start: number;
}

let own: ThreadMark | undefined;

/** The calling thread. Off Linux, where threads have no ids to be seen, its process. */
export function ownThread(): ThreadMark {
  own ??= readOwnThread();
  return own;
}

function readOwnThread(): ThreadMark {
  const id = tryOwnThreadId() ?? process.pid;
  return { id, start: tryProcessStart(id) ?? 0 };
}

/** `/proc/thread-self` is a link to `<pid>/task/<id>` of the thread that reads it. */
function tryOwnThreadId(): number | undefined {
  try {
    const id = Number(basename(readlinkSync("/proc/thread-self")));
    return Number.isInteger(id) && id > 0 ? id : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Start time of a process or thread in clock ticks since boot (low 32 bits), or `undefined` when there is none.
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

/** True when process or thread `pid` runs and is the one that noted `start`. A `start` of 0 is not compared. */
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
