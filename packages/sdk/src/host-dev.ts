import type { Logger } from "@msec/core";
import { openWorkerChannel } from "@msec/rpc/process";
import type { HostOptions } from "./host-options.js";
import { loadPlugin, readReleaseConfig } from "./release-dir.js";
import { runService } from "./run-service.js";
import { logWarnings } from "./service-config.js";

/** One process without a controller, for `msec run`: prints business log records too. Resolves when it was stopped. */
export async function runHostDev(options: HostOptions, logger: Logger): Promise<number> {
  process.setSourceMapsEnabled(true);
  const config = readReleaseConfig(options.dir, options.bind);
  logWarnings(config, logger);
  const definition = await loadPlugin(`${options.dir}/plugin`, options.service);
  const running = await runService(definition, {
    ...{ service: options.service, config, home: options.home, logger },
    onLogRecord: ({ headers, body }) => logger.info("log", { text: body, ...headers }),
  });
  logger.info("ready", { listen: running.addresses });
  await new Promise<void>((resolve) => {
    const channel = openWorkerChannel(() => {
      channel.close();
      resolve();
    });
  });
  await running.stop();
  return 0;
}
