export {
  type CallContext,
  type CallFunction,
  type CallOptions,
  type CallParent,
  currentContext,
  type NestedCall,
  runInContext,
  runOutsideContext,
} from "./call-context.js";
export type { CallEvents, IncomingRequest, OutgoingCall } from "./call-events.js";
export { DEFAULT_PRIORITY, HIGHEST_PRIORITY, userHashOf } from "./call-priority.js";
export { createRpcClient, type RpcClient, type RpcClientOptions } from "./client.js";
export type { CallRequest } from "./client-call.js";
export type { RpcClientLimits } from "./client-core.js";
export {
  type DatagramLimits,
  DEFAULT_MAX_FACTOR,
  DEFAULT_RATE_PER_SEC,
  DEFAULT_TRUSTED,
  parseNetwork,
} from "./datagram-limits.js";
export type { DatagramListenerOptions } from "./datagram-listener.js";
export {
  CallCancelled,
  CalleeFailed,
  CallTimeout,
  ClientClosed,
  ClientOverloaded,
  DatagramAnswerTooLarge,
  DeadlinePassed,
  HandlerMissing,
  HeadInvalid,
  MethodDuplicate,
  MethodUnknown,
  NetworkInvalid,
  Overloaded,
  PeerLost,
  RequestInvalid,
  ResponseInvalid,
  ShuttingDown,
  TargetInvalid,
} from "./errors.js";
export type { CallOutcome, Pick, Picker } from "./picker.js";
export type { RetryBudgetOptions } from "./retry-budget.js";
export { createRpcServer, type RpcServer, type RpcServerLimits, type RpcServerOptions } from "./server.js";
export { bindService, type Handler, type Handlers, type ServiceBinding } from "./service-binding.js";
