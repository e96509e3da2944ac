/** The machine's logs from the port to the console: listeners, spool, forwarder. */
import type { Clock, HomePaths, Logger } from "@msec/core";
import { Closers } from "../closers.js";
import type { AgentConfig } from "../config.js";
import type { ConsoleRequester } from "../console-link/console-link.js";
import { HopThinning } from "./hop-thinning.js";
import { LogForwarder } from "./log-forwarder.js";
import { listenForLogs } from "./log-listener.js";
import { LogSpool } from "./log-spool.js";

export interface LogIntakeOptions {
  readonly config: AgentConfig;
  readonly paths: HomePaths;
  readonly console: ConsoleRequester;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface LogIntake {
  readonly port: number;
  /** Records on disk that the console has not got yet. */
  readonly waitingRecords: number;
  /** Records given up since the start. */
  readonly droppedRecords: number;
  /** Hop records left out since the start, since there were more than `hopRecordsPerSec`. */
  readonly thinnedHops: number;
  stop(): Promise<void>;
}

export async function startLogIntake(options: LogIntakeOptions): Promise<LogIntake> {
  const { config, paths, console, clock, logger } = options;
  const closers = new Closers();
  const directory = `${paths.agent}/logs`;
  const spool = await LogSpool.open({
    directory,
    segmentBytes: config.logSegmentBytes,
    maxBytes: config.logSpoolMaxBytes,
    logger,
  });
  closers.add(() => spool.close());
  const thinning = new HopThinning({ ratePerSec: config.hopRecordsPerSec, nowMs: () => clock.monotonicMs() });
  const listen = (host: string, port: number) =>
    listenForLogs({
      host,
      port,
      machineAddress: config.address,
      nowMs: () => clock.nowMs(),
      logger,
      thinning,
      onEvent: (json) => spool.append(json),
      isBehind: () => spool.isBehind,
      onProgress: (listener) => spool.onWritten(listener),
    });
  try {
    const main = await listen(config.address, config.logPort);
    closers.add(() => main.close());
    if (config.logOnLoopback && config.address !== "127.0.0.1") {
      const loopback = await listen("127.0.0.1", main.port);
      closers.add(() => loopback.close());
    }
    const forwarder = new LogForwarder({ spool, console, positionPath: `${directory}/position.json`, logger });
    closers.add(() => forwarder.stop());
    return {
      port: main.port,
      get waitingRecords() {
        return forwarder.waitingRecords;
      },
      get droppedRecords() {
        return spool.droppedRecords;
      },
      get thinnedHops() {
        return thinning.thinned;
      },
      stop: () => closers.closeAll(),
    };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}
