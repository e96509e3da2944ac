import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type HomePaths, homePaths, type Logger, parseServiceName, type ServiceHomePaths } from "@msec/core";
import {
  ReloadRefused,
  runController,
  tryStartTicks,
  type WorkerSetOptions,
  writeServiceState,
} from "@msec/rpc/process";
import { createRingOpener, MetricEmitter } from "@msec/telemetry";
import { logWarnings, type ServiceConfig } from "../config/service-config.js";
import { HostArgumentInvalid } from "../errors.js";
import type { HostOptions } from "./host-options.js";
import { readManifest, readReleaseConfig, readReleaseId, startErrorText } from "./release-dir.js";

/** Directory of this package. */
const OWN_SDK = fileURLToPath(new URL("../..", import.meta.url));
/** From the end of the drain to the kill: for `fini` and the last logs. */
const STOP_MARGIN_MS = 2_000;

/** The controller of a service. @returns exit code: 0 = stopped in order, 1 = could not start, see the state file */
export async function runHostController(options: HostOptions, deps: { exec: string; logger: Logger }): Promise<number> {
  const { service } = options;
  const { logger } = deps;
  const paths = homePaths(options.home);
  const own = paths.service(parseServiceName(service));
  const startedAtMs = Date.now();
  const metrics = createMetrics(service, paths);
  let releaseId = "dev";
  try {
    releaseId = readReleaseId(options.dir);
    const { config, set } = readSet(options, options.dir, deps);
    return await runController({
      ...set,
      service,
      statePath: own.state,
      statPath: own.stat,
      accept: config.accept,
      logger,
      onReload: () => readReload(options, own, { ...deps, before: config }),
      onFork: (isReplacement) => metrics.add(isReplacement ? "frm.ctrl pull-up worker" : "frm.ctrl start-up worker"),
    });
  } catch (error) {
    const text = startErrorText(error);
    logger.error("service can't start", { error });
    if ((error as { reason?: string }).reason === "EXEC_ALREADY_RUNS") return 1; // the state file is the other one's
    const startTicks = tryStartTicks(process.pid) ?? 0;
    const nothing = { workers: [], listen: [], restarts: 0 };
    writeServiceState(own.state, {
      service,
      releaseId,
      pid: process.pid,
      startTicks,
      state: "failed",
      ...nothing,
      startedAtMs,
      text,
    });
    return 1;
  } finally {
    metrics.stop();
  }
}

function createMetrics(service: string, paths: HomePaths): MetricEmitter {
  return new MetricEmitter({ service, openSink: createRingOpener(paths.monitorRing) }).start();
}

/** What workers are started with from a release directory. @throws CFG_INVALID, EXEC_PLUGIN_INVALID, EXEC_RELEASE_INVALID */
function readSet(
  options: HostOptions,
  dir: string,
  deps: { exec: string; logger: Logger },
): { readonly config: ServiceConfig; readonly set: WorkerSetOptions } {
  const releaseId = readReleaseId(dir);
  const config = readReleaseConfig(dir, options.bind);
  readManifest(`${dir}/plugin`);
  logWarnings(config, deps.logger);
  deps.logger.info("release read", { releaseId, workers: config.procnum, dir });
  const set: WorkerSetOptions = {
    releaseId,
    exec: deps.exec,
    args: ["worker", "--service", options.service, "--dir", dir],
    cwd: dir,
    workers: config.procnum,
    heartbeatTimeoutMs: config.heartbeatMs,
    startTimeoutMs: config.startTimeoutMs,
    graceMs: config.drainMs + STOP_MARGIN_MS,
  };
  return { config, set };
}

/** @throws EXEC_RELOAD_REFUSED and what {@link readSet} throws */
function readReload(
  options: HostOptions,
  own: ServiceHomePaths,
  deps: { exec: string; logger: Logger; before: ServiceConfig },
): WorkerSetOptions {
  const { service } = options;
  const { before } = deps;
  const dir = currentDir(options.dir, own);
  const { config, set } = readSet(options, dir, deps);
  if (!hasOwnSdk(dir))
    throw new ReloadRefused({ service, problem: "the release was installed for another @msec/sdk; use restart" });
  if (!before.isReloadable) throw new ReloadRefused({ service, problem: "[SRPC] reload = off; use restart" });
  if (config.accept !== before.accept) {
    const problem = `[SRPC] accept was ${before.accept} and is ${config.accept}, which needs a restart`;
    throw new ReloadRefused({ service, problem });
  }
  return set;
}

/** Workers run the host's SDK; a plug-in that finds another one beside it would not be understood. */
function hasOwnSdk(dir: string): boolean {
  const linked = tryRealPath(`${dir}/node_modules/@msec/sdk`);
  return linked === undefined || linked === tryRealPath(OWN_SDK);
}

/** A release is left for the one that is current now; any other directory is read again where it is. */
function currentDir(dir: string, own: ServiceHomePaths): string {
  if (dirname(realpathSync(dir)) !== tryRealPath(own.releases)) return dir;
  try {
    return realpathSync(own.current);
  } catch (error) {
    throw new HostArgumentInvalid({ problem: `there is no release at ${own.current}` }, { cause: error });
  }
}

function tryRealPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
