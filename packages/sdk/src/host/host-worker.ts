import type { Logger } from "@msec/core";
import { openWorkerChannel, type WorkerChannel } from "@msec/rpc/process";
import { watchLogFilter } from "../config/log-filter-watch.js";
import { type RunningService, runService } from "../run-service.js";
import type { HostOptions } from "./host-options.js";
import { loadPlugin, readReleaseConfig, startErrorText } from "./release-dir.js";

/** A worker: holds the author's code and serves until its controller, or a signal, ends it. Ends the process itself. */
export async function runHostWorker(options: HostOptions, logger: Logger): Promise<void> {
  process.setSourceMapsEnabled(true); // stacks name the author's lines
  let running: RunningService | undefined;
  const channel = openWorkerChannel(
    ({ isHandover }) => void end(running, { isHandover, channel, logger }),
    () => running?.stat(),
  );
  process.on("uncaughtException", (error) => {
    void onCrash(error, { running, channel, logger });
  });
  try {
    const config = readReleaseConfig(options.dir, options.bind);
    const definition = await loadPlugin(`${options.dir}/plugin`, options.service);
    const { service, home } = options;
    const onListenersClosed = (): Promise<void> => channel.closed();
    running = await runService(definition, { service, config, home, logger, onListenersClosed });
    const onChange = (problem: string): void => channel.notice(problem);
    watchLogFilter(`${options.dir}/etc/config.ini`, { loaded: config.ini, running, logger, onChange });
    logger.info("worker is ready", { listen: running.addresses });
    channel.ready(running.addresses);
  } catch (error) {
    logger.error("worker can't start", { error });
    await channel.failed(startErrorText(error));
    process.exit(1);
  }
}

async function end(
  running: RunningService | undefined,
  opts: { isHandover: boolean; channel: WorkerChannel; logger: Logger },
): Promise<void> {
  const { isHandover, channel, logger } = opts;
  const result = await running?.stop({ isHandover });
  logger.info("worker stopped", { cutOff: result?.cutOff ?? 0 });
  await channel.report();
  process.exit(0);
}

/** An error that nobody caught: the process's state is unknown, so it is replaced, but its last words are kept. */
async function onCrash(
  error: unknown,
  opts: { running: RunningService | undefined; channel: WorkerChannel; logger: Logger },
): Promise<void> {
  opts.logger.error("uncaught error, the worker ends", { error });
  const timer = setTimeout(() => process.exit(1), 1_000);
  if (opts.running) {
    opts.running.app.log.fatal(`uncaught error: ${error instanceof Error ? error.stack : String(error)}`);
    await opts.running.stop({ graceMs: 500 });
  } else await opts.channel.failed(startErrorText(error));
  clearTimeout(timer);
  process.exit(1);
}
