export { AddressList, TlsDirectory, type TlsDirectoryOptions } from "@msec/net";
export type { Dial, OpenUdp } from "./call-channel.js";
export {
  type CallContext,
  type CallParent,
  currentContext,
  type NestedCall,
  runInContext,
  runOutsideContext,
} from "./call-context.js";
export type { CallErrorDetails } from "./call-error.js";
export type { CallEvents, IncomingRequest, OutgoingCall } from "./call-events.js";
export type { CallOptions, HedgeOptions, TargetOptions } from "./call-options.js";
export { DEFAULT_PRIORITY, HIGHEST_PRIORITY, userHashOf } from "./call-priority.js";
export type { Caller, CallFunction, Stub } from "./caller.js";
export { createRpcClient, type NamedCall, type RpcClient, type RpcClientOptions } from "./client.js";
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
  CallerListInvalid,
  CallerRefused,
  CallTimeout,
  CertificateRefused,
  ClientClosed,
  ClientOverloaded,
  DatagramAnswerTooLarge,
  DeadlinePassed,
  ExchangeInvalid,
  HandlerMissing,
  HeadInvalid,
  MethodDuplicate,
  MethodUnknown,
  MethodUnregistered,
  NetworkInvalid,
  Overloaded,
  PeerLost,
  RequestInvalid,
  ResponseInvalid,
  ShuttingDown,
  TargetInvalid,
  TlsRequired,
} from "./errors.js";
export type { ExchangeProtocol, ExchangeWriter } from "./exchange-protocol.js";
export { spanText } from "./ids.js";
export type { CallOutcome, Pick, PickedCall, Picker, RetryTokens } from "./picker.js";
export type { CallRequest } from "./requested-call.js";
export type { RetryBudgetOptions } from "./retry-budget.js";
export type { RpcServer, RpcServerOptions } from "./rpc-server.js";
export { CallerList } from "./security/caller-list.js";
export type { ClientTls } from "./security/client-tls.js";
export type { PeerSecurity, SecurityRefusal, ServerSecurity, ServerTls } from "./security/server-security.js";
export { createRpcServer } from "./server.js";
export type { RpcServerCounts } from "./server-counts.js";
export type { ServerStopOptions } from "./server-ending.js";
export type { RpcServerLimits } from "./server-limits.js";
export { bindService, type Handler, type Handlers, type ServiceBinding } from "./service-binding.js";
