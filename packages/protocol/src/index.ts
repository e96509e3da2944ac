export { ProtoFieldValueInvalid, ProtoMessageMalformed, ProtoRequiredFieldMissing } from "./errors.js";
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
export { createHead, type RpcHead } from "./srpc/head.js";
