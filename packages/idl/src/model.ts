/** What a `.proto` file says, checked and with each type resolved. Names are as written; every node knows its place. */
import type { ScalarType } from "@msec/protocol";
import type { Position } from "./problem.js";

export type IdlOptionValue =
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly bytes: Uint8Array }
  /** `{ … }`, kept as written. */
  | { readonly kind: "aggregate"; readonly text: string };

export interface IdlOption {
  /** `deprecated`, or `(team.owner)` with its brackets for a custom one. */
  readonly name: string;
  readonly value: IdlOptionValue;
  readonly at: Position;
}

export interface Declaration {
  readonly name: string;
  /** With package and outer messages, without a leading dot. */
  readonly fullName: string;
  readonly at: Position;
  /** The comment above, or else behind; "" when there is none. */
  readonly docs: string;
  readonly options: readonly IdlOption[];
}

export type FieldTypeModel =
  | { readonly kind: "scalar"; readonly scalar: ScalarType }
  | { readonly kind: "enum"; readonly fullName: string }
  | { readonly kind: "message"; readonly fullName: string };

export interface FieldModel extends Declaration {
  readonly number: number;
  readonly label: "required" | "optional" | "repeated" | "implicit";
  readonly type: FieldTypeModel;
  /** Name of the oneof it stands in. */
  readonly oneof?: string;
  readonly packed: boolean;
  /** proto2 `[default = …]`: number, bigint, boolean, string or bytes; enums as number. */
  readonly defaultValue?: FieldDefault;
  readonly isDeprecated: boolean;
}

export type FieldDefault = number | bigint | boolean | string | Uint8Array;

export interface ReservedRange {
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
  readonly at: Position;
}

export interface Reserved {
  readonly ranges: readonly ReservedRange[];
  readonly names: readonly { readonly name: string; readonly at: Position }[];
}

export interface EnumValueModel extends Declaration {
  readonly number: number;
}

export interface EnumModel extends Declaration {
  readonly kind: "enum";
  readonly values: readonly EnumValueModel[];
  readonly reserved: Reserved;
}

export interface OneofModel extends Declaration {
  readonly fieldNames: readonly string[];
}

export interface MessageModel extends Declaration {
  readonly kind: "message";
  /** In the order of the file. */
  readonly fields: readonly FieldModel[];
  readonly oneofs: readonly OneofModel[];
  readonly messages: readonly MessageModel[];
  readonly enums: readonly EnumModel[];
  readonly reserved: Reserved;
}

export interface MethodModel extends Declaration {
  /** Full names of the messages. */
  readonly inputType: string;
  readonly outputType: string;
  readonly isIdempotent: boolean;
}

export interface ServiceModel extends Declaration {
  readonly kind: "service";
  readonly methods: readonly MethodModel[];
}

export interface IdlModel {
  readonly fileName: string;
  readonly source: string;
  readonly syntax: "proto2" | "proto3";
  /** "" when the file has no package. */
  readonly packageName: string;
  /** The comment above `syntax`, `package` or `option` at the top. */
  readonly docs: string;
  readonly options: readonly IdlOption[];
  /** Outermost ones, in the order of the file. */
  readonly messages: readonly MessageModel[];
  readonly enums: readonly EnumModel[];
  readonly services: readonly ServiceModel[];
}

/** All messages, outer before inner, in the order of the file. */
export function allMessages(model: { readonly messages: readonly MessageModel[] }): MessageModel[] {
  return model.messages.flatMap((message) => [message, ...allMessages(message)]);
}

/** All enums, those of the file first, then those inside messages. */
export function allEnums(model: IdlModel): EnumModel[] {
  return [...model.enums, ...allMessages(model).flatMap((message) => message.enums)];
}
