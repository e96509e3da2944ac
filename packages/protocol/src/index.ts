export {
  FrameBadEnd,
  FrameBadLength,
  FrameBadStart,
  FrameTooLarge,
  HopBatchInvalid,
  HttpBodyTooLarge,
  HttpHeadTooLarge,
  HttpRequestInvalid,
  JsonTextInvalid,
  JsonValueInvalid,
  LengthPrefixInvalid,
  LogEventTooLarge,
  MonitorNameInvalid,
  MonitorRecordMalformed,
  NlbAnswerInvalid,
  NlbServiceInvalid,
  ProtoFieldValueInvalid,
  ProtoMessageMalformed,
  ProtoRequiredFieldMissing,
  RemoteError,
} from "./errors.js";
export {
  JoinTokenInvalid,
  LinkFrameInvalid,
  LinkFrameTooLarge,
  LinkMethodUnknown,
  LinkParamsInvalid,
} from "./link/errors.js";
export {
  decodeLinkFrame,
  encodeLinkFrame,
  encodeLinkRequest,
  LINK_PREFIX_BYTES,
  type LinkFrame,
  type LinkHeader,
  linkFrameSize,
  MAX_LINK_FRAME_BYTES,
} from "./link/frame.js";
export { formatJoinToken, JoinTokenContent, parseJoinToken } from "./link/join-token.js";
export {
  AgentFacts,
  agentRequests,
  challengeText,
  consoleRequests,
  Heartbeat,
  Labels,
  LINK_DEFAULT_PORT,
  LINK_VERSION,
  LogEvent,
  MetricPoint,
  NamedService,
  NamedTuning,
  NamingApply,
  Order,
  OrderAction,
  OrderProgress,
  OrderResult,
  ProcessReport,
  RouteReport,
  SignedOrder,
  type TlsTrustReply,
  tlsProofText,
} from "./link/messages.js";
export { MAX_ROUTE_ROWS, RouteReading, RoutesReadReply } from "./link/route-messages.js";
export {
  type HopCallFacts,
  type HopCallRecord,
  type HopFacts,
  type HopRecord,
  hopFrameCount,
  MAX_HOP_CALLS,
} from "./log/hop-batch.js";
export { decodeHopBatch } from "./log/hop-batch-reader.js";
export { HopBatchWriter } from "./log/hop-batch-writer.js";
export {
  appendLogEvent,
  decodeLogEvent,
  encodeLogEvent,
  type FlumeEvent,
  LOG_EVENT_MAX_BYTES,
  type LogHeaders,
} from "./log/log-event.js";
export { LogEventReader } from "./log/log-event-reader.js";
export type {
  MonitorAnswer,
  MonitorAnswerInit,
  MonitorQuery,
  MonitorQueryInit,
  MonitorReport,
  MonitorReportInit,
} from "./monitor/messages.js";
export * as monitorMessages from "./monitor/messages.js";
export {
  appendMonitorFrame,
  encodeMonitorFrame,
  MONITOR_MAX_FRAME_BYTES,
  MONITOR_PREFIX_BYTES,
  monitorFrameLength,
} from "./monitor/monitor-frame.js";
export {
  decodeQueueRecord,
  encodeMonitorName,
  encodeQueueRecord,
  MONITOR_MAX_NAME_BYTES,
  QUEUE_RECORD_MAX_BYTES,
  type QueueRecord,
  setQueueRecordValue,
} from "./monitor/queue-record.js";
export { hostOfIpKey, ipKeyOf } from "./nlb/ip-key.js";
export {
  NLB_DEFAULT_TUNING,
  NLB_DIRECTORY,
  NLB_HASH_SLOTS,
  NLB_MAX_PORTS,
  NLB_MAX_SERVERS,
  NLB_META_BYTES,
  NLB_META_FILE_BYTES,
  NLB_NO_SERVER,
  NLB_POLICIES,
  NLB_RATIOS,
  NLB_SERVER_BYTES,
  NLB_SERVERS_FILE_BYTES,
  NLB_SERVERS_HEADER_BYTES,
  NLB_TRANSPORTS,
  NLB_VERSION,
  NLB_WORD,
  type NlbPolicy,
  type NlbServer,
  type NlbService,
  type NlbTransport,
  type NlbTuning,
  nlbPolicyNumber,
} from "./nlb/layout.js";
export { NlbMetaView } from "./nlb/meta-view.js";
export { findServer, multiHashModuli, NLB_HASH_MODULI, nlbNameHash, rebuildServerHash } from "./nlb/multi-hash.js";
export {
  decodeRouteAnswer,
  encodeRouteAnswer,
  encodeRouteQuestion,
  NLB_ASK_PORT,
  type NlbRoute,
  tryDecodeRouteQuestion,
} from "./nlb/route-question.js";
export { type NlbCounters, NlbServersView } from "./nlb/servers-view.js";
export { formatNlbService, parseNlbService } from "./nlb/service-json.js";
export { decodeBase64, encodeBase64 } from "./protobuf/base64.js";
export { createMessageType } from "./protobuf/dynamic-type.js";
export {
  checkArray,
  checkBool,
  checkBytes,
  checkInt32,
  checkInt64,
  checkMessage,
  checkNumber,
  checkString,
  checkUint32,
  checkUint64,
  failField,
  failRequired,
} from "./protobuf/field-checks.js";
export { messageFromJson, messageFromJsonText, messageToJson, messageToJsonText } from "./protobuf/json.js";
export { type JsonLimits, type JsonValue, parseJsonText } from "./protobuf/json-text.js";
export type {
  EnumType,
  FieldInfo,
  FieldKind,
  InitOf,
  MessageOf,
  MessageType,
  MethodType,
  ScalarType,
  ServiceType,
} from "./protobuf/message-type.js";
export { ProtoReader } from "./protobuf/reader.js";
export { MAX_MESSAGE_DEPTH, ProtoWriter } from "./protobuf/writer.js";
export { colorId } from "./srpc/color-id.js";
export {
  codeOfErrorNumber,
  remoteErrorOf,
  SRPC_ERROR_NUMBERS,
  srpcErrorText,
  type WireError,
  wireErrorOf,
} from "./srpc/error-numbers.js";
export {
  appendFrame,
  appendRawFrame,
  checkPackage,
  closeFrame,
  createFrameSlice,
  encodeFrame,
  type FrameSlice,
  frameLength,
  openFrame,
  SRPC_OVERHEAD,
  sliceFrame,
} from "./srpc/frame.js";
export { CAPABILITY_ANSWER, CAPABILITY_CANCEL, createHead, HIGHEST_PRIORITY, type RpcHead } from "./srpc/head.js";
export { decodeAnswerHead, decodeHead, encodeHead, resetHead } from "./srpc/head-codec.js";
export type { HttpRequestHead } from "./srpc/http-head.js";
export {
  appendHttpReply,
  formatHttpReply,
  HTTP_CONTINUE,
  type HttpDelivery,
  type HttpReply,
  httpStatusOf,
} from "./srpc/http-reply.js";
export {
  HTTP_MAX_HEAD_BYTES,
  type HttpLimits,
  type HttpRequest,
  HttpRequestParser,
  looksLikeHttp,
} from "./srpc/http-request-parser.js";
export { createSrpcProxy, type SrpcAnswer, type SrpcProxy, type SrpcProxyOptions } from "./srpc/srpc-proxy.js";
