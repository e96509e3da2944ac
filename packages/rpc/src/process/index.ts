export { type AcceptMode, type ControllerOptions, runController } from "./controller.js";
export { ServiceAlreadyRuns } from "./errors.js";
export { openSharedServer, type SharedServerOptions } from "./open-shared-server.js";
export {
  isStillRunning,
  type ServiceState,
  tryReadServiceState,
  tryStartTicks,
  type WorkerState,
  writeServiceState,
} from "./service-state.js";
export {
  type ServicePhase,
  Supervisor,
  type SupervisorAction,
  type SupervisorOptions,
  type SupervisorSnapshot,
  type WorkerPhase,
} from "./supervisor.js";
export { openWorkerChannel, type WorkerChannel } from "./worker-channel.js";
