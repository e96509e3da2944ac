export { type AgentDeps, type RunningAgent, startAgent } from "./agent.js";
export { AGENT_VERSION } from "./agent-facts.js";
export { AgentConfig } from "./config.js";
export { locateSdk, type SdkLocation } from "./sdk-location.js";
