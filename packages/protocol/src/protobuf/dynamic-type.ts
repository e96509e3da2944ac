/**
 * Message types built at run time from field tables: what `msec call` uses for an IDL it has just parsed, and the reference that
 * generated code is compared with. About three times slower than generated code.
 *
 * Of a singular field that comes twice the last one counts (sub-messages are not merged); unknown fields are skipped; enum numbers
 * that have no name are kept.
 */

import { checkArray, checkInt32, checkMessage, failRequired } from "./field-checks.js";
import type { FieldInfo, MessageType } from "./message-type.js";
import { ownValue } from "./own-value.js";
import { ProtoReader } from "./reader.js";
import { isZeroScalar, SCALAR_CODECS, type ScalarCodec } from "./scalar-codecs.js";
import type { ProtoWriter } from "./writer.js";

type Message = Record<string, unknown>;

const ENUM_CODEC: ScalarCodec = {
  wireType: 0,
  zero: 0,
  write: (writer, value, field) => void writer.int32(checkInt32(value as number, field)),
  read: (reader) => reader.int32(),
};

const MESSAGE_WIRE_TYPE = 2;

interface FieldCodec {
  readonly info: FieldInfo;
  /** `package.Message.field`, for errors. */
  readonly fullName: string;
  readonly tag: number;
  /** Tag of the packed form of a repeated scalar; 0 when there is none. */
  readonly packedTag: number;
  readonly scalar: ScalarCodec | undefined;
}

function fieldCodec(typeName: string, info: FieldInfo): FieldCodec {
  const scalar = info.kind === "scalar" ? SCALAR_CODECS[info.scalar] : info.kind === "enum" ? ENUM_CODEC : undefined;
  const wireType = scalar?.wireType ?? MESSAGE_WIRE_TYPE;
  const isPackable = info.label === "repeated" && wireType !== 2;
  return {
    info,
    fullName: `${typeName}.${info.name}`,
    tag: info.number * 8 + wireType,
    packedTag: isPackable ? info.number * 8 + 2 : 0,
    scalar,
  };
}

/** A message type that interprets `fields`. Same behaviour as generated code. */
export function createMessageType<T = Message, Init = T>(
  typeName: string,
  fields: readonly FieldInfo[],
): MessageType<T, Init> & { read(reader: ProtoReader): T } {
  const ordered = [...fields].sort((a, b) => a.number - b.number);
  const codecs = ordered.map((info) => fieldCodec(typeName, info));
  const byTag = new Map<number, FieldCodec>();
  for (const codec of codecs) {
    byTag.set(codec.tag, codec);
    if (codec.packedTag !== 0) byTag.set(codec.packedTag, codec);
  }
  const read = (reader: ProtoReader): T => readMessage(reader, codecs, byTag) as T;
  return {
    typeName,
    fields: ordered,
    encode(message: Init, writer: ProtoWriter): void {
      checkMessage(message as object, typeName);
      for (const codec of codecs) writeField(writer, codec, ownValue(message as Message, codec.info.name));
    },
    decode: (bytes: Uint8Array, start = 0, end: number = bytes.length) => read(new ProtoReader(bytes, start, end)),
    read,
  };
}

function writeField(writer: ProtoWriter, codec: FieldCodec, value: unknown): void {
  const { info } = codec;
  if (value === undefined) {
    if (info.label === "required") failRequired(codec.fullName);
    return;
  }
  if (info.label !== "repeated") {
    if (info.label === "implicit" && codec.scalar && isZeroScalar(value)) return;
    writeValue(writer, codec, value);
    return;
  }
  const values = checkArray(value as unknown[], codec.fullName);
  if (info.packed && codec.packedTag !== 0) writePacked(writer, codec, values);
  else for (const item of values) writeValue(writer, codec, item);
}

function writePacked(writer: ProtoWriter, codec: FieldCodec, values: readonly unknown[]): void {
  if (values.length === 0) return;
  const mark = writer.uint32(codec.packedTag).beginMessage();
  for (const item of values) codec.scalar?.write(writer, item, codec.fullName);
  writer.endMessage(mark);
}

function writeValue(writer: ProtoWriter, codec: FieldCodec, value: unknown): void {
  const { info } = codec;
  writer.uint32(codec.tag);
  if (info.kind !== "message") {
    codec.scalar?.write(writer, value, codec.fullName);
    return;
  }
  const mark = writer.beginMessage();
  info.type().encode(checkMessage(value as object, codec.fullName), writer);
  writer.endMessage(mark);
}

function readMessage(
  reader: ProtoReader,
  codecs: readonly FieldCodec[],
  byTag: ReadonlyMap<number, FieldCodec>,
): Message {
  const message: Message = {};
  for (const { info, scalar } of codecs) {
    if (info.label === "repeated") message[info.name] = [];
    else if (info.label === "implicit" && scalar) message[info.name] = scalar.zero;
  }
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    const codec = byTag.get(tag);
    if (codec === undefined) reader.skip(tag);
    else readField(reader, codec, tag, message);
  }
  for (const { info, fullName } of codecs) {
    if (info.label === "required" && ownValue(message, info.name) === undefined) failRequired(fullName);
  }
  return message;
}

function readField(reader: ProtoReader, codec: FieldCodec, tag: number, message: Message): void {
  const { name, label } = codec.info;
  if (label !== "repeated") {
    message[name] = readValue(reader, codec);
    return;
  }
  const values = message[name] as unknown[];
  if (tag !== codec.packedTag) {
    values.push(readValue(reader, codec));
    return;
  }
  const outer = reader.beginMessage();
  while (reader.pos < reader.end) values.push(codec.scalar?.read(reader));
  reader.endMessage(outer);
}

function readValue(reader: ProtoReader, codec: FieldCodec): unknown {
  const { info } = codec;
  if (info.kind !== "message") return codec.scalar?.read(reader);
  const type = info.type();
  const outer = reader.beginMessage();
  const value = type.read ? type.read(reader) : type.decode(reader.buffer, reader.pos, reader.end);
  reader.endMessage(outer);
  return value;
}
