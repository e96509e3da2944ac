export { ConsoleConfig } from "./config.js";
export { type ConsoleDeps, type RunningConsole, startConsole } from "./console.js";
