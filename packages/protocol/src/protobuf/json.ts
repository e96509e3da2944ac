/**
 * Protobuf ↔ JSON as the HTTP entrance and `msec call` speak it.
 *
 * | protobuf      | JSON out                                             | JSON in                        |
 * | ------------- | ---------------------------------------------------- | ------------------------------ |
 * | 64-bit        | number up to ±2^53, decimal string beyond: exact     | integer, or decimal string     |
 * | other integer | number                                               | integer in range               |
 * | float, double | number; NaN and infinities are errors                | number                         |
 * | bool, string  | same                                                 | same                           |
 * | bytes         | base64 with padding                                  | the same                       |
 * | enum          | number                                               | number, or name of a value     |
 * | repeated      | array, left out when empty                           | array                          |
 * | unset         | left out (proto3 zero values too)                    | absent or null                 |
 *
 * Names are those of the IDL. Required fields are checked both ways; unknown keys are refused. Every error names the path from `$`.
 */

import { JsonValueInvalid, ProtoRequiredFieldMissing } from "../errors.js";
import { decodeBase64, encodeBase64 } from "./base64.js";
import { describeValue, SCALAR_WORDS } from "./field-checks.js";
import { type JsonLimits, parseJsonText } from "./json-text.js";
import type { EnumType, FieldInfo, MessageType, ScalarType } from "./message-type.js";
import { ownValue } from "./own-value.js";
import { isZeroScalar, SCALAR_CODECS } from "./scalar-codecs.js";
import { MAX_MESSAGE_DEPTH } from "./writer.js";

const MAX_EXACT = 2n ** 53n;
const MAX_NAMED_FIELDS = 20;
const DECIMAL = /^-?[0-9]{1,20}$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

type Fields = Readonly<Record<string, unknown>>;

/** Range of each integer type; those as bigint are 64-bit. */
const INTEGER_RANGE: Partial<Record<ScalarType, readonly [bigint, bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  sfixed32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  sint64: [-(2n ** 63n), 2n ** 63n - 1n],
  sfixed64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
};

function fail(path: string, expected: string, value: unknown): never {
  throw new JsonValueInvalid({ path, expected, found: describeValue(value) });
}

function checkDepth(depth: number, path: string): void {
  if (depth > MAX_MESSAGE_DEPTH) fail(path, `nested at most ${MAX_MESSAGE_DEPTH} levels deep`, {});
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A message as a value that `JSON.stringify` writes exactly.
 *
 * @throws PROTO_JSON_INVALID, PROTO_REQUIRED_FIELD_MISSING
 */
export function messageToJson<I>(type: MessageType<unknown, I>, message: I): Record<string, unknown> {
  return objectOut(type, message, { path: "$", depth: 0 });
}

/** {@link messageToJson} as text. */
export function messageToJsonText<I>(type: MessageType<unknown, I>, message: I): string {
  return JSON.stringify(messageToJson(type, message));
}

/**
 * A message from a parsed JSON value. A 64-bit integer beyond ±2^53 must come as decimal string (or bigint), since `JSON.parse` has
 * lost its digits: {@link messageFromJsonText} reads such numbers exactly.
 *
 * @throws PROTO_JSON_INVALID, PROTO_REQUIRED_FIELD_MISSING
 */
export function messageFromJson<T>(type: MessageType<T>, value: unknown): T {
  return objectIn(type, value, { path: "$", depth: 0 }) as T;
}

/**
 * A message from JSON text, 64-bit integers exact in every form.
 *
 * @throws PROTO_JSON_TEXT_INVALID, PROTO_JSON_INVALID, PROTO_REQUIRED_FIELD_MISSING
 */
export function messageFromJsonText<T>(type: MessageType<T>, text: string, limits?: JsonLimits): T {
  return messageFromJson(type, parseJsonText(text, limits));
}

/** Where we are: path for errors, and how deep. */
interface Place {
  readonly path: string;
  readonly depth: number;
}

function objectOut(type: MessageType, message: unknown, place: Place): Record<string, unknown> {
  checkDepth(place.depth, place.path);
  if (!isObject(message)) fail(place.path, `a ${type.typeName} message`, message);
  const json: Record<string, unknown> = {};
  for (const field of type.fields) {
    const value = ownValue(message, field.name);
    const path = `${place.path}.${field.name}`;
    if (value === undefined) {
      if (field.label === "required") throw new ProtoRequiredFieldMissing({ field: path });
      continue;
    }
    const out = fieldOut(field, value, { path, depth: place.depth + 1 });
    if (out !== undefined) json[field.name] = out;
  }
  return json;
}

/** `undefined` = leave it out. */
function fieldOut(field: FieldInfo, value: unknown, place: Place): unknown {
  if (field.label === "implicit" && field.kind !== "message" && isZeroScalar(value)) return undefined;
  if (field.label !== "repeated") return valueOut(field, value, place);
  if (!Array.isArray(value)) fail(place.path, "an array", value);
  if (value.length === 0) return undefined;
  return value.map((item, index) => valueOut(field, item, { path: `${place.path}[${index}]`, depth: place.depth }));
}

function valueOut(field: FieldInfo, value: unknown, place: Place): unknown {
  if (field.kind === "message") return objectOut(field.type(), value, place);
  if (field.kind === "enum") return integerIn("int32", value, place.path);
  const { scalar } = field;
  if (scalar === "bytes") {
    return value instanceof Uint8Array ? encodeBase64(value) : fail(place.path, SCALAR_WORDS.bytes, value);
  }
  const range = INTEGER_RANGE[scalar];
  if (range === undefined) return plainValue(scalar, value, place.path);
  const exact = integerIn(scalar, value, place.path);
  if (typeof exact === "number") return exact;
  return exact <= MAX_EXACT && exact >= -MAX_EXACT ? Number(exact) : exact.toString();
}

function objectIn(type: MessageType, value: unknown, place: Place): Record<string, unknown> {
  checkDepth(place.depth, place.path);
  if (!isObject(value)) fail(place.path, "an object", value);
  const message: Record<string, unknown> = {};
  let missing: string | undefined;
  for (const field of type.fields) {
    const path = `${place.path}.${field.name}`;
    const given = ownValue(value, field.name);
    const read =
      given === undefined || given === null
        ? unsetValue(field)
        : fieldIn(field, given, { path, depth: place.depth + 1 });
    if (read !== undefined) message[field.name] = read;
    else if (field.label === "required") missing ??= path;
  }
  // First, since a misspelt field is both unknown and missing.
  refuseUnknownKeys(type, value, place.path);
  if (missing !== undefined) throw new ProtoRequiredFieldMissing({ field: missing });
  return message;
}

/** Those that a person who misspelt one would look for. */
function fieldNames({ fields }: MessageType): string {
  if (fields.length === 0) return "none at all";
  const names = fields.slice(0, MAX_NAMED_FIELDS).map(({ name }) => name);
  return fields.length > names.length
    ? `${names.join(", ")} and ${fields.length - names.length} more`
    : names.join(", ");
}

function refuseUnknownKeys(type: MessageType, value: Fields, path: string): void {
  for (const key of Object.keys(value)) {
    if (type.fields.some((field) => field.name === key)) continue;
    throw new JsonValueInvalid({
      path: `${path}.${key}`,
      expected: `absent: ${type.typeName} has no such field, but ${fieldNames(type)}`,
      found: "a value",
    });
  }
}

/** What a decoded message holds for a field that was not sent. */
function unsetValue(field: FieldInfo): unknown {
  if (field.label === "repeated") return [];
  if (field.label !== "implicit" || field.kind === "message") return undefined;
  return field.kind === "enum" ? 0 : SCALAR_CODECS[field.scalar].zero;
}

function fieldIn(field: FieldInfo, value: unknown, place: Place): unknown {
  if (field.label !== "repeated") return valueIn(field, value, place);
  if (!Array.isArray(value)) fail(place.path, "an array", value);
  return value.map((item, index) => valueIn(field, item, { path: `${place.path}[${index}]`, depth: place.depth }));
}

function valueIn(field: FieldInfo, value: unknown, place: Place): unknown {
  if (field.kind === "message") return objectIn(field.type(), value, place);
  if (field.kind === "enum") return enumIn(field.type(), value, place.path);
  const { scalar } = field;
  if (scalar === "bytes") return bytesIn(value, place.path);
  return INTEGER_RANGE[scalar] ? integerIn(scalar, value, place.path) : plainValue(scalar, value, place.path);
}

function enumIn(type: EnumType, value: unknown, path: string): number {
  if (typeof value === "string") {
    if (Object.hasOwn(type.valueByName, value)) return type.valueByName[value]!;
  } else if (typeof value === "number" && Object.hasOwn(type.nameByValue, value)) return value;
  return fail(path, `a value of enum ${type.typeName} by name or number`, value);
}

function bytesIn(value: unknown, path: string): Uint8Array {
  return (typeof value === "string" ? decodeBase64(value) : undefined) ?? fail(path, "base64 text with padding", value);
}

/** An integer of the type: number for 32 bits, bigint for 64. */
function integerIn(scalar: ScalarType, value: unknown, path: string): number | bigint {
  const [min, max] = INTEGER_RANGE[scalar]!;
  const isWide = max > 0xffff_ffffn;
  const exact = exactInteger(value, isWide);
  if (exact === undefined || exact < min || exact > max) {
    fail(
      path,
      isWide ? `an integer from ${min} to ${max}, beyond 2^53 as decimal string` : SCALAR_WORDS[scalar],
      value,
    );
  }
  return isWide ? exact : Number(exact);
}

function exactInteger(value: unknown, acceptText: boolean): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return acceptText && typeof value === "string" && DECIMAL.test(value) ? BigInt(value) : undefined;
}

/** double, float, bool and string: the same both ways. */
function plainValue(scalar: ScalarType, value: unknown, path: string): unknown {
  switch (scalar) {
    case "bool":
      return typeof value === "boolean" ? value : fail(path, SCALAR_WORDS.bool, value);
    case "string":
      if (typeof value !== "string") fail(path, SCALAR_WORDS.string, value);
      return LONE_SURROGATE.test(value) ? fail(path, "a string of whole Unicode characters", value) : value;
    default: {
      const number = typeof value === "bigint" ? Number(value) : value;
      const fitted = scalar === "float" && typeof number === "number" ? Math.fround(number) : number;
      return Number.isFinite(fitted) ? number : fail(path, "a finite number", value);
    }
  }
}
