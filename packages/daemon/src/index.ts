export { defaultHome } from "./default-home.js";
export { ConfigFileUnreadable, FlagInvalid, HomeInUse } from "./errors.js";
export { envLayer, envName, helpText, type ParsedFlags, parseFlags, type Setting, settingsOf } from "./flags.js";
export { acquireHomeLock, type HomeLock } from "./home-lock.js";
export { createPinoLogger, LOG_LEVELS, type LogLevel } from "./pino-logger.js";
export { type DaemonSpec, type RunningDaemon, readConfigFile, runDaemon } from "./run-daemon.js";
