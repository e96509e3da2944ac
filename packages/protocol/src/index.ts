export {
  FrameBadEnd,
  FrameBadLength,
  FrameBadStart,
  FrameTooLarge,
  ProtoFieldValueInvalid,
  ProtoMessageMalformed,
  ProtoRequiredFieldMissing,
  RemoteError,
} from "./errors.js";
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
