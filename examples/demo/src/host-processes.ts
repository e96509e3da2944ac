/** Processes of a service on one machine, found by the state file that its controller writes. */
import { readFileSync } from "node:fs";
import { homePaths, parseServiceName } from "@msec/core";

export interface HostState {
  readonly pid: number;
  readonly state: string;
  readonly workers: readonly { readonly pid: number }[];
}

export function readHost(home: string, service: string): HostState | undefined {
  try {
    return JSON.parse(readFileSync(homePaths(home).service(parseServiceName(service)).state, "utf8"));
  } catch {
    return undefined;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Signals controller and (for SIGKILL) workers; waits until they are gone, at most 15 s. @returns the pids */
export async function killHost(
  home: string,
  service: string,
  signal: "SIGKILL" | "SIGTERM",
): Promise<readonly number[]> {
  const host = readHost(home, service);
  if (!host || !isAlive(host.pid)) return [];
  const pids = [host.pid, ...host.workers.map((worker) => worker.pid)];
  for (const pid of signal === "SIGKILL" ? pids : [host.pid]) if (isAlive(pid)) process.kill(pid, signal);
  const deadlineMs = Date.now() + 15_000;
  while (pids.some(isAlive) && Date.now() < deadlineMs) await new Promise((resolve) => setTimeout(resolve, 20));
  return pids;
}
