/** What a process used, from /proc. */
import { readFileSync } from "node:fs";

/** Ticks of /proc/<pid>/stat per second on Linux. */
const TICKS_PER_SEC = 100;

/** CPU seconds, user and system, of all threads. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SEC;
}

function statusMb(pid: number, key: string): number {
  const line = readFileSync(`/proc/${pid}/status`, "utf8").match(new RegExp(`^${key}:\\s+(\\d+) kB`, "m"));
  return round(Number(line?.[1] ?? 0) / 1024);
}

/** Resident memory; shared pages of mapped files count. */
export function rssMb(pid: number): number {
  return statusMb(pid, "VmRSS");
}

export function peakRssMb(pid: number): number {
  return statusMb(pid, "VmHWM");
}

/** Part of the resident memory that is mapped files: shared with the services of the machine. */
export function sharedMb(pid: number): number {
  return statusMb(pid, "RssFile") + statusMb(pid, "RssShmem");
}

/** Milliseconds of the clock that all processes of the machine share. */
export function machineNowMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** p50, p99 and the largest. */
export function spread(values: readonly number[]): { p50: number; p99: number; max: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { p50: at(0.5), p99: at(0.99), max: round(sorted.at(-1) ?? 0) };
}
