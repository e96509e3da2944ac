import { rmSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { Logger } from "@msec/core";
import { openWorkerChannel } from "@msec/rpc/process";
import type { LogRecord } from "@msec/telemetry";
import { logWarnings } from "../config/service-config.js";
import { type RunningService, runService } from "../run-service.js";
import type { HostOptions } from "./host-options.js";
import { loadDefinition, loadPlugin, readManifest, readReleaseConfig } from "./release-dir.js";

/** What `msec run` sends when there is a new bundle. */
interface ReplaceOrder {
  readonly msec: "replace";
  /** File in the plug-in directory; a name that was not used before, since Node loads a module once per name. */
  readonly main: string;
}

/**
 * One process without a controller, for `msec run`: prints business log records too, and takes new code over while it runs. What old code
 * leaves behind (modules, timers that its fini hook does not end) stays in memory until the process ends. Resolves when it was stopped.
 */
export async function runHostDev(options: HostOptions, logger: Logger): Promise<number> {
  process.setSourceMapsEnabled(true);
  const config = readReleaseConfig(options.dir, options.bind);
  logWarnings(config, logger);
  const plugin = resolve(options.dir, "plugin");
  const definition = await loadPlugin(plugin, options.service);
  const running = await runService(definition, {
    ...{ service: options.service, config, home: options.home, logger },
    onLogRecord: (record) => printRecord(record, logger),
  });
  const replacer = new Replacer(running, { plugin, logger, main: readManifest(plugin).main });
  process.on("message", replacer.onMessage);
  logger.info("ready", { listen: running.addresses });
  await new Promise<void>((stopped) => {
    const channel = openWorkerChannel(() => {
      channel.close();
      stopped();
    });
  });
  process.off("message", replacer.onMessage);
  await running.stop();
  return 0;
}

/** Headers that the line tells anyway, or that say nothing where one process runs; the others are of the request, and the author's own. */
const UNTOLD = new Set(["ClientIP", "ServerIP", "ServiceName", "Coloring", "InsTime"]);
const OF_REQUEST = new Set(["ReqID", "RPCName", "Caller"]);

function printRecord({ headers, body }: LogRecord, logger: Logger): void {
  const isTold = (name: string) => !UNTOLD.has(name) && !(OF_REQUEST.has(name) && headers.ReqID === "0");
  const told = Object.fromEntries(Object.entries(headers).filter(([name]) => isTold(name)));
  logger[headers.Level === "ERROR" || headers.Level === "FATAL" ? "error" : "info"](body, told);
}

/** Takes one bundle over after the other; of those that wait, the last. */
class Replacer {
  readonly #running: RunningService;
  readonly #options: { readonly plugin: string; readonly logger: Logger };
  #main: string;
  #next: string | undefined;
  #isBusy = false;

  constructor(
    running: RunningService,
    opts: { readonly plugin: string; readonly logger: Logger; readonly main: string },
  ) {
    this.#running = running;
    this.#options = opts;
    this.#main = opts.main;
  }

  readonly onMessage = (message: unknown): void => {
    const order = message as Partial<ReplaceOrder> | null;
    if (order?.msec !== "replace" || order.main === undefined) return;
    if (this.#next !== undefined) this.#remove(this.#next);
    this.#next = basename(order.main);
    if (!this.#isBusy) void this.#run();
  };

  async #run(): Promise<void> {
    this.#isBusy = true;
    for (let main = this.#next; main !== undefined; main = this.#next) {
      this.#next = undefined;
      await this.#replace(main);
    }
    this.#isBusy = false;
  }

  async #replace(main: string): Promise<void> {
    const { plugin, logger } = this.#options;
    try {
      await this.#running.replace(await loadDefinition(resolve(plugin, main)));
      this.#remove(this.#main);
      this.#main = main;
      logger.info("new code is in use");
    } catch (error) {
      this.#remove(main);
      logger.error("the new code can't be used, the old one goes on", { error });
    }
  }

  #remove(main: string): void {
    for (const name of [main, `${main}.map`]) rmSync(resolve(this.#options.plugin, name), { force: true });
  }
}
