/**
 * Log events on their way from a process to the agent (port 44443) and from an agent to the collector (44445).
 *
 *   0                4
 *   | length i32 LE  | FlumeEvent |
 *
 * FlumeEvent (proto2): 1 headers, repeated { 1 key, 2 value }; 2 body. All required strings are bytes in practice: old clients send any
 * charset, so texts are read leniently (U+FFFD). Of a repeated header key the last value counts. Nothing is ever answered.
 * An event of this generation may hold field 100 instead of a body: a packed batch of hop records (hop-batch.ts).
 */

import { LogEventTooLarge } from "../errors.js";
import { failRequired } from "../protobuf/field-checks.js";
import { ProtoReader } from "../protobuf/reader.js";
import { ProtoWriter } from "../protobuf/writer.js";
import { TAG_HOPS } from "./hop-batch.js";

/** Largest event (without its length prefix) the original's collector takes. */
export const LOG_EVENT_MAX_BYTES = 10_240;
export const LOG_PREFIX_BYTES = 4;

const TAG_HEADER = 10;
const TAG_BODY = 18;
const TAG_KEY = 10;
const TAG_VALUE = 18;

/** Names and values of the options of a record, `Level`, `ReqID`, … */
export type LogHeaders = ReadonlyMap<string, string> | Readonly<Record<string, string>>;

export interface FlumeEvent {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** A packed batch of hop records, instead of headers and body. */
  readonly hops?: Uint8Array;
}

/**
 * Appends one framed event.
 *
 * @param body text, or bytes that are sent as they are
 * @returns bytes appended, prefix included
 * @throws PROTO_LOG_EVENT_TOO_LARGE above {@link LOG_EVENT_MAX_BYTES}; the writer is left as it was
 */
export function appendLogEvent(writer: ProtoWriter, headers: LogHeaders, body: string | Uint8Array): number {
  const start = writer.reserve(LOG_PREFIX_BYTES);
  if (headers instanceof Map) for (const [key, value] of headers) appendHeader(writer, key, value);
  else for (const [key, value] of Object.entries(headers)) appendHeader(writer, key, value);
  writer.uint32(TAG_BODY);
  if (typeof body === "string") writer.string(body);
  else writer.bytes(body);
  const sizeBytes = writer.length - start - LOG_PREFIX_BYTES;
  if (sizeBytes > LOG_EVENT_MAX_BYTES) {
    writer.truncate(start);
    throw new LogEventTooLarge({ sizeBytes, limitBytes: LOG_EVENT_MAX_BYTES });
  }
  writer.patchUint32LittleEndian(start, sizeBytes);
  return writer.length - start;
}

function appendHeader(writer: ProtoWriter, key: string, value: string): void {
  const mark = writer.uint32(TAG_HEADER).beginMessage();
  writer.uint32(TAG_KEY).string(key).uint32(TAG_VALUE).string(value);
  writer.endMessage(mark);
}

/** {@link appendLogEvent} into an array of its own. */
export function encodeLogEvent(headers: LogHeaders, body: string | Uint8Array): Uint8Array {
  const writer = new ProtoWriter();
  appendLogEvent(writer, headers, body);
  return writer.finish();
}

/** Reads an event without its length prefix. @throws PROTO_MESSAGE_MALFORMED, PROTO_REQUIRED_FIELD_MISSING */
export function decodeLogEvent(bytes: Uint8Array, start = 0, end: number = bytes.length): FlumeEvent {
  const reader = new ProtoReader(bytes, start, end);
  const headers = new Map<string, string>();
  let body: string | undefined;
  let hops: Uint8Array | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === TAG_HEADER) readHeader(reader, headers);
    else if (tag === TAG_BODY) body = reader.lenientString();
    else if (tag === TAG_HOPS) hops = reader.bytes();
    else reader.skip(tag);
  }
  if (hops !== undefined && body === undefined) return { headers, body: "", hops };
  return { headers, body: body ?? failRequired("flume.FlumeEvent.body") };
}

function readHeader(reader: ProtoReader, headers: Map<string, string>): void {
  const outer = reader.beginMessage();
  let key: string | undefined;
  let value: string | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === TAG_KEY) key = reader.lenientString();
    else if (tag === TAG_VALUE) value = reader.lenientString();
    else reader.skip(tag);
  }
  reader.endMessage(outer);
  headers.set(key ?? failRequired("flume.FlumeEventHeader.key"), value ?? failRequired("flume.FlumeEventHeader.value"));
}
