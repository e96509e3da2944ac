import type { ServiceName } from "./service-name.js";

/**
 * Where state lives under one home directory (`MSEC_HOME`). Pure strings; no file is touched.
 *
 *   console/                       the console's database, blobs and keys
 *   agent/                         identity, orders, naming tables, monitor ring, log spool
 *   <First>/<Second>/releases/<id> immutable release directories
 *   <First>/<Second>/current       symbolic link to the running one
 *   backup/
 */
export interface HomePaths {
  readonly root: string;
  readonly console: string;
  readonly agent: string;
  /** Live tables, one file per service, mapped by every process of the machine. */
  readonly naming: string;
  /** Ring of metric records, mapped by every process of the machine. Spec: monitor.md §2. */
  readonly monitorRing: string;
  /** What the agent tells local processes about itself: `{ logAddress, address, agentId }`. */
  readonly agentInfo: string;
  /** Certificates, a directory per service and `machine` for programs that are none. Written by the agent. */
  tls(service?: string): string;
  readonly backup: string;
  liveTable(service: string): string;
  service(name: ServiceName): ServiceHomePaths;
}

export interface ServiceHomePaths {
  readonly root: string;
  readonly releases: string;
  readonly current: string;
  /** State of the controller: pid, start time, workers. Written by the controller, read by agent and `msec ps`. */
  readonly state: string;
  /** What the service counted; written by the controller once a second, read by `msec stat`. */
  readonly stat: string;
  /** Whether it shall run, and who said so; written by agent and `msec start`/`msec stop`. */
  readonly wanted: string;
  readonly log: string;
  release(releaseId: string): string;
}

export function homePaths(root: string): HomePaths {
  const agent = `${root}/agent`;
  return {
    root,
    console: `${root}/console`,
    agent,
    naming: `${agent}/naming`,
    monitorRing: `${agent}/monitor/monitor.mmap`,
    agentInfo: `${agent}/agent.json`,
    tls: (service = "machine") => `${agent}/tls/${service}`,
    backup: `${root}/backup`,
    liveTable: (service) => `${agent}/naming/${service}.live`,
    service: (name) => serviceHomePaths(`${root}/${name.first}/${name.second}`),
  };
}

function serviceHomePaths(root: string): ServiceHomePaths {
  return {
    root,
    releases: `${root}/releases`,
    current: `${root}/current`,
    state: `${root}/state.json`,
    stat: `${root}/stat.json`,
    wanted: `${root}/wanted.json`,
    log: `${root}/log`,
    release: (releaseId) => `${root}/releases/${releaseId}`,
  };
}
