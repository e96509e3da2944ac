/** Starts and signals service hosts. A host is the leader of its own process group and survives the agent. */
import { spawn } from "node:child_process";
import { closeSync, copyFileSync, mkdirSync, openSync, statSync, truncateSync } from "node:fs";
import { tryProcessStart } from "@msec/shm";

/** A host's log is set aside above this size; one older file is kept. */
const MAX_LOG_BYTES = 16 << 20;

export interface HostSpec {
  readonly hostScript: string;
  readonly service: string;
  readonly releaseDir: string;
  readonly logDir: string;
  readonly home: string;
  readonly bindAddress: string;
}

export interface HostProcess {
  readonly pid: number;
  readonly startTicks: number;
}

/** @param onExit called once, when this agent's own child ended; not for adopted ones */
export function spawnHost(spec: HostSpec, onExit: (pid: number, why: string) => void): Promise<HostProcess> {
  const { hostScript, service, releaseDir } = spec;
  const log = openLog(spec.logDir);
  const child = spawn(process.execPath, [hostScript, "ctrl", "--service", service, "--dir", releaseDir], {
    cwd: releaseDir,
    detached: true,
    stdio: ["ignore", log, log],
    env: hostEnvironment(spec),
  });
  closeSync(log);
  child.unref();
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("spawn", () => {
      const pid = child.pid ?? 0;
      child.once("exit", (code, signal) => onExit(pid, signal ? `ended by ${signal}` : `exited with code ${code}`));
      resolve({ pid, startTicks: tryProcessStart(pid) ?? 0 });
    });
  });
}

/** Signals a process or, with `group`, all of its group. A process that is gone already is fine. */
export function signalHost(pid: number, signal: "SIGTERM" | "SIGKILL", group: boolean): void {
  try {
    process.kill(group ? -pid : pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Nothing of the agent's own settings or secrets leaks into a service. */
function hostEnvironment(spec: HostSpec): NodeJS.ProcessEnv {
  const passed = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR"];
  const own = Object.fromEntries(passed.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
  return { ...own, MSEC_HOME: spec.home, MSEC_BIND_ADDRESS: spec.bindAddress };
}

export function hostLogPath(logDir: string): string {
  return `${logDir}/ctrl.log`;
}

function openLog(logDir: string): number {
  mkdirSync(logDir, { recursive: true, mode: 0o700 });
  return openSync(hostLogPath(logDir), "a", 0o600);
}

/** Sets a log aside that grew large. The host appends, so it goes on at the start of the emptied file. */
export function boundHostLog(logDir: string, maxBytes = MAX_LOG_BYTES): void {
  const path = hostLogPath(logDir);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) <= maxBytes) return;
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
}
