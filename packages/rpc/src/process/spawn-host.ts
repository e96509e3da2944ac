/** Starts service hosts. A host is the leader of its own process group and survives whoever started it. */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { tryStartTicks } from "./service-state.js";

export interface HostSpec {
  readonly hostScript: string;
  readonly service: string;
  readonly releaseDir: string;
  readonly logDir: string;
  readonly home: string;
  /** What `all` in `listen` stands for; undefined = every address. */
  readonly bindAddress: string | undefined;
}

export interface HostProcess {
  readonly pid: number;
  readonly startTicks: number;
}

/** @param onExit called once when the own child ends, with why in words */
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
      resolve({ pid, startTicks: tryStartTicks(pid) ?? 0 });
    });
  });
}

/** Nothing of the starter's own settings or secrets leaks into a service. */
function hostEnvironment(spec: HostSpec): NodeJS.ProcessEnv {
  const passed = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR"];
  const own = Object.fromEntries(passed.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
  const { bindAddress } = spec;
  return { ...own, MSEC_HOME: spec.home, ...(bindAddress === undefined ? {} : { MSEC_BIND_ADDRESS: bindAddress }) };
}

/** Where the host's own log goes. */
export function hostLogPath(logDir: string): string {
  return `${logDir}/ctrl.log`;
}

function openLog(logDir: string): number {
  mkdirSync(logDir, { recursive: true, mode: 0o700 });
  return openSync(hostLogPath(logDir), "a", 0o600);
}
