export { AddressList, TlsDirectory, type TlsDirectoryOptions } from "@msec/net";
export { HIGHEST_PRIORITY } from "@msec/protocol";
export {
  type CallContext,
  type CallParent,
  currentContext,
  type NestedCall,
  runInContext,
  runOutsideContext,
} from "./call-context.js";
export type { CallEvents, IncomingRequest, OutgoingCall } from "./call-events.js";
export { DEFAULT_PRIORITY, userHashOf } from "./call-priority.js";
export type { Dial, OpenUdp } from "./client/call-channel.js";
export type { CallErrorDetails } from "./client/call-error.js";
export type { CallOptions, HedgeOptions, TargetOptions } from "./client/call-options.js";
export type { Caller, CallFunction, Stub } from "./client/caller.js";
export { createRpcClient, type NamedCall, type RpcClient, type RpcClientOptions } from "./client/client.js";
export type { RpcClientLimits } from "./client/client-core.js";
export type { ExchangeProtocol, ExchangeWriter } from "./client/exchange-protocol.js";
export type { CallOutcome, Pick, PickedCall, Picker, RetryTokens } from "./client/picker.js";
export type { CallRequest } from "./client/requested-call.js";
export type { RetryBudgetOptions } from "./client/retry-budget.js";
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
export { spanText } from "./ids.js";
export { CallerList } from "./security/caller-list.js";
export type { ClientTls } from "./security/client-tls.js";
export type { PeerSecurity, SecurityRefusal, ServerSecurity, ServerTls } from "./security/server-security.js";
export {
  type DatagramLimits,
  DEFAULT_MAX_FACTOR,
  DEFAULT_RATE_PER_SEC,
  DEFAULT_TRUSTED,
  parseNetwork,
} from "./server/datagram-limits.js";
export type { DatagramListenerOptions } from "./server/datagram-listener.js";
export type { RpcServer, RpcServerOptions } from "./server/rpc-server.js";
export { createRpcServer } from "./server/server.js";
export type { RpcServerCounts } from "./server/server-counts.js";
export type { ServerStopOptions } from "./server/server-ending.js";
export type { RpcServerLimits } from "./server/server-limits.js";
export { bindService, type Handler, type Handlers, type ServiceBinding } from "./server/service-binding.js";
