export {
  AppError,
  defineError,
  ERROR_CODES,
  type ErrorBody,
  type ErrorCode,
  type ErrorDefinition,
  type ErrorDetails,
  errorFromBody,
  isAppError,
  toAppError,
} from "./app-error.js";
export { type Clock, type ClockTimer, type Random, startTimer, systemClock } from "./clock.js";
export { type ConfigLayer, deepFreeze, maskSecrets, resolveConfig } from "./config.js";
export { AddressInvalid, ConfigInvalid, type ConfigProblem, ServiceNameInvalid } from "./errors.js";
export { type HomePaths, homePaths, type ServiceHomePaths } from "./home-paths.js";
export { canonicalIp, formatIp, isIp, isIpv4, parseIp } from "./ip-address.js";
export { type LogFields, type Logger, silentLogger } from "./logger.js";
export { random32, randomUnit } from "./random-bits.js";
export { formatServiceIdentity, type ServiceIdentity, tryServiceIdentity } from "./service-identity.js";
export {
  formatHostPort,
  formatServiceName,
  type HostPort,
  MAX_NAME_LENGTH,
  NAME_PATTERN,
  parseHostPort,
  parseName,
  parseServiceName,
  type ServiceName,
} from "./service-name.js";
