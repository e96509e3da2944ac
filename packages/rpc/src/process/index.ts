export { runController } from "./controller.js";
export type { AcceptMode, ControllerOptions, WorkerSetOptions } from "./controller-options.js";
export { ReloadRefused, ServiceAlreadyRuns } from "./errors.js";
export { openSharedServer, retryWhileInUse, type SharedServerOptions } from "./open-shared-server.js";
export type { ServiceCounters, ServiceGauges, ServiceStat, WorkerStat, WorkerStatRow } from "./service-stat.js";
export {
  isStillRunning,
  type ServiceState,
  tryReadServiceStat,
  tryReadServiceState,
  tryStartTicks,
  type WorkerState,
  writeServiceState,
} from "./service-state.js";
export { type HostProcess, type HostSpec, hostLogPath, spawnHost } from "./spawn-host.js";
export { Supervisor } from "./supervisor.js";
export type { ReloadState, ServicePhase, SupervisorAction, SupervisorSnapshot } from "./supervisor-snapshot.js";
export { tryReadWantedState, type WantedState, writeWantedState } from "./wanted-state.js";
export { openWorkerChannel, type StopOrder, type WorkerChannel } from "./worker-channel.js";
export type { SupervisorOptions, WorkerPhase } from "./worker-set.js";
