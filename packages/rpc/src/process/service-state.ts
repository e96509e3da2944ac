/**
 * The state file of a running service: written by its controller on each change (temporary file and rename, so a reader never sees
 * half of it), read by the agent and by `msec ps`.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ServiceStat } from "./service-stat.js";
import type { ReloadState, ServicePhase } from "./supervisor-snapshot.js";
import type { WorkerPhase } from "./worker-set.js";

export interface ServiceState {
  /** `First.Second`. */
  readonly service: string;
  /** Release that runs; `dev` when it was not started from a release directory. */
  readonly releaseId: string;
  /** The controller. */
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat: with it a recycled process id is recognised. 0 = not known. */
  readonly startTicks: number;
  readonly state: ServicePhase;
  readonly workers: readonly WorkerState[];
  /** Where it listens: `127.0.0.2:8090/tcp`. */
  readonly listen: readonly string[];
  /** Workers that were replaced since the start of the controller. */
  readonly restarts: number;
  readonly startedAtMs: number;
  /** The last order to start new workers beside the old ones. Not in files of older versions. */
  readonly reload?: ReloadState;
  /** What a person should know: why it failed, which worker died. "" when all is well. */
  readonly text: string;
}

export interface WorkerState {
  readonly pid: number;
  readonly startTicks: number;
  readonly state: WorkerPhase;
  /** Grows by one with each reload. */
  readonly generation?: number;
}

/** Start of a process in clock ticks since boot; undefined when there is none (a zombie counts as none); 0 where it can't be read. */
export function tryStartTicks(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the name may hold blanks and brackets
    return fields[0] === "Z" || fields[0] === "X" ? undefined : Number(fields[19]);
  } catch {
    return process.platform !== "linux" && isAlive(pid) ? 0 : undefined;
  }
}

/** Whether that very process still runs. */
export function isStillRunning(process: { readonly pid: number; readonly startTicks: number }): boolean {
  const now = tryStartTicks(process.pid);
  return now !== undefined && (now === 0 || process.startTicks === 0 || now === process.startTicks);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

export function writeServiceState(path: string, state: ServiceState): void {
  writeJson(path, state);
}

export function writeServiceStat(path: string, stat: ServiceStat): void {
  writeJson(path, stat);
}

/** What a service counted, as of at most two seconds ago while it runs; undefined when there is nothing. */
export function tryReadServiceStat(path: string): ServiceStat | undefined {
  try {
    const stat = JSON.parse(readFileSync(path, "utf8")) as Partial<ServiceStat> | null;
    return typeof stat?.atMs === "number" && Array.isArray(stat.workers) ? (stat as ServiceStat) : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces a file as a whole. */
export function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, `${JSON.stringify(value, undefined, 2)}\n`);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** The last state that a controller wrote; undefined when there is none or it can't be read. It may be of a dead process. */
export function tryReadServiceState(path: string): ServiceState | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isServiceState(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isServiceState(value: unknown): value is ServiceState {
  const state = value as Partial<Record<keyof ServiceState, unknown>> | null;
  return (
    typeof state === "object" &&
    state !== null &&
    typeof state.service === "string" &&
    typeof state.pid === "number" &&
    typeof state.startTicks === "number" &&
    typeof state.state === "string" &&
    Array.isArray(state.workers) &&
    Array.isArray(state.listen)
  );
}
