/**
 * The process that runs plug-ins: `host.js ctrl|worker|dev --service First.Second --dir <release directory>`.
 * Environment: MSEC_HOME, MSEC_BIND_ADDRESS. Started by the agent or the command line; needs neither to go on.
 */
import { fileURLToPath } from "node:url";
import { isAppError, type Logger } from "@msec/core";
import { runHostController } from "./host/host-controller.js";
import { runHostDev } from "./host/host-dev.js";
import { parseHostOptions } from "./host/host-options.js";
import { runHostWorker } from "./host/host-worker.js";
import { createLineLogger } from "./host/line-logger.js";
import { tuneV8 } from "./host/v8-tuning.js";

async function main(): Promise<number | undefined> {
  const options = parseHostOptions(process.argv.slice(2), process.env);
  const { role, service } = options;
  process.title = `srpc_${service.replace(".", "_")}_${role}`;
  const logger = createLineLogger((line) => process.stdout.write(line), { service, role, pid: process.pid });
  if (role !== "dev") ignoreSignals(role, logger);
  if (role !== "ctrl") tuneV8();
  if (role === "ctrl") return await runHostController(options, { exec: fileURLToPath(import.meta.url), logger });
  if (role === "dev") return await runHostDev(options, logger);
  await runHostWorker(options, logger);
  return undefined;
}

/**
 * What is sent to all processes of a service by name must not end them: SIGHUP comes from log rotation and closed terminals, SIGUSR2 is
 * for the controller. SIGUSR1, which ended the original, would make Node open a port for debuggers.
 */
function ignoreSignals(role: "ctrl" | "worker", logger: Logger): void {
  const onSignal = (signal: string): void => logger.warn("signal ignored", { signal });
  const signals = ["SIGHUP", "SIGUSR1", ...(role === "worker" ? ["SIGUSR2"] : [])];
  for (const signal of signals) process.on(signal, onSignal);
}

// A log file on a full disk, or a closed pipe, must not end the service.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);
try {
  const exitCode = await main();
  if (exitCode !== undefined) process.exit(exitCode);
} catch (error) {
  process.stderr.write(
    `${isAppError(error) ? `${error.message} [${error.reason}]` : String((error as Error).stack)}\n`,
  );
  process.exit(isAppError(error) && error.code === "INVALID_ARGUMENT" ? 2 : 1);
}
