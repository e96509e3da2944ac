import { runDaemon } from "@msec/daemon";
import { ConsoleConfig } from "./config.js";
import { startConsole } from "./console.js";
import { VERSION } from "./version.js";

await runDaemon({
  name: "msec-console",
  version: VERSION,
  schema: ConsoleConfig,
  start: async (config, { logger }) => {
    const running = await startConsole(config, { logger });
    if (running.setupLink !== undefined)
      logger.warn("no account yet; open the set-up link to make the first one", { setupLink: running.setupLink });
    const { httpUrl, linkPort, setupLink } = running;
    return { ready: { httpUrl, linkPort, ...(setupLink === undefined ? {} : { setupLink }) }, stop: running.stop };
  },
});
