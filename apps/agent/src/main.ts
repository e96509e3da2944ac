import { runDaemon } from "@msec/daemon";
import { startAgent } from "./agent.js";
import { AGENT_VERSION } from "./agent-facts.js";
import { AgentConfig } from "./config.js";

process.title = "msec_agent";
await runDaemon({
  name: "msec-agent",
  version: AGENT_VERSION,
  schema: AgentConfig,
  start: async (config, { logger }) => {
    const agent = await startAgent(config, { logger });
    const ready = { agentId: agent.agentId, home: config.home, logAddress: `${config.address}:${agent.logPort}` };
    return { ready, stop: () => agent.stop() };
  },
});
