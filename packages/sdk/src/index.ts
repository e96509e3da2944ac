export {
  AppError,
  defineError,
  type ErrorCode,
  type ErrorDefinition,
  isAppError,
} from "@msec/core";
// What generated code imports.
// For programs that bring their own sockets.
export {
  checkArray,
  checkBool,
  checkBytes,
  checkInt32,
  checkInt64,
  checkMessage,
  checkNumber,
  checkPackage,
  checkString,
  checkUint32,
  checkUint64,
  createSrpcProxy,
  type EnumType,
  type FieldInfo,
  failField,
  failRequired,
  type InitOf,
  type MessageOf,
  type MessageType,
  type MethodType,
  messageFromJson,
  messageToJson,
  ProtoReader,
  ProtoWriter,
  type ServiceType,
  type SrpcAnswer,
  type SrpcProxy,
  type SrpcProxyOptions,
} from "@msec/protocol";
export {
  type CallContext,
  type Caller,
  type CallFunction,
  type CallOptions,
  type CallOutcome,
  type ExchangeProtocol,
  type ExchangeWriter,
  type HedgeOptions,
  type RpcClientLimits,
  runInContext,
  runOutsideContext,
  type Stub,
  type TargetOptions,
} from "@msec/rpc";
export type { LogLevel, LogRecord } from "@msec/telemetry";
export { ConfigIni, type ConfigReader, parseConfigIni } from "./config/config-ini.js";
// For the platform's own programs and for tests.
export { type ListenItem, readListen } from "./config/listen-items.js";
export { parseServiceConfig, type ServiceConfig } from "./config/service-config.js";
export { type ConnectOptions, connect, defaultHome, type MsecClient } from "./connect.js";
export {
  defineService,
  type HandlersOf,
  type Implementation,
  isServiceDefinition,
  type ServiceApp,
  type ServiceContext,
  type ServiceDefinition,
  type ServiceHooks,
} from "./define-service.js";
export { tuneV8 } from "./host/v8-tuning.js";
export type { LogFieldValue, ServiceLog, ServiceLogFields } from "./observability/service-log.js";
export type { ServiceMetrics } from "./observability/service-metrics.js";
export type { UseOptions } from "./picking/foreign-calls.js";
export { type Route, type RouteResult, TablePicker, tablePicker } from "./picking/table-picker.js";
export { type RunningService, type RunServiceOptions, runService } from "./run-service.js";
export { currentApp, currentContext, getRoute, updateRoute, withRoute } from "./runtime.js";
