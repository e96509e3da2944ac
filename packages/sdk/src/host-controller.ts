import { homePaths, type Logger, parseServiceName } from "@msec/core";
import { runController, tryStartTicks, writeServiceState } from "@msec/rpc/process";
import { createRingOpener, MetricEmitter } from "@msec/telemetry";
import type { HostOptions } from "./host-options.js";
import { readManifest, readReleaseConfig, readReleaseId, startErrorText } from "./release-dir.js";
import { logWarnings } from "./service-config.js";

/** From the end of the drain to the kill: for `fini` and the last logs. */
const STOP_MARGIN_MS = 2_000;

/** The controller of a service. @returns exit code: 0 = stopped in order, 1 = could not start, see the state file */
export async function runHostController(options: HostOptions, deps: { exec: string; logger: Logger }): Promise<number> {
  const { service, dir } = options;
  const { logger } = deps;
  const paths = homePaths(options.home);
  const statePath = paths.service(parseServiceName(service)).state;
  const startedAtMs = Date.now();
  const metrics = new MetricEmitter({ service, openSink: createRingOpener(paths.monitorRing) }).start();
  let releaseId = "dev";
  try {
    releaseId = readReleaseId(dir);
    const config = readReleaseConfig(dir, options.bind);
    readManifest(`${dir}/plugin`);
    logWarnings(config, logger);
    logger.info("controller starts", { releaseId, workers: config.procnum, dir });
    return await runController({
      service,
      releaseId,
      statePath,
      exec: deps.exec,
      args: ["worker", "--service", service, "--dir", dir],
      logger,
      workers: config.procnum,
      accept: config.accept,
      heartbeatTimeoutMs: config.heartbeatMs,
      startTimeoutMs: config.startTimeoutMs,
      graceMs: config.drainMs + STOP_MARGIN_MS,
      onFork: (isReplacement) => metrics.add(isReplacement ? "frm.ctrl pull-up worker" : "frm.ctrl start-up worker"),
    });
  } catch (error) {
    const text = startErrorText(error);
    logger.error("service can't start", { error });
    if ((error as { reason?: string }).reason === "EXEC_ALREADY_RUNS") return 1; // the state file is the other one's
    const startTicks = tryStartTicks(process.pid) ?? 0;
    const nothing = { workers: [], listen: [], restarts: 0 };
    writeServiceState(statePath, {
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
