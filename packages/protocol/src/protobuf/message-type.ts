import type { ProtoReader } from "./reader.js";
import type { ProtoWriter } from "./writer.js";

/** Scalar types of the protobuf language. */
export type ScalarType =
  | "double"
  | "float"
  | "int32"
  | "int64"
  | "uint32"
  | "uint64"
  | "sint32"
  | "sint64"
  | "fixed32"
  | "fixed64"
  | "sfixed32"
  | "sfixed64"
  | "bool"
  | "string"
  | "bytes";

/** Names and numbers of an enum, both ways. */
export interface EnumType {
  readonly typeName: string;
  readonly valueByName: Readonly<Record<string, number>>;
  readonly nameByValue: Readonly<Record<number, string>>;
}

/** What a field holds. Messages and enums are thunks, since types may be recursive. */
export type FieldKind =
  | { readonly kind: "scalar"; readonly scalar: ScalarType }
  | { readonly kind: "enum"; readonly type: () => EnumType }
  | { readonly kind: "message"; readonly type: () => MessageType };

export type FieldInfo = FieldKind & {
  /** Name as written in the IDL; used verbatim as property and as JSON key. */
  readonly name: string;
  readonly number: number;
  /** `implicit` = proto3 singular scalar: absent means the zero value. */
  readonly label: "required" | "optional" | "repeated" | "implicit";
  /** Repeated scalars: written packed (both forms are read). */
  readonly packed: boolean;
  /** Explicit proto2 default, in the property's type. */
  readonly defaultValue?: unknown;
};

/**
 * A message at run time. Values in memory: 64-bit integers are `bigint`, bytes are `Uint8Array`, enums are numbers,
 * repeated fields are arrays (never undefined after decoding), unset optional fields are absent.
 *
 * `T` is the shape as read; `Init` the shape as written (only required fields are mandatory).
 */
// biome-ignore lint/suspicious/noExplicitAny: the default must accept every message type
export interface MessageType<T = any, Init = any> {
  /** Full name, `package.Message`. */
  readonly typeName: string;
  /** In field-number order. */
  readonly fields: readonly FieldInfo[];
  /** Appends the message without any length prefix. @throws PROTO_REQUIRED_FIELD_MISSING, PROTO_FIELD_VALUE_INVALID */
  encode(message: Init, writer: ProtoWriter): void;
  /** Reads `bytes[start, end)`; unknown fields are skipped, strings and bytes are copies. @throws PROTO_MESSAGE_MALFORMED, PROTO_REQUIRED_FIELD_MISSING */
  decode(bytes: Uint8Array, start?: number, end?: number): T;
  /**
   * Reads up to `reader.end`; what a parent calls between `beginMessage()` and `endMessage()`, so that the nesting depth is counted
   * across types. Without it a parent falls back on `decode`.
   */
  readonly read?: (reader: ProtoReader) => T;
}

export interface MethodType<I extends MessageType = MessageType, O extends MessageType = MessageType> {
  /** Name as written in the IDL. */
  readonly name: string;
  /** `package.Service.Method`, what travels in the head. */
  readonly fullName: string;
  readonly input: I;
  readonly output: O;
  /** May be repeated without harm (`option idempotency_level = IDEMPOTENT | NO_SIDE_EFFECTS`, or the caller says so). */
  readonly isIdempotent: boolean;
}

export interface ServiceType {
  /** `package.Service`. */
  readonly typeName: string;
  /** Keyed by the method's name as written in the IDL. */
  readonly methods: Readonly<Record<string, MethodType>>;
}

/** The shape a message is read as. */
export type MessageOf<M> = M extends MessageType<infer T, infer _I> ? T : never;
/** The shape a message is written as. */
export type InitOf<M> = M extends MessageType<infer _T, infer I> ? I : never;
