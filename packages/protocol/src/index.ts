export {
  FrameBadEnd,
  FrameBadLength,
  FrameBadStart,
  FrameTooLarge,
  JsonTextInvalid,
  JsonValueInvalid,
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
  LINK_PREFIX_BYTES,
  type LinkFrame,
  type LinkHeader,
  MAX_LINK_FRAME_BYTES,
} from "./link/frame.js";
export { formatJoinToken, JoinTokenContent, parseJoinToken } from "./link/join-token.js";
export {
  AgentFacts,
  agentRequests,
  challengeText,
  consoleRequests,
  Heartbeat,
  LINK_DEFAULT_PORT,
  LINK_VERSION,
  LogEvent,
  MetricPoint,
  NamedService,
  NamingApply,
  Order,
  OrderAction,
  OrderProgress,
  OrderResult,
  ProcessReport,
  RouteReport,
  SignedOrder,
} from "./link/messages.js";
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
  createFrameSlice,
  encodeFrame,
  type FrameSlice,
  frameLength,
  SRPC_OVERHEAD,
  sliceFrame,
} from "./srpc/frame.js";
export { createHead, type RpcHead } from "./srpc/head.js";
export { decodeHead, encodeHead, resetHead } from "./srpc/head-codec.js";
